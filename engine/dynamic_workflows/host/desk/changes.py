"""Whether anything changed at all: asked with the last answer's cursor, a question waits until something does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.core import resolve
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.shared.limits import POLL_MS

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine


class Changes:
    """Counts the turns that changed something, once they are durable, and wakes those who wait for the next."""

    def __init__(self, engine: Engine) -> None:
        self._core = engine.core
        self._count = 0
        self._waiting: set[asyncio.Future[None]] = set()
        engine.watch(self._look)

    def _look(self, tx: Transaction, changed: dict[int, Instance]) -> None:
        tx.after(self._changed)

    def _changed(self) -> None:
        self._count += 1
        for waiting in self._waiting:
            resolve(waiting, None)

    @property
    def cursor(self) -> str:
        """Where changes stand; that of another engine is another one."""
        return f"{self._core.store.epoch}-{self._count}"

    async def after(self, cursor: object, wait: int) -> dict[str, Any]:
        """Return the new cursor: at once if it is not ``cursor``, else with the next change or after ``wait`` ms."""
        if cursor == self.cursor and wait:
            news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(news)
            cancel = self._core.clock.call_later(wait, lambda: resolve(news, None))
            try:
                await self._core.wait(news)
            finally:
                cancel()
                self._waiting.discard(news)
        return {"cursor": self.cursor}


def wait_of(given: object) -> int:
    """Return how long a question may wait, in milliseconds.

    Raises:
        WorkflowError: it is no number, or too long.
    """
    if type(given) is not int or not 0 <= given <= POLL_MS:
        raise WorkflowError(f"wait is {given!r:.80}: give 0 to {POLL_MS:,} milliseconds.")
    return given
