"""The browser's clock, on the event loop of the engine worker."""

from __future__ import annotations

from collections.abc import Callable

from dynamic_workflows.host.clocks import SystemClock
from dynamic_workflows.shared.turns import TurnLoop


class BrowserClock(SystemClock):
    """The machine's clock, with the alarms of the engine worker's own loop.

    ``offset`` milliseconds are added to its wall time: who tests a month's sleep sets the clock instead of waiting.
    """

    def __init__(self, loop: TurnLoop, offset: int = 0) -> None:
        self._loop, self.offset = loop, offset

    def now(self) -> int:
        """Return the wall clock in epoch milliseconds."""
        return super().now() + self.offset

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after ``delay`` milliseconds; returns what cancels it."""
        return self._loop.call_later(delay / 1000, callback).cancel
