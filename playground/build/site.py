"""The whole build, in order."""

from __future__ import annotations

import sys
from pathlib import Path

from playground.build.assets import publish
from playground.build.dashboard import build_dashboard
from playground.build.docs.site import build_docs
from playground.build.embed import build_embed
from playground.build.jupyter import build_jupyter
from playground.build.layout import Layout
from playground.build.licences import write_licences
from playground.build.manifest import write_manifest
from playground.build.offline import write_icons, write_service_worker
from playground.build.page import build_page
from playground.build.panel import build_panel_scripts
from playground.build.runtime import build_runtime
from playground.build.steps import Steps, files_under
from playground.build.timeline import build_timeline
from playground.build.tools import find_node, install_packages, run


def build_site(root: Path) -> Steps:
    """Build dist/, running again only what has changed."""
    layout, steps = Layout(root), Steps(root)
    node = find_node(root)
    install_packages(steps, node)
    build_runtime(steps, layout, node)
    assets = publish(steps, layout)
    page = build_page(steps, layout, node, assets)
    build_docs(steps, layout, node)
    build_timeline(steps, layout, node)
    build_embed(steps, layout, node)
    write_icons(steps, layout, node)
    _engine_wheel(steps, layout)
    build_jupyter(steps, layout, node, assets)
    build_panel_scripts(steps, layout)
    build_dashboard(steps, layout, node, assets)
    write_licences(steps, layout)
    manifest = write_manifest(layout, assets, page)
    write_service_worker(steps, layout, node, manifest)
    return steps


def _engine_wheel(steps: Steps, layout: Layout) -> None:
    """Build the engine's wheel into dist/wheels."""
    project = [layout.root / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    target = layout.dist / "wheels"

    def action() -> list[Path]:
        run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)], layout.root)
        return list(target.glob(f"dynamic_workflows-{layout.version}-*.whl"))

    steps.step("engine wheel", reads=[*project, *files_under(layout.engine)], action=action)
