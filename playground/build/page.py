"""Builds the page: scripts and styles through esbuild, examples as JSON, index.html from its template."""

from __future__ import annotations

import hashlib
import html
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playground.build.api import editor_api, sources
from playground.build.assets import Asset
from playground.build.esbuild import bundle
from playground.build.examples import page_content, read_examples, source_text
from playground.build.gallery import write_gallery
from playground.build.layout import Layout
from playground.build.manifest import chunks_of, paths_of
from playground.build.steps import BuildError, Steps, files_under
from playground.build.tools import Node

SCRIPTS = ("page", "notebook", "ui", "words", "timeline", "share", "offline")
ENTRY = "playground/page/main.js"
LINK_READERS = ("playground/page/share/sharing.js", "playground/share/link.js")
PLACEHOLDERS = re.compile(r"@@(SOURCE|PAYLOAD|DATA|PRELOAD|LINK|SCRIPT|STYLE)@@")


def build_page(steps: Steps, layout: Layout, node: Node, assets: Mapping[str, Asset]) -> dict[str, Any]:
    """Build index.html, page/ and examples/; return the name of the build and what the page's scripts weigh."""
    template = layout.playground / "index.html"
    builder = [
        layout.builder / name
        for name in (
            "page.py",
            "api.py",
            "examples.py",
            "gallery.py",
            "pictures.mjs",
            "esbuild.py",
            "bundle.mjs",
            "manifest.py",
        )
    ]
    scripts = files_under(*(layout.playground / room for room in SCRIPTS), layout.kernel, suffixes=(".js",))
    styles = files_under(layout.playground / "styles", suffixes=(".css",))
    packages = layout.root / "package-lock.json"
    kernel = {name: asdict(asset) for name, asset in assets.items()}
    steps.step(
        "page",
        reads=[template, packages, *scripts, *styles, *files_under(layout.examples), *sources(layout), *builder],
        facts=[layout.facts, kernel],
        action=lambda: _page(layout, node, template, kernel),
    )
    facts: dict[str, Any] = json.loads(_facts(layout).read_text(encoding="utf-8"))
    return facts


def _facts(layout: Layout) -> Path:
    return layout.work / "page.json"


def _page(layout: Layout, node: Node, template: Path, kernel: Mapping[str, Any]) -> list[Path]:
    examples = read_examples(layout.examples)
    target = layout.dist / "page"
    shutil.rmtree(target, ignore_errors=True)
    metafile = _scripts(layout, node, target)
    chunks = chunks_of(metafile, layout.root, ENTRY)
    style = layout.work / "scripts" / "page.css"
    bundle(layout, node, layout.playground / "styles" / "page.css", outfile=str(style), minify=True)
    api = _api(layout, target)
    gallery = write_gallery(layout, node, examples)
    index = layout.dist / "index.html"
    content = {
        **layout.facts,
        "assets": kernel,
        "api": f"page/{api.name}",
        "examples": gallery.examples,
        "gallery": gallery.table,
    }
    css = style.read_text(encoding="utf-8").strip()
    script = next(one["path"] for one in chunks if one.get("for") == ENTRY)
    first = [one["path"] for one in chunks if one["first"]]
    # Every address in the page names its content, so this is the name of all that the page can ever load.
    build = hashlib.sha256(
        json.dumps([template.read_text(encoding="utf-8"), content, script, css]).encode()
    ).hexdigest()
    content["build"] = build[:12]
    _facts(layout).write_text(json.dumps({"build": content["build"], "chunks": chunks}), encoding="utf-8")
    values = {
        "SOURCE": html.escape(source_text(examples[0]), quote=False),
        "PAYLOAD": html.escape(json.dumps(examples[0]["payload"], ensure_ascii=False), quote=False),
        "DATA": page_content(content),
        "PRELOAD": "".join(f'<link rel="modulepreload" href="{path}">' for path in first if path != script),
        "LINK": json.dumps(sorted(paths_of(metafile, LINK_READERS) - set(first))),
        "SCRIPT": script,
        "STYLE": css,
    }
    index.write_text(fill(template.read_text(encoding="utf-8"), values), encoding="utf-8")
    return [*files_under(target), *gallery.files, index, _facts(layout)]


def _api(layout: Layout, target: Path) -> Path:
    """Write what the editor completes and explains, at an address that changes with its content."""
    text = editor_api(layout)
    path = target / f"api-{hashlib.sha256(text.encode()).hexdigest()[:10]}.json"
    path.write_text(text, encoding="utf-8")
    return path


def _scripts(layout: Layout, node: Node, target: Path) -> dict[str, Any]:
    """Bundle the page's modules: what the first screen needs is one file, the rest is loaded on demand."""
    return bundle(
        layout,
        node,
        layout.root / ENTRY,
        outdir=str(target),
        format="esm",
        splitting=True,
        minify=True,
        entryNames="[name]-[hash]",
        chunkNames="[name]-[hash]",
        firstTogether=True,
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each placeholder of the template by its value; a value is never searched for placeholders."""
    missing = set(values) - set(PLACEHOLDERS.findall(template))
    if missing:
        raise BuildError(f"playground/index.html lacks the placeholder @@{min(missing)}@@.")
    return PLACEHOLDERS.sub(lambda found: values[found[1]], template)
