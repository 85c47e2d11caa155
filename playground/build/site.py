"""The whole build, in order."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playground.build.jupyter import build_jupyter
from playground.build.layout import Layout
from playground.build.licences import write_licences
from playground.build.page import build_page
from playground.build.runtime import build_runtime
from playground.build.steps import Steps, files_under
from playground.build.tools import find_node, install_packages, run

# What the page counts as "Python" while it shows the download: everything fetched before the engine answers.
FIRST = (
    "runtime/pyodide.mjs",
    "runtime/pyodide.asm.mjs",
    "runtime/pyodide.asm.wasm",
    "runtime/python_stdlib.zip",
    "runtime/engine.zip",
)


def build_site(root: Path) -> Steps:
    """Build dist/, running again only what has changed."""
    layout, steps = Layout(root), Steps(root)
    node = find_node(root)
    install_packages(steps, node)
    build_runtime(steps, layout, node)
    build_page(steps, layout, node)
    _engine_wheel(steps, layout)
    build_jupyter(steps, layout, node)
    write_licences(steps, layout)
    _manifest(layout)
    return steps


def _engine_wheel(steps: Steps, layout: Layout) -> None:
    """Build the engine's wheel into dist/wheels."""
    project = [layout.root / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    target = layout.dist / "wheels"

    def action() -> list[Path]:
        run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], layout.root)
        return list(target.glob(f"dynamic_workflows-{layout.version}-*.whl"))

    steps.step("engine wheel", reads=[*project, *files_under(layout.engine)], action=action)


def _manifest(layout: Layout) -> None:
    """Write the sizes of all files but JupyterLite's: the page shows its downloads in bytes."""
    target, others = layout.runtime / "manifest.json", layout.dist / "jupyter"
    names = [path for path in files_under(layout.dist) if path != target and not path.is_relative_to(others)]
    sizes = {path.relative_to(layout.dist).as_posix(): path.stat().st_size for path in names}
    text = json.dumps({"files": sizes, "first": [name for name in FIRST if name in sizes]}, indent=1)
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")
