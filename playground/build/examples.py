"""Reads content/examples: each folder is one example with its files, payload, story and recorded run."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from playground.build.steps import BuildError, files_under

REQUIRED = ("title", "line", "tenant", "workflow", "main", "payload", "features")


def read_examples(folder: Path) -> list[dict[str, Any]]:
    """Return the examples in the order of their `position`; the first is the page's default."""
    described = [_read(path) for path in sorted(folder.glob("*/example.json"))]
    names = {example["name"] for example in described}
    for example in described:
        if example.get("of", example["name"]) not in names:
            raise BuildError(f"{folder / example['name']} is of {example['of']}, and there is no such example.")
    if not described:
        raise BuildError(f"{folder} holds no example: the page needs at least its default one.")
    described.sort(key=lambda example: (example.pop("position", 1_000), example["name"]))
    return described


def page_content(content: object) -> str:
    """Return data as JSON that can stand in a script element of index.html."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def source_text(example: dict[str, Any]) -> str:
    """Return the text of an example's main file."""
    return str(example["files"][example["main"]])


def _read(description: Path) -> dict[str, Any]:
    folder = description.parent
    stated: dict[str, Any] = json.loads(description.read_text(encoding="utf-8"))
    missing = [key for key in REQUIRED if key not in stated]
    if missing:
        raise BuildError(f"{description} lacks {', '.join(missing)}.")
    files = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in files_under(folder, suffixes=(".py",))
    }
    if stated["main"] not in files:
        raise BuildError(f"{description} names {stated['main']} as its main file, which is not there.")
    for name, text in files.items():
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise BuildError(f"{folder / name}, line {error.lineno}: {error.msg}.") from error
    recorded = folder / "recorded.json"
    run = json.loads(recorded.read_text(encoding="utf-8")) if recorded.exists() else None
    return {"name": folder.name, "story": "", **stated, "files": files, "recorded": run}
