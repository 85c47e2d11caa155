"""What a test makes of an instance's steps, sleeps and waits (semantics I), as it is stored.

Mocks are facts about (step, attempt) and never used up, so every life of the instance meets them again: a restart, a
crash, another engine over the same store.
"""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from dynamic_workflows.host.history.transaction import dumps
from dynamic_workflows.shared.errors import WorkflowTimeoutError, record_of

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


def timed_out() -> Outcome:
    """Return the error of a forced timeout."""
    return record_of(WorkflowTimeoutError(0))
