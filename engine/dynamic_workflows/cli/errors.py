"""What the person at the terminal can put right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

OK, RUN_ERRORED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130  # exit codes
PROBLEMS = 1  # of ``lint``


class UserError(Exception):
    """Raised when a command cannot do what was asked; all that is shown is its text and the page that explains it."""

    page: str | None = None


def see(page: str) -> str:
    """Return the sentence that points at a page of the docs."""
    return f"See {page} in the docs."


def code_error(record: Mapping[str, Any], folder: Path, main: str) -> UserError:
    """Return the error of a file that does not load: where it is, as editors read it, and what is wrong."""
    error = UserError(_placed(record, folder, main))
    error.page = record.get("page")
    return error


def _placed(record: Mapping[str, Any], folder: Path, main: str) -> str:
    file, line, column = record.get("file"), record.get("line"), record.get("column")
    text = str(record["message"])
    if record["name"] == "NoEntrypoint":
        return f"{text} A class is named after the file: {folder / main}:ClassName"
    if file is None:
        return text
    place = [str(folder / file), *(str(number) for number in (line, column) if number is not None)]
    return f"{':'.join(place)}: {text}"
