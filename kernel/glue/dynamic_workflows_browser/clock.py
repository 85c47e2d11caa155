"""The browser's clock, on the event loop of the engine worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dynamic_workflows.host.clocks import SystemClock


class BrowserClock(SystemClock):
    """The machine's clock. Frames arrive outside of any task, so the loop is remembered."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after ``delay`` milliseconds; returns what cancels it."""
        return self._loop.call_later(delay / 1000, callback).cancel
