"""Every case of the conformance suite over the browser's own guests: Pyodide in a sandboxed frame of a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dynamic_workflows.testing import open_engine
from tests.browser_guests.chromium import Chromium, ChromiumSandboxes, chromium
from tests.conformance.case import CASES, Case, Stage
from tests.conformance.test_conformance import checked


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
async def test_over_the_browsers_guests(case: Case, browser: Chromium) -> None:
    if "browser" in case.not_over:
        pytest.skip(case.not_over["browser"])
    async with open_engine(sandboxes=lambda clock: ChromiumSandboxes(browser)) as engine:
        await case.drive(Stage(engine, case.source))
        await checked(engine)
