"""Every notebook, executed in the built site: its outputs are those in ``outputs/``, twice, the second time anew."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.notebooks.cells import CONTENT, sources
from tests.notebooks.site import MIME, Notebook, shown
from tests.notebooks.solution import SOLUTION, solved

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in CONTENT.glob("*.ipynb"))
MOST_CELLS = 25
FIRST_OUTPUT = 3


def read(name: str) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads((CONTENT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return cells


def expected(name: str) -> str:
    return (HERE / "outputs" / f"{name}.txt").read_text(encoding="utf-8")


def told(outputs: list[list[dict[str, Any]]]) -> str:
    """Return what all cells show as one text; a run is told by whose it is, for its picture changes by itself."""
    return "".join(f"[{number}]\n{shown(one)}\n" for number, one in enumerate(outputs, 1) if one)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_short_shows_something_at_once_and_is_stored_without_outputs(name: str) -> None:
    cells = read(name)
    assert len(cells) <= MOST_CELLS
    assert any(cell["cell_type"] == "code" for cell in cells[:FIRST_OUTPUT])
    assert cells[0]["source"][0].startswith("# ")
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code"
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_its_cells_show_is_as_written_down_and_the_same_again_after_a_restart(
    name: str, page: Page, site: str
) -> None:
    notebook = Notebook(page, site, f"{name}.ipynb")
    first = notebook.run_all()
    assert told(first).splitlines() == expected(name).splitlines()
    assert told(notebook.run_all(restart=True)).splitlines() == expected(name).splitlines()
    for one in (output for cell in first for output in cell if MIME in output.get("data", {})):
        assert set(one["data"][MIME]) == {"tenant", "workflow", "id"}, "an output names a run and may do nothing else"
        assert re.search("<div><strong>", "".join(one["data"]["text/html"]))


def test_the_checks_of_the_course_pass_on_its_solution_in_the_site(page: Page, site: str) -> None:
    notebook = Notebook(page, site, "course.ipynb")
    notebook.rewrite(solved(sources("course")))
    found = told(notebook.run_all())
    assert [number for number in SOLUTION if f"Exercise {number}: solved." not in found] == [], found
