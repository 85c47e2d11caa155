"""Instances whose time after their end is over go, a few at a time, in turns that have nothing else to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.timers import HOUR
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.limits import RETENTION_TURN

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

_NEXT = "select min(expires) from instance"
_EXPIRED = "select uid from instance where expires <= ? order by expires, uid limit ?"


class Sweeper:
    """Knows when the next instance expires; column ``expires`` knows which."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._core = engine, engine.core
        self._next: int | None = None
        self._armed: int | None = None  # the wall time the clock was asked for
        self._disarm: Callable[[], None] | None = None

    def load(self, tx: Transaction) -> None:
        """Learn from the tables when the next instance expires."""
        self._next = tx.query(_NEXT)[0][0]

    def end_turn(self, tx: Transaction, changed: Mapping[int, Instance]) -> None:
        """Last of a turn: delete what has expired if the turn was idle, else see to it that an idle one comes."""
        for instance in changed.values():
            expires = instance.expires
            if expires is not None and (self._next is None or expires < self._next):
                self._next = expires
        if self._next is not None and self._next <= tx.now and not changed:
            self._sweep(tx)
        if self._next is None:
            return
        if self._next <= tx.now:
            self._core.post(_nothing)
        elif self._armed is None or self._next < self._armed or self._armed <= tx.now:
            self.close()
            self._armed = min(self._next, tx.now + HOUR)
            self._disarm = self._core.clock.call_later(self._armed - tx.now, lambda: self._core.post(_nothing))

    def _sweep(self, tx: Transaction) -> None:
        scheduler = self._engine.scheduler
        for (uid,) in tx.query(_EXPIRED, (tx.now, RETENTION_TURN)):
            instance = Instance(uid) if scheduler.idle(uid) else self._core.instance(tx, uid)
            self._engine.operations.delete(tx, instance)
        self.load(tx)

    def close(self) -> None:
        """Ask the clock for nothing any more."""
        if self._disarm is not None:
            self._disarm()
        self._disarm = self._armed = None


def _nothing(tx: Transaction) -> None:
    return None
