"""Calls esbuild: one bundle per call, its metafile as the answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playground.build.layout import Layout
from playground.build.tools import Node


def bundle(layout: Layout, node: Node, entry: Path, **options: Any) -> dict[str, Any]:
    """Bundle `entry`; paths in the returned metafile are relative to the checkout."""
    options = {"entryPoints": [str(entry)], "absWorkingDir": str(layout.root), **options}
    said = node.run(["playground/build/bundle.mjs"], layout.root, text=json.dumps(options))
    metafile: dict[str, Any] = json.loads(said)
    return metafile


def classic_script(layout: Layout, node: Node, entry: Path, name: str) -> str:
    """Bundle a module and what it imports into the text of one classic script."""
    target = layout.work / "scripts" / name
    bundle(layout, node, entry, outfile=str(target), format="iife", minify=True)
    return target.read_text(encoding="utf-8")
