"""What a test makes of an instance's steps, sleeps and waits (semantics I), applied where the engine takes their start.

Mocks are facts about (step, attempt) and never used up, so every life of the instance meets them again: a restart, a
crash, another engine over the same store. They are kept in table ``meta`` beside history, which has the rows of a
real run.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host import steps
from dynamic_workflows.host.instance import HistoryRow, Instance, Step, Where
from dynamic_workflows.host.streams import Staging
from dynamic_workflows.host.transaction import Transaction, dumps
from dynamic_workflows.shared.errors import InstanceNotFound, WorkflowTimeoutError, record_of
from dynamic_workflows.shared.limits import STREAM_CHUNK_BYTES
from dynamic_workflows.shared.streams import chunks_of

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

PREFIX = "mocks:"
Outcome = dict[str, Any]


@dataclass(slots=True)
class Failures:
    """How attempts of one step fail: ``single`` by attempt number, ``all`` where a test gave no number of times."""

    single: dict[str, Outcome] = field(default_factory=dict)
    all: Outcome | None = None

    def of(self, attempt: int) -> Outcome | None:
        """Return the error of an attempt."""
        return self.single.get(str(attempt), self.all)


@dataclass(slots=True)
class Mocks:
    """Everything mocked of one instance. Steps are ``name-count``; None in place of a list means every step."""

    sleeps: list[str] | None = field(default_factory=list)
    retry_delays: list[str] | None = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)  # wire text
    streams: dict[str, str] = field(default_factory=dict)  # results that are streams: their bytes in base64
    errors: dict[str, Failures] = field(default_factory=dict)
    timeouts: dict[str, Failures] = field(default_factory=dict)
    next_attempt: dict[str, int] = field(default_factory=dict)  # where the next errors or timeouts that count begin
    waits: list[str] = field(default_factory=list)  # time out at once
    events: list[dict[str, str]] = field(default_factory=list)  # type, and payload as wire text

    @classmethod
    def of(cls, text: str) -> Mocks:
        """Return mocks as they were stored."""
        stored = json.loads(text)
        for name in ("errors", "timeouts"):
            stored[name] = {step: Failures(**failures) for step, failures in stored[name].items()}
        return cls(**stored)

    def text(self) -> str:
        """Return what is stored."""
        return dumps(asdict(self))

    def skips_sleep(self, key: str) -> bool:
        """Return whether a sleep is over at once."""
        return self.sleeps is None or _target(key) in self.sleeps

    def skips_retry_delay(self, key: str) -> bool:
        """Return whether the next attempt of a step begins at once."""
        return self.retry_delays is None or _target(key) in self.retry_delays

    def times_out(self, key: str) -> bool:
        """Return whether a wait times out at once, whatever event is there."""
        return _target(key) in self.waits

    def outcome(self, key: str, attempt: int) -> Outcome | None:
        """Return what an attempt comes to: ``{"error"}``, ``{"value"}``, ``{"bytes"}``; None: its callback says."""
        target = _target(key)
        for failures in (self.errors.get(target), self.timeouts.get(target)):
            error = failures.of(attempt) if failures is not None else None
            if error is not None:
                return {"error": error}
        if target in self.streams:
            return {"bytes": base64.b64decode(self.streams[target])}
        return {"value": self.results[target]} if target in self.results else None

    def has_result(self, target: str) -> bool:
        """Return whether the result of a step is mocked."""
        return target in self.results or target in self.streams

    def under(self, other: Mocks) -> Mocks:
        """Return both together; where both say something of a step, ``other`` does."""
        both = deepcopy(self)
        for name in ("results", "streams"):
            kept = {step: result for step, result in getattr(self, name).items() if not other.has_result(step)}
            setattr(both, name, kept | getattr(other, name))
        for name in ("errors", "timeouts", "next_attempt"):
            getattr(both, name).update(deepcopy(getattr(other, name)))
        for name in ("sleeps", "retry_delays"):
            mine, others = getattr(self, name), getattr(other, name)
            setattr(both, name, None if mine is None or others is None else [*mine, *others])
        both.waits += other.waits
        both.events += other.events
        return both


def _target(key: str) -> str:
    return key.partition(":")[2]


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


def timed_out() -> Outcome:
    """Return the error of a forced timeout."""
    return record_of(WorkflowTimeoutError(0))


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
