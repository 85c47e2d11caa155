"""Builds the page: scripts and styles through esbuild, examples as JSON, index.html from its template."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from playground.build.esbuild import bundle
from playground.build.examples import page_content, read_examples, source_text
from playground.build.gallery import write_gallery
from playground.build.layout import Layout
from playground.build.steps import BuildError, Steps, files_under
from playground.build.tools import Node

SCRIPTS = ("page", "ui", "words", "timeline", "share")
PLACEHOLDERS = re.compile(r"@@(SOURCE|DATA|SCRIPT|STYLE)@@")


def build_page(steps: Steps, layout: Layout, node: Node) -> None:
    """Build index.html, page/, kernel/ and examples/."""
    template = layout.playground / "index.html"
    builder = [
        layout.builder / name
        for name in ("page.py", "examples.py", "gallery.py", "pictures.mjs", "esbuild.py", "bundle.mjs")
    ]
    scripts = files_under(*(layout.playground / room for room in SCRIPTS), layout.kernel, suffixes=(".js",))
    styles = files_under(layout.playground / "styles", suffixes=(".css",))
    packages = layout.root / "package-lock.json"
    steps.step(
        "page",
        reads=[template, packages, *scripts, *styles, *files_under(layout.examples), *builder],
        facts=layout.facts,
        action=lambda: _page(layout, node, template),
    )
    modules = files_under(layout.kernel, suffixes=(".js",))
    steps.step("engine worker", reads=[*modules, *builder], action=lambda: _engine_worker(layout, node))


def _page(layout: Layout, node: Node, template: Path) -> list[Path]:
    examples = read_examples(layout.examples)
    target = layout.dist / "page"
    shutil.rmtree(target, ignore_errors=True)
    script = _scripts(layout, node, target)
    style = layout.work / "scripts" / "page.css"
    bundle(layout, node, layout.playground / "styles" / "page.css", outfile=str(style), minify=True)
    gallery = write_gallery(layout, node, examples)
    index = layout.dist / "index.html"
    values = {
        "SOURCE": html.escape(source_text(examples[0]), quote=False),
        "DATA": page_content(layout.facts, gallery.examples, gallery.table),
        "SCRIPT": f"page/{script}",
        "STYLE": style.read_text(encoding="utf-8").strip(),
    }
    index.write_text(fill(template.read_text(encoding="utf-8"), values), encoding="utf-8")
    return [*files_under(target), *gallery.files, index]


def _scripts(layout: Layout, node: Node, target: Path) -> str:
    """Bundle the page's modules and return the file name of the entry."""
    entry = layout.playground / "page" / "main.js"
    metafile = bundle(
        layout,
        node,
        entry,
        outdir=str(target),
        format="esm",
        splitting=True,
        minify=True,
        entryNames="[name]-[hash]",
        chunkNames="[name]-[hash]",
    )
    name = entry.relative_to(layout.root).as_posix()
    return next(Path(path).name for path, output in metafile["outputs"].items() if output.get("entryPoint") == name)


def fill(template: str, values: Mapping[str, str]) -> str:
    """Replace each placeholder of the template by its value; a value is never searched for placeholders."""
    missing = set(values) - set(PLACEHOLDERS.findall(template))
    if missing:
        raise BuildError(f"playground/index.html lacks the placeholder @@{min(missing)}@@.")
    return PLACEHOLDERS.sub(lambda found: values[found[1]], template)


def _engine_worker(layout: Layout, node: Node) -> list[Path]:
    """Bundle the engine worker with the modules it imports: one request instead of a chain of them at every start."""
    target = layout.dist / "kernel" / "engine-worker.js"
    shutil.rmtree(target.parent, ignore_errors=True)
    entry = layout.kernel / "engine-worker.js"
    bundle(layout, node, entry, outfile=str(target), format="esm", minify=True, external=["../runtime/*"])
    return [target]
