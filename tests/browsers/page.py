"""A page in any browser, with as much of Playwright's `Page` as the suites written for Chromium use."""

from __future__ import annotations

import json
import time
from typing import Any

from tests.browsers.driver import Driver

# What it is given is an expression, or a function that is called with the argument; as Playwright has it.
_EVALUATE = """
(async () => {
  const what = (%s);
  return typeof what === 'function' ? await what(%s) : await what;
})()
"""


class DriverPage:
    """The page that a driver shows."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    def goto(self, url: str) -> None:
        """Go to an address."""
        self.driver.open(url)

    def evaluate(self, script: str, arg: Any = None) -> Any:
        """Return the value of an expression, or of a function that is called with ``arg``."""
        return self.driver.eval(_EVALUATE % (script, json.dumps(arg)))

    def wait_for_function(self, script: str, *, arg: Any = None, timeout: float = 60_000) -> None:
        """Wait until an expression, or a function of ``arg``, is true."""
        self.driver.wait(_EVALUATE.strip() % (script, json.dumps(arg)), seconds=timeout / 1000)

    def wait_for_timeout(self, milliseconds: float) -> None:
        """Wait: a browser is under load meanwhile."""
        time.sleep(milliseconds / 1000)
