"""Writes the service worker with the list of its build's files, the web app manifest and the icons."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playground.build.esbuild import classic_script
from playground.build.layout import Layout
from playground.build.manifest import write_if_changed
from playground.build.steps import Steps, files_under
from playground.build.tools import Node

# Whose addresses change with their content, and what else the page itself consists of.
KEPT = ("examples/", "kernel/", "page/", "runtime/")
FIXED = (
    "",
    "runtime/manifest.json",
    "manifest.webmanifest",
    "icon.svg",
    "icon-192.png",
    "icon-512.png",
    "licences.txt",
)
ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
    '<rect width="64" height="64"{round} fill="#3046c9"/>'
    '<g transform="translate(10 10) scale(2.75)" fill="none" stroke="#fff" stroke-width="1.25" stroke-linecap="round"'
    ' stroke-linejoin="round"><path d="M8 1.25 14.75 8 8 14.75 1.25 8Z"/>'
    '<path d="M4.6 8h2l1.2-2.7 1.4 5 1-2.3h1.2"/></g></svg>'
)
SIZES = (192, 512)


def write_icons(steps: Steps, layout: Layout, node: Node) -> None:
    """Write the icons and the web app manifest, which make the site installable."""

    def action() -> list[Path]:
        vector, stated = layout.dist / "icon.svg", layout.dist / "manifest.webmanifest"
        vector.parent.mkdir(parents=True, exist_ok=True)
        vector.write_text(ICON.format(round=' rx="14"'), encoding="utf-8")
        whole = ICON.format(round="")  # systems cut their own shape out of it
        images = [layout.dist / f"icon-{size}.png" for size in SIZES]
        for size, image in zip(SIZES, images, strict=True):
            node.run(["playground/build/icon.mjs", str(size), str(image)], layout.root, text=whole)
        stated.write_text(json.dumps(web_app(), indent=1), encoding="utf-8")
        return [vector, stated, *images]

    reads = [layout.builder / name for name in ("offline.py", "icon.mjs")]
    steps.step("icons", reads=[*reads, layout.root / "package-lock.json"], action=action)


def web_app() -> dict[str, Any]:
    """Return the web app manifest."""
    images = [
        {"src": f"icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in SIZES
        for purpose in ("any", "maskable")
    ]
    return {
        "name": "Dynamic Workflows", "short_name": "Workflows", "start_url": "./", "scope": "./", "id": "./",
        "description": "Durable execution for Python in a browser tab.", "display": "standalone",
        "background_color": "#ffffff", "theme_color": "#f4f5f7",
        "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}, *images],
    }  # fmt: skip


def write_service_worker(steps: Steps, layout: Layout, node: Node, manifest: Mapping[str, Any]) -> None:
    """Write dist/offline.js: the worker, and before it what its build consists of."""
    listing = {
        "build": manifest["build"],
        "kept": [path for path in manifest["files"] if path.startswith(KEPT)],
        "fixed": [{"path": path, "sha256": _sha256(layout.dist / (path or "index.html"))} for path in FIXED],
    }
    script = layout.work / "scripts" / "offline.js"
    sources = files_under(layout.playground / "offline", layout.playground / "words", suffixes=(".js",))
    steps.step(
        "service worker",
        reads=[*sources, layout.builder / "offline.py"],
        action=lambda: [_bundled(layout, node, script)],
    )
    text = f"self.BUILD={json.dumps(listing, separators=(',', ':'))};\n{script.read_text(encoding='utf-8')}"
    write_if_changed(layout.service_worker, text)


def _bundled(layout: Layout, node: Node, script: Path) -> Path:
    classic_script(layout, node, layout.playground / "offline" / "worker.js", script.name)
    return script


def _sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
