"""Builds the embed: embed.js, one script under one name, and embed.html, the page with its kernel."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

from playground.build.esbuild import bundle
from playground.build.layout import Layout
from playground.build.steps import Steps, files_under
from playground.build.tools import Node

ROOMS = ("embed", "page", "ui", "words", "timeline", "share", "styles")


def build_embed(steps: Steps, layout: Layout, node: Node) -> None:
    """Build embed.js, embed.html and embed/."""
    sources = files_under(*(layout.playground / room for room in ROOMS), layout.kernel)
    builder = [layout.builder / name for name in ("embed.py", "esbuild.py", "bundle.mjs")]
    steps.step(
        "embed", reads=[*sources, layout.root / "package-lock.json", *builder], action=lambda: _embed(layout, node)
    )


def _embed(layout: Layout, node: Node) -> list[Path]:
    room = layout.playground / "embed"
    script = layout.dist / "embed.js"
    style = json.dumps(_style(layout, node))
    bundle(
        layout, node, room / "embed.js", outfile=str(script), format="iife", minify=True, define={"EMBED_STYLE": style}
    )
    folder = layout.dist / "embed"
    shutil.rmtree(folder, ignore_errors=True)
    host = room / "host.js"
    bundle(layout, node, host, outdir=str(folder), format="esm", minify=True, entryNames="[name]-[hash]")
    (built,) = folder.glob("host-*.js")
    page = layout.dist / "embed.html"
    template = (room / "embed.html").read_text(encoding="utf-8")
    page.write_text(template.replace("@@SCRIPT@@", f"embed/{built.name}"), encoding="utf-8")
    return [script, built, page]


def _style(layout: Layout, node: Node) -> str:
    """Return the embed's style sheet as it stands in a shadow root: what the page says of :root holds for the host."""
    target = layout.work / "scripts" / "embed.css"
    bundle(layout, node, layout.playground / "embed" / "embed.css", outfile=str(target), minify=True)
    text = target.read_text(encoding="utf-8").strip()
    return re.sub(r":root\b", ":host", re.sub(r":root(\[[^\]]*\])", r":host(\1)", text))
