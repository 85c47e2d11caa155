"""One tab with the kernel in any browser, and the ways to kill a part of it; `tests/crash/tab.py` is Chromium's."""

from __future__ import annotations

import time

from tests.browsers.driver import Driver
from tests.browsers.page import DriverPage
from tests.kernel.tab import KernelTab


class DriverTab(KernelTab):
    """A page that leads, in a browser that can be killed and started again over the same profile."""

    def __init__(self, driver: Driver, site: str) -> None:
        self.page = DriverPage(driver)
        self._driver, self._site = driver, site
        self.said: list[str] = []
        self.open()

    def open(self) -> None:
        """Open the page and wait until its engine is ready."""
        self.page.goto(f"{self._site}pages/kernel.html?database=crash&delay=20")
        self.ready()

    def kill_renderer(self) -> float:
        """Leave the page in the middle of everything and open it again; return the seconds until it is ready."""
        killed = time.monotonic()
        self.open()
        return time.monotonic() - killed

    def kill_browser(self) -> float:
        """SIGKILL the whole browser, start it again; return the seconds until its page is ready."""
        killed = time.monotonic()
        self._driver.restart()
        self.open()
        return time.monotonic() - killed
