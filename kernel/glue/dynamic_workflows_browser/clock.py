"""The browser's clock, on the event loop of the engine worker."""

from __future__ import annotations

from collections.abc import Callable

from dynamic_workflows.host.clocks import SystemClock
from dynamic_workflows.shared.turns import TurnLoop


class BrowserClock(SystemClock):
    """The machine's clock, with the alarms of the engine worker's own loop."""

    def __init__(self, loop: TurnLoop) -> None:
        self._loop = loop

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after ``delay`` milliseconds; returns what cancels it."""
        return self._loop.call_later(delay / 1000, callback).cancel
