"""Puts what the kernel loads into folders named by content: an address never changes its content, so builds never mix.

Pyodide's own files share one folder, under their own names: its loader and other front ends look for them there.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.build.layout import Layout
from playground.build.steps import Steps, files_under

TOGETHER = {"pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"}
HASH_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Asset:
    """One file that the kernel loads."""

    path: str  # from the site's folder
    bytes: int
    gz: int  # bytes when compressed


def publish(steps: Steps, layout: Layout) -> dict[str, Asset]:
    """Copy what was built for the kernel into the site; return it by the names that the kernel knows."""
    sources = [path for path in files_under(layout.kernel_parts) if path.suffix != ".map"]
    steps.step("addresses by content", reads=[*sources, layout.builder / "assets.py"], action=lambda: _copy(layout))
    assets: Mapping[str, Any] = json.loads((layout.work / "assets.json").read_text(encoding="utf-8"))
    return {name: Asset(**one) for name, one in assets.items()}


def _copy(layout: Layout) -> list[Path]:
    for room in ("runtime", "kernel"):
        shutil.rmtree(layout.dist / room, ignore_errors=True)
    sources = files_under(layout.kernel_parts)
    python = content_hash(path for path in sources if path.name in TOGETHER)
    assets, written = {}, []
    for source in sources:
        folder = f"python-{python}" if source.name in TOGETHER else content_hash([source])
        room = "kernel" if source.name == "engine-worker.js" else "runtime"
        target = layout.dist / room / folder / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        content = source.read_bytes()
        path = target.relative_to(layout.dist).as_posix()
        assets[source.name] = {"path": path, "bytes": len(content), "gz": compressed(content)}
        written.append(target)
    index = layout.work / "assets.json"
    index.write_text(json.dumps(assets), encoding="utf-8")
    return [*written, index]


def content_hash(paths: Iterable[Path]) -> str:
    """Return a short hash of files' contents."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:HASH_LENGTH]


def compressed(content: bytes) -> int:
    """Return how many bytes a server sends that compresses."""
    return len(gzip.compress(content, 6, mtime=0))
