"""A slice of the crash suite: kills under load, and the invariants from an exported copy and the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynamic_workflows.host.history.crash_points import POINTS
from tests.browsers.driver import Driver
from tests.browsers.tab import DriverTab
from tests.crash.storm import Storm
from tests.crash.tab import served

pytestmark = pytest.mark.timeout(400)


def test_nothing_is_lost_and_nothing_is_done_twice(
    driver: Driver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # WebKitGTK keeps nothing over the end of an automated session; its page is left and opened again instead.
    kinds = ("engine", "sandbox", "browser" if driver.keeps_storage else "renderer", *POINTS)
    with served() as site:
        storm = Storm(DriverTab(driver, site), tmp_path, 1, len(kinds) + 1, kinds)
        storm.run()
    assert set(storm.killed) == set(kinds)
    with capsys.disabled():
        print(f"\n{type(driver).__name__}, {storm.report()}")
