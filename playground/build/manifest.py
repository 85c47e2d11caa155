"""The manifest: every file with its size, what the page's scripts load, and the name of the build."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playground.build.assets import Asset, compressed
from playground.build.layout import Layout
from playground.build.steps import files_under

# What the page counts as "Python" while it shows the download: everything fetched before the engine answers.
FIRST = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "engine.zip")


# Built by others, with lists of their own.
ELSEWHERE = ("jupyter",)


def write_manifest(layout: Layout, assets: Mapping[str, Asset], page: Mapping[str, Any]) -> dict[str, Any]:
    """Write dist/runtime/manifest.json and return it."""
    target = layout.manifest
    paths = [path for path in files_under(layout.dist) if path not in (target, layout.service_worker)]
    named = {path.relative_to(layout.dist).as_posix(): path for path in paths}
    files = {name: path.read_bytes() for name, path in named.items() if not name.startswith(ELSEWHERE)}
    sizes = _Sizes(layout.work / "sizes.json")
    manifest = {
        "version": layout.version,
        "build": page["build"],
        "first": [assets[name].path for name in FIRST],
        "assets": {name: asdict(asset) for name, asset in assets.items()},
        "chunks": page["chunks"],
        "files": {name: {"bytes": len(content), "gz": sizes.of(content)} for name, content in files.items()},
    }
    sizes.save()
    write_if_changed(target, json.dumps(manifest, indent=1))
    return manifest


def chunks_of(metafile: Mapping[str, Any], root: Path, entry: str) -> list[dict[str, Any]]:
    """Return the scripts of one bundle: what each weighs, and whether `entry` needs it before it runs."""
    outputs: Mapping[str, Any] = metafile["outputs"]
    first = _statically_from(outputs, _output_of(outputs, entry))
    chunks = []
    for path, output in sorted(outputs.items()):
        content = (root / path).read_bytes()
        size = {"bytes": len(content), "gz": len(gzip.compress(content, 9, mtime=0))}
        named = {"for": output["entryPoint"]} if output.get("entryPoint") else {}
        chunks.append({"path": path.partition("/")[2], **size, "first": path in first, **named})
    return chunks


def paths_of(metafile: Mapping[str, Any], entries: Iterable[str]) -> set[str]:
    """Return the paths of the scripts that some modules of one bundle consist of, seen from the site's folder."""
    outputs: Mapping[str, Any] = metafile["outputs"]
    found = set[str]().union(*(_statically_from(outputs, _output_of(outputs, entry)) for entry in entries))
    return {path.partition("/")[2] for path in found}


def _output_of(outputs: Mapping[str, Any], entry: str) -> str:
    return next(path for path, one in outputs.items() if one.get("entryPoint") == entry)


def _statically_from(outputs: Mapping[str, Any], entry: str) -> set[str]:
    found, left = set(), [entry]
    while left:
        path = left.pop()
        if path in outputs and path not in found:
            found.add(path)
            left += [one["path"] for one in outputs[path]["imports"] if one["kind"] == "import-statement"]
    return found


def write_if_changed(target: Path, text: str) -> None:
    """Write a text file; leave one alone that has the same text."""
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


class _Sizes:
    """Compressed sizes by content, remembered from build to build: compressing everything takes a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        self._used: dict[str, int] = {}

    def of(self, content: bytes) -> int:
        name = hashlib.sha256(content).hexdigest()
        self._used[name] = size = self._known[name] if name in self._known else compressed(content)
        return size

    def save(self) -> None:
        write_if_changed(self._path, json.dumps(self._used))
