"""Builds <workflow-timeline> as a component of its own: one script, one stylesheet."""

from __future__ import annotations

from pathlib import Path

from playground.build.esbuild import bundle
from playground.build.layout import Layout
from playground.build.steps import Steps, files_under
from playground.build.tools import Node

ROOMS = ("timeline", "ui", "words")
NAME = "workflow-timeline"


def build_timeline(steps: Steps, layout: Layout, node: Node) -> None:
    """Build timeline/workflow-timeline.js and .css."""
    scripts = files_under(*(layout.playground / room for room in ROOMS), suffixes=(".js",))
    styles = files_under(layout.playground / "styles", suffixes=(".css",))
    builder = [layout.builder / name for name in ("timeline.py", "esbuild.py", "bundle.mjs")]
    steps.step("timeline", reads=[*scripts, *styles, *builder], action=lambda: _timeline(layout, node))


def _timeline(layout: Layout, node: Node) -> list[Path]:
    script, style = (layout.dist / "timeline" / f"{NAME}{suffix}" for suffix in (".js", ".css"))
    bundle(layout, node, layout.playground / "timeline" / "alone.js", outfile=str(script), format="esm", minify=True)
    bundle(layout, node, layout.playground / "styles" / f"{NAME}.css", outfile=str(style), minify=True)
    return [script, style]
