"""What conformance.md and differences.md claim names a test that exists; what limits.md says is in the code."""

from __future__ import annotations

import pytest

from dynamic_workflows.shared import limits
from tests.docs.pages import DOCS
from tests.docs.tables import TEST, missing, rows

SECTIONS = [
    *(f"A.{n}" for n in range(2, 12)),
    *(f"B.{n}" for n in range(1, 13)),
    *(f"C.{n}" for n in range(1, 7)),
    "D",
    *(f"E.{n}" for n in range(1, 6)),
    "G",
    "I",
]
NO_TEST = "–"  # of rows that claim nothing: they say what is left out, and why


@pytest.mark.parametrize("name", ["conformance", "differences"])
def test_every_row_names_a_test_that_exists(name: str) -> None:
    page = DOCS / f"{name}.md"
    table = [row for row in rows(page) if row[-1] != "Test"]
    assert len(table) > 30
    assert missing(page) == []
    assert [row for row in table if not TEST.search(row[-1]) and row[-1] != NO_TEST] == []


def test_every_promise_of_security_names_a_test_that_exists() -> None:
    table = [row for row in rows(DOCS / "security.md") if row[-1] != "Test"]
    assert len(table) > 15
    assert missing(DOCS / "security.md") == []
    assert [row for row in table if not TEST.search(row[-1])] == []


def test_every_promise_of_durability_names_a_test_that_exists() -> None:
    page = DOCS / "durability.md"
    promises = [row for row in rows(page) if TEST.search(row[-1])]
    assert len(promises) > 10
    assert missing(page) == []


def test_every_section_of_the_semantics_is_there() -> None:
    told = {row[0] for row in rows(DOCS / "conformance.md")}
    assert [section for section in SECTIONS if section not in told] == []


def test_items_of_the_dispatcher_are_all_there() -> None:
    items = {row[1].partition(" ")[0] for row in rows(DOCS / "conformance.md") if row[0] == "E.5"}
    assert items >= {f"{n}." for n in range(1, 23)}


def test_limits_have_the_values_of_the_code() -> None:
    told = {
        row[0].strip("`"): row[1].replace(",", "")
        for row in rows(DOCS / "concepts/limits.md")
        if row[0].startswith("`")
    }
    named = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert told.keys() == named.keys()
    assert {name: int(value) for name, value in told.items()} == named
