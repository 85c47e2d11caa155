"""The files of a run: the one that is named, and those beside it that it imports."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dynamic_workflows.cli.errors import UserError


def split_target(target: str) -> tuple[Path, str | None]:
    """Split ``FILE[:CLASS]``.

    Raises:
        UserError: there is no such file.
    """
    file, colon, name = target.rpartition(":")
    if not colon or Path(target).is_file():
        file, name = target, ""
    path = Path(file)
    if not path.is_file():
        raise UserError(f"There is no file {file}.")
    if path.suffix != ".py":
        raise UserError(f"{file} is not a Python file (.py).")
    return path, name or None


def read_files(path: Path) -> dict[str, str]:
    """Return the source of a file and of every module beside it that it imports, by name from its folder.

    Raises:
        UserError: a file cannot be read.
    """
    folder, found, left = path.parent, dict[str, str](), [path]
    while left:
        file = left.pop()
        name = file.relative_to(folder).as_posix()
        if name not in found:
            found[name] = read_source(file)
            left += _imported(found[name], file, folder)
    return found


def read_source(path: Path) -> str:
    """Return the text of one file.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None


def _imported(source: str, file: Path, folder: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return  # loading it says where
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _module(folder, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            base = folder if node.level == 0 else file.parents[node.level - 1]
            parts = node.module.split(".") if node.module else []
            yield from _module(base, parts)
            for alias in node.names:
                yield from _module(base, [*parts, alias.name])


def _module(folder: Path, parts: list[str]) -> Iterator[Path]:
    """Yield the files that an import of a dotted name reads: its packages on the way, and itself."""
    for end in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:end])
        for candidate in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if candidate.is_file():
                yield candidate


def read_json(option: str, text: str | None) -> Any:
    """Return the value of ``JSON`` or ``@file`` (``@-``: standard input); None when there is none.

    Raises:
        UserError: it is not JSON, or the file cannot be read.
    """
    if text is None:
        return None
    source, what = text, option
    if text.startswith("@"):
        source = sys.stdin.read() if text == "@-" else read_source(Path(text[1:]))
        what = f"{option} {text}"
    try:
        return json.loads(source)
    except ValueError as error:
        hint = "" if text.startswith("@") else " Text needs quotes of its own: '\"like this\"'."
        raise UserError(f"{what} is not JSON: {error}.{hint}") from None
