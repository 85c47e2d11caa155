"""The tables of the docs that name tests: every test they name exists."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from tests.docs.pages import ROOT

TEST = re.compile(r"`([\w/.-]+\.py)::(\w+)`")  # path from tests/; cases of the conformance suite are functions too
CASES = "conformance/cases/"


def rows(page: Path) -> list[list[str]]:
    """Return the cells of every table row of a page, heads and rules left out."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("| "))] for line in lines]
    return [row for row in found if not set("".join(row)) <= {"-", ":", " "}]


@cache
def tests_in(path: str) -> frozenset[str]:
    """Return the names of the tests of a file under ``tests/``; none when there is no such file."""
    file = ROOT / "tests" / path
    if not file.is_file():
        return frozenset()
    names = re.findall(r"^ *(?:async )?def (\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(name for name in names if path.startswith(CASES) or name.startswith("test_"))


def missing(page: Path) -> list[str]:
    """Return the tests a page names that do not exist."""
    named = TEST.findall(page.read_text(encoding="utf-8"))
    return [f"{path}::{name}" for path, name in named if name not in tests_in(path)]
