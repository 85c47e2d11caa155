"""The pages of ``content/docs``: their fenced blocks, and the comment before each that says how a test runs it.

A comment is a call: ``<!-- body(payload={"n": 1}, output=2) -->``. It stands directly before its block and is not
shown. Without one a block does not belong in the docs; ``<!-- not_run(reason="…") -->`` says why it cannot be run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "content" / "docs"

_PART = re.compile(
    r"^<!--\ setup\n(?P<setup>.*?)^-->$"  # Python that a reader need not see
    r"|^(?:<!--\ (?P<how>\w+\(.*?\))\ -->\n+)?(?P<indent>\ *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: how it is run, with what, and where it stands."""

    page: Path
    line: int
    how: str
    options: Mapping[str, Any]
    language: str
    text: str

    @property
    def place(self) -> str:
        """Return file and line, as editors read them."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return every page."""
    return sorted(DOCS.rglob("*.md"))


def name_of(page: Path) -> str:
    """Return how the docs name a page: its path without the ending."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page in order; one whose comment is missing has ``how`` empty."""
    text = page.read_text(encoding="utf-8")
    found = []
    for part in _PART.finditer(text):
        line = text.count("\n", 0, part.start()) + 1
        if part["setup"] is not None:
            found.append(Block(page, line + 1, "setup", {}, "python", part["setup"]))
            continue
        how, options = _call(part["how"]) if part["how"] else ("", {})
        found.append(Block(page, line, how, options, part["language"], part["text"]))
    return found


def _call(comment: str) -> tuple[str, dict[str, Any]]:
    call = ast.parse(comment, mode="eval").body
    assert isinstance(call, ast.Call), comment
    assert isinstance(call.func, ast.Name), comment
    return call.func.id, {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}


def links(page: Path) -> list[str]:
    """Return where the links of a page go, those in code left out."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)\)", text)
