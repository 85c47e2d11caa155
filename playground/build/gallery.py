"""Writes the examples, their pictures and the gallery's table. Each file is named by its content: none ever changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.build.layout import Layout
from playground.build.tools import Node

# What the page knows of an example before it is opened: enough for menus and addresses.
STUB = ("name", "title", "tenant", "main", "of")
ROW = ("name", "title", "line", "story", "features", "tenant", "of")


@dataclass(frozen=True, slots=True)
class Gallery:
    """The examples as the page carries them, and every file that was written."""

    examples: list[dict[str, Any]]
    table: str
    files: list[Path]


def write_gallery(layout: Layout, node: Node, examples: Sequence[dict[str, Any]]) -> Gallery:
    """Write one file for each example, one for all pictures, and the table that names them."""
    folder = layout.dist / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    paths = {one["name"]: _write(folder, f"{one['name']}.json", _json(one)) for one in examples}
    drawn = _drawn(layout, node, examples)
    symbols = "".join(one["picture"] for one in drawn.values())
    pictures = _write(folder, "pictures.svg", f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>')
    rows = [_row(one, drawn.get(one["name"])) for one in examples]
    table = _write(folder, "gallery.json", _json({"pictures": f"examples/{pictures.name}", "rows": rows}))
    default, *others = examples
    stubs = [{**_only(one, STUB), "at": f"examples/{paths[one['name']].name}"} for one in others]
    return Gallery([default, *stubs], f"examples/{table.name}", [*paths.values(), pictures, table])


def _drawn(layout: Layout, node: Node, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    histories = {one["name"]: one["recorded"] for one in examples if one["recorded"]}
    drawn: dict[str, Any] = json.loads(
        node.run(["playground/build/pictures.mjs"], layout.root, text=json.dumps(histories))
    )
    return drawn


def _row(example: dict[str, Any], drawn: dict[str, Any] | None) -> dict[str, Any]:
    lines = sum(text.count("\n") for text in example["files"].values())
    return {**_only(example, ROW), "lines": lines, "ms": drawn and drawn["ms"]}


def _only(example: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: example[name] for name in names if name in example}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _write(folder: Path, name: str, text: str) -> Path:
    content = text.encode()
    stem, dot, suffix = name.rpartition(".")
    path = folder / f"{stem}-{hashlib.sha256(content).hexdigest()[:10]}{dot}{suffix}"
    path.write_bytes(content)
    return path
