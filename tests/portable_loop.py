"""An event loop with no selector: it runs where there are no sockets and no threads, as in Pyodide under Node."""

from __future__ import annotations

import asyncio
import asyncio.base_events
import time


class _NoSelector:
    """Stands where the loop asks for I/O: there is never any, so waiting means waiting for the next timer."""

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise RuntimeError("the test waits for something that no timer and no callback will ever do")
        if timeout > 0:
            time.sleep(timeout)
        return []

    def close(self) -> None:
        """Hold nothing, close nothing."""


class PortableLoop(asyncio.base_events.BaseEventLoop):
    """Runs callbacks and timers only; a test that can never go on fails at once instead of hanging."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _NoSelector()

    def _process_events(self, event_list: list[object]) -> None:
        """Take what the selector found, which is nothing."""

    def _write_to_self(self) -> None:
        """Wake nobody: no other thread exists."""
