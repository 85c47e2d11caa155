"""Mocks applied where the engine takes the start of a step, sleep or wait (semantics I).

They are kept in table ``meta`` beside history, which has the rows of a real run.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.instance import HistoryRow, Instance, Step, Where
from dynamic_workflows.host.history.mocks import Mocks, Outcome
from dynamic_workflows.host.history.streams import Staging
from dynamic_workflows.host.history.transaction import Transaction, dumps
from dynamic_workflows.host.rules import steps
from dynamic_workflows.shared.errors import InstanceNotFound
from dynamic_workflows.shared.limits import STREAM_CHUNK_BYTES
from dynamic_workflows.shared.streams import chunks_of

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

PREFIX = "mocks:"


def completed(
    tx: Transaction, instance: Instance, step: Step, key: str, mocked: Outcome, staging: Staging
) -> dict[str, Any]:
    """Record that an attempt returned what is mocked, and return the message that tells the guest.

    Raises:
        StorageLimitExceeded: the instance has no room for a stream.
    """
    message = {"key": key, "attempt": step.attempt}
    if "value" in mocked:
        return {**steps.finish(tx, instance, {**message, **mocked}, staging), **mocked}
    stream: bytes = mocked["bytes"]
    chunks = chunks_of(len(stream))
    for n in range(chunks):
        piece = stream[n * STREAM_CHUNK_BYTES : (n + 1) * STREAM_CHUNK_BYTES]
        text = base64.b64encode(piece).decode("ascii")
        staging.take(tx, instance, step, {**message, "chunk": n, "bytes": text})
    return steps.finish(tx, instance, {**message, "stream": chunks}, staging)


@dataclass(slots=True)
class Session:
    """What applies to every instance of a workflow that is created while it lasts; of one tenant, or of all."""

    tenant: str
    created: Callable[[Where], None]
    mocks: Mocks = field(default_factory=Mocks)


class Registry:
    """The mocks of one engine, in memory and in the store, and the sessions that give them to new instances."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._core = engine, engine.core
        self.sessions: dict[str, Session] = {}  # by workflow name: one at a time

    def load(self, tx: Transaction) -> None:
        """Learn what an earlier engine stored."""
        for key, text in tx.query("select key, value from meta where key > ? and key < 'mocks;'", (PREFIX,)):
            self._core.mocks[tuple(json.loads(key[len(PREFIX) :]))] = Mocks.of(text)

    def of(self, where: Where) -> Mocks:
        """Return a copy of what is mocked of an instance, whether it exists or not."""
        return deepcopy(self._core.mocks.get(where) or Mocks())

    def put(self, tx: Transaction, where: Where, mocks: Mocks) -> None:
        """Mock an instance, one that exists from its next step on; new events are sent to it."""
        known = len(self._core.mocks[where].events) if where in self._core.mocks else 0
        self._keep(tx, where, mocks)
        try:
            instance = self._engine.operations.find(tx, *where)
        except InstanceNotFound:
            return
        instance.mocks = mocks
        if not instance.final:
            for event in mocks.events[known:]:
                self._engine.operations.send_event(tx, instance, event["type"], event["payload"])
        tx.after(lambda: self._engine.scheduler.forget(instance.uid))

    def forget(self, tx: Transaction, where: Where) -> None:
        """Mock nothing of an instance any more."""
        if self._core.mocks.pop(where, None) is not None:
            tx.execute("delete from meta where key = ?", (_key(where),))

    def created(self, tx: Transaction, instance: Instance) -> None:
        """Take a new instance in before its first run."""
        session = self.sessions.get(instance.workflow)
        if session is not None and session.tenant in ("", instance.tenant):
            self._keep(tx, instance.where, session.mocks.under(self.of(instance.where)))
            tx.after(lambda: session.created(instance.where))
        instance.mocks = self._core.mocks.get(instance.where)
        if instance.mocks is not None:
            _buffer(tx, instance, instance.mocks.events)

    def restarted(self, tx: Transaction, instance: Instance, kept: Iterable[HistoryRow]) -> None:
        """Give a new life the mocked events again, but for those that steps it keeps have taken."""
        if instance.mocks is None:
            return
        events = list(instance.mocks.events)
        for row in kept:
            if row.kind == "event.received":
                taken = json.loads(row.data or "{}")
                if taken in events:
                    events.remove(taken)
        _buffer(tx, instance, events)

    def _keep(self, tx: Transaction, where: Where, mocks: Mocks) -> None:
        self._core.mocks[where] = mocks
        tx.execute("insert or replace into meta values (?, ?)", (_key(where), mocks.text()))


def _key(where: Where) -> str:
    return PREFIX + dumps(where)


def _buffer(tx: Transaction, instance: Instance, events: Iterable[dict[str, str]]) -> None:
    for event in events:
        tx.append(instance, "event.received", data=dict(event))
        steps.deliver(tx, instance, event["type"])
