"""The core story in the browsers that are not Chromium: run, kill, event, reload in mid-sleep, finish."""

from __future__ import annotations

import json

import pytest

from tests.browsers.driver import Driver
from tests.browsers.firefox import Firefox

pytestmark = pytest.mark.timeout(300)

PANE = "document.querySelector('#run-pane').innerText"
SLEEPS = f"{PANE}.includes('Sleeping until')"
LEDGER = """
[...document.querySelectorAll('#run-pane tr')]
  .map(row => [...row.cells].map(cell => cell.innerText.trim()).join(' ')).filter(row => row.endsWith('×'))
"""


def wait_for(driver: Driver, text: str) -> None:
    """Wait until the run's pane says `text`."""
    driver.wait(f"{PANE}.includes({json.dumps(text)})")


def wait_until_ready(driver: Driver) -> None:
    """Wait until the engine answers."""
    driver.wait("document.querySelector('#kernel-state').innerText.includes('Ready')", seconds=120)


def test_a_run_carries_on_over_a_kill_and_a_reload(driver: Driver, site: str) -> None:
    driver.open(site)
    wait_until_ready(driver)
    driver.click(text="Run")
    wait_for(driver, "order · 1")  # until then the pane shows the recorded run
    wait_for(driver, "charge 40")
    driver.click(text="Kill the engine")
    wait_for(driver, "killed, back")  # "after" over bars, "in" on the rail of a narrow window
    driver.click(text='Send "approve"', seconds=60)
    driver.wait(SLEEPS, seconds=60)
    driver.open(driver.eval("location.href"))
    wait_until_ready(driver)
    driver.click(text="Skip 30 days", seconds=60)
    wait_for(
        driver, "0 finished steps ran again. 1 step was cut off and tried again. Every outside call was done once."
    )
    assert driver.eval(LEDGER) == [
        "reserve lamp 1× 1×",
        "charge 40 2× 1×",
        "ship lamp 1× 1×",
        "email ada@example.com 1× 1×",
    ]
    if isinstance(driver, Firefox):
        assert driver.foreign_requests() == []
