"""A desk over a store that has no room: it answers what is stored, and refuses every change before touching state."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from dynamic_workflows.host.desk.verbs import Args, Desk, Json
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.core import Core
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Clock, Entropy, Sandboxes, Store
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.errors import StorageFullError, StoreError

T = TypeVar("T")
READS = frozenset(
    (
        *("runs", "find_runs", "history", "status", "events", "ledger", "logs", "files", "tenants", "storage"),
        *("usage", "sandbox", "schedules", "overview", "activity", "changes"),
    )
)
FULL = "The disk is full: nothing more is stored until there is room. Runs are paused and lose nothing."


class ReadingCore(Core):
    """Reads at once, from what is stored; no timer fires and no turn is taken."""

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Run ``work`` and return what it returned. What it would write is undone."""
        answer: list[T] = []
        try:
            with self.store.turn() as turn:
                tx = Transaction(self, turn, self.clock.now())
                answer.append(work(tx))
                raise _Read
        except _Read:
            for callback in tx.later:
                callback()
        return answer[0]


class _Read(Exception):
    """Ends a turn that only read."""


class ReadingDesk(Desk):
    """Answers reads, and again what was answered before; refuses the rest."""

    async def answer(self, id: str, verb: str, args: Args) -> Json:
        """Carry out one request.

        Raises:
            StorageFullError: it would change something.
        """
        if verb in READS:
            return await super().answer(id, verb, args)
        known = await self._core.submit(lambda tx: tx.query("select reply from request where id = ?", (id,)))
        if known:
            return json.loads(known[0][0])
        raise self.refusal(verb)

    def refusal(self, verb: str) -> StoreError:
        """Return why nothing is changed."""
        return StorageFullError(FULL)


def open_reader(store: Store, *, clock: Clock, entropy: Entropy, sandboxes: Sandboxes) -> ReadingDesk:
    """Return a desk over what a store holds. Runs stand still, as they are stored, until the store is opened anew."""
    engine: Any = Engine(ReadingCore(store, clock, entropy), sandboxes, Limits())
    return ReadingDesk(Platform(engine, 0))
