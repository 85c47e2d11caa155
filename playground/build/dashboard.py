"""Builds /dashboard/: the page, its worker, and where both find Python, its packages and Panel's scripts."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from playground.build.assets import Asset
from playground.build.esbuild import bundle
from playground.build.layout import Layout
from playground.build.panel import page_scripts
from playground.build.steps import Steps, files_under
from playground.build.tools import Node

ROOMS = ("dashboard", "offline", "page", "styles", "ui", "words")
PLACEHOLDER = re.compile(r"@@(\w+)@@")


def build_dashboard(steps: Steps, layout: Layout, node: Node, assets: Mapping[str, Asset]) -> None:
    """Build dist/dashboard; needs Panel's scripts in dist/panel."""
    sources = files_under(
        *(layout.playground / room for room in ROOMS), layout.kernel, suffixes=(".js", ".css", ".html")
    )
    builder = [layout.builder / name for name in ("dashboard.py", "esbuild.py", "bundle.mjs")]
    places = {
        "pyodide": assets["pyodide.mjs"].path,
        "lock": "wheels/pyodide-lock.json",
        "scripts": page_scripts(layout),
    }
    steps.step("dashboards' page", reads=[*sources, *builder], facts=places, action=lambda: _page(layout, node, places))


def _page(layout: Layout, node: Node, places: Mapping[str, object]) -> list[Path]:
    room, target = layout.playground / "dashboard", layout.dist / "dashboard"
    shutil.rmtree(target, ignore_errors=True)
    script, worker = (_script(layout, node, room / f"{name}.js", target) for name in ("main", "worker"))
    style = layout.work / "scripts" / "dashboard.css"
    bundle(layout, node, layout.playground / "styles" / "dashboard.css", outfile=str(style), minify=True)
    values = {
        "STYLE": style.read_text(encoding="utf-8").strip(),
        "SCRIPT": script.name,
        "PLACES": json.dumps({**places, "worker": f"dashboard/{worker.name}"}),
    }
    page = target / "index.html"
    template = (room / page.name).read_text(encoding="utf-8")
    page.write_text(PLACEHOLDER.sub(lambda found: values[found[1]], template), encoding="utf-8")
    return [script, worker, page]


def _script(layout: Layout, node: Node, entry: Path, target: Path) -> Path:
    """Bundle one script, under a name that changes with its content."""
    bundle(layout, node, entry, outdir=str(target), format="esm", minify=True, entryNames="[name]-[hash]")
    (built,) = target.glob(f"{entry.stem}-*.js")
    return built
