"""Every case over every guest."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from dynamic_workflows.host.history.rebuild import derive, stored
from dynamic_workflows.testing import TestEngine, open_engine
from tests.conformance.case import CASES, Case, Stage
from tests.conformance.guests import GUESTS

for path in sorted((Path(__file__).parent / "cases").glob("*.py")):
    import_module(f"tests.conformance.cases.{path.stem}")


@pytest.mark.parametrize("guest", GUESTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
async def test_over_every_guest(case: Case, guest: str) -> None:
    if guest in case.not_over:
        pytest.skip(case.not_over[guest])
    async with open_engine(sandboxes=GUESTS[guest]) as engine:
        await case.drive(Stage(engine, case.source))
        await checked(engine)


async def checked(engine: TestEngine) -> None:
    """Compare the derived tables with what history alone says."""
    await engine.settle()
    expected, found = await engine.engine.core.submit(lambda tx: (derive(tx), stored(tx)))
    assert found == expected


def test_reasons_name_guests_that_there_are() -> None:
    named = {guest for case in CASES for guest in case.not_over}
    assert named <= {"in process", "mediated", "processes", "browser"}
