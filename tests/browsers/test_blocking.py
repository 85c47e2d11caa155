"""Plain functions that wait for answers, where these browsers can let Python stand still; else the error that says why not."""

from __future__ import annotations

import json

import pytest

from tests.browsers.driver import Driver
from tests.browsers.tab import DriverTab
from tests.crash.tab import served
from tests.kernel.test_blocking import EVERYWHERE, PLAIN
from tests.kernel.workflows import order

pytestmark = pytest.mark.timeout(300)


def test_a_plain_function_waits_or_is_told_to_await(driver: Driver) -> None:
    with served() as site:
        tab = DriverTab(driver, site)
        able = tab.page.evaluate("'Suspending' in WebAssembly && 'promising' in WebAssembly")
        summary = tab.ended(tab.ask("run", **order(EVERYWHERE if able else PLAIN)))
        if able:
            in_sorted, helped, beside, _ = json.loads(summary["output"])
            assert (in_sorted, helped) == ([3, 2, 1], "inner")
            assert [n for n, _, _ in beside] == list(range(20))
        else:
            assert "run_sync() cannot wait here" in summary["error"]["message"]
            assert "Make the function async def, and await." in summary["error"]["message"]
