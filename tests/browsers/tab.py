"""One tab with the kernel in any browser, and the ways to kill a part of it; `tests/crash/tab.py` is Chromium's."""

from __future__ import annotations

import base64
import time
from typing import Any

from tests.browsers.driver import Driver
from tests.browsers.page import DriverPage
from tests.crash.tab import ENDED, EXPORT


class DriverTab:
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

    def ready(self, epoch: int = 0) -> None:
        """Wait until an engine younger than ``epoch`` is ready."""
        script = "epoch => window.kernel?.state.stage === 'ready' && kernel.state.epoch > epoch"
        self.page.wait_for_function(script, arg=epoch, timeout=120_000)

    @property
    def epoch(self) -> int:
        """The number of the engine's start."""
        return int(self.page.evaluate("kernel.state.epoch"))

    def ask(self, verb: str, **args: Any) -> Any:
        """Make a request and return its answer."""
        return self.page.evaluate("([verb, args]) => kernel.request(verb, args)", [verb, args])

    def ended(self, run: dict[str, Any]) -> dict[str, Any]:
        """Wait until a run has ended and return its summary."""
        summary: dict[str, Any] = self.page.evaluate(ENDED, {name: run[name] for name in ("tenant", "workflow", "id")})
        return summary

    def export(self) -> bytes:
        """Return the stored database as a SQLite file."""
        return base64.b64decode(self.page.evaluate(EXPORT).partition(",")[2])

    def kill_engine(self, at: str | None = None) -> None:
        """Terminate the engine worker, now or when it comes to a crash point."""
        self.page.evaluate("at => kernel.kill('engine', at ? {at} : undefined)", at)

    def kill_sandbox(self, run: dict[str, Any]) -> None:
        """Terminate the sandbox that a run's code lives in."""
        self.page.evaluate("run => kernel.kill('sandbox', run)", run)

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
