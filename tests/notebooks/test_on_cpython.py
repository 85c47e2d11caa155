"""Every notebook on CPython too, over a SQLite file: the same outputs as in the site, and the course's checks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.notebook import connect
from tests.notebooks.cells import CONTENT, run, sources
from tests.notebooks.solution import SOLUTION, solved

OUTPUTS = Path(__file__).parent / "outputs"
# Panel's views are tested on CPython by tests/dashboards, in an environment that has Panel.
NAMES = sorted({path.stem for path in CONTENT.glob("*.ipynb")} - {"dashboards"})


async def outputs(cells: list[str]) -> str:
    """Run cells in the folder the test is in and return what they show."""
    names: dict[str, Any] = {}
    shown = [await run(cell, names) for cell in cells]
    await (await connect()).close()
    text = "".join(f"[{number}]\n{one}\n" for number, one in enumerate(shown, 1) if one)
    return text.replace("workflows.sqlite", "this browser")


@pytest.mark.parametrize("name", NAMES)
async def test_its_outputs_are_those_of_the_site(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert await outputs(sources(name)) == (OUTPUTS / f"{name}.txt").read_text(encoding="utf-8")


async def test_the_course_is_solved_by_its_solution_and_by_nothing_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    unsolved = (OUTPUTS / "course.txt").read_text(encoding="utf-8")
    found = await outputs(solved(sources("course")))
    for number in SOLUTION:
        assert f"Exercise {number}: not yet. " in unsolved
        assert f"Exercise {number}: solved." in found
