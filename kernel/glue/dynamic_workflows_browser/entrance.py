"""How JavaScript enters Python: every message, answer and alarm is one turn of the engine's event loop.

Pyodide's own loop gives each callback a task of the browser (26-57 us); in a turn it costs 1-3 us.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from dynamic_workflows.shared.turns import TurnLoop


class Entrance:
    """The event loop of the engine worker and the only way into it.

    Args:
        alarm: asks JavaScript to call ``turn`` in so many milliseconds (0: soon).
        report: takes what to say of an error that nobody awaited.
    """

    def __init__(self, alarm: Callable[[int], None], report: Callable[[str], None]) -> None:
        self.loop = TurnLoop(alarm, lambda: time.monotonic_ns() // 1_000_000)
        self.loop.failed = lambda context: report(_described(context))

    def enter(self, work: Callable[..., object], *args: Any) -> None:
        """Call ``work`` and run everything that follows from it."""
        if self.loop.is_running():  # JavaScript answered from within a call of ours
            self.loop.call_soon(work, *args)
        else:
            self.loop.turn(lambda: work(*args), _quiet)

    def turn(self) -> None:
        """Run the turn that ``alarm`` was asked for."""
        if not self.loop.is_running():
            self.loop.woken()
            self.loop.turn(_nothing, _quiet)

    def way(self, work: Callable[..., object]) -> Callable[..., None]:
        """Return ``work`` as JavaScript may call it at any time."""
        return lambda *args: self.enter(work, *args)


def _described(context: dict[str, Any]) -> str:
    error = context.get("exception")
    said = str(context.get("message", "An error nobody awaited"))
    if isinstance(error, asyncio.CancelledError) or error is None:
        return said
    return f"{said}: {error!r}"


def _nothing() -> None:
    return None


def _quiet() -> bool:
    return False
