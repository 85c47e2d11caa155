"""One instance, as its history says: a fold over rows, and the derived columns that follow from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from dynamic_workflows.shared import checks, values
from dynamic_workflows.shared.checks import ResolvedConfig
from dynamic_workflows.shared.streams import stored_bytes

if TYPE_CHECKING:
    from dynamic_workflows.host.history.mocks import Mocks

Where = tuple[str, str, str]  # workflow, tenant, id: unique among the instances that exist
FINAL = frozenset({"complete", "errored", "terminated"})
TEXT = frozenset({"step.completed", "completed"})  # their data is a value's wire text, not an object
ENGINE = 0  # the uid of rows about the engine itself


class HistoryRow(NamedTuple):
    """One row of history, as it is stored."""

    pos: int
    uid: int
    seq: int
    life: int
    at: int
    kind: str
    key: str | None
    attempt: int | None
    data: str | None
    src: int | None = None  # pos of the row this one is a copy of


@dataclass(slots=True)
class Step:
    """What history says of one step, sleep or wait."""

    kind: str  # do, sleep, wait, rollback
    started: int  # seq of the first row
    attempt: int = 0
    attempt_seq: int = 0  # seq of the latest attempt's start
    running: bool = False
    failures: int = 0  # attempts that failed and used retry budget
    interruptions: int = 0  # in a row
    config: ResolvedConfig | None = None
    written: Mapping[str, Any] | None = None  # the config as the first attempt recorded it: it wins for good
    retry_at: int | None = None
    settled: int = 0  # seq of the settling row
    value: str | None = None
    error: dict[str, Any] | None = None
    type: str | None = None
    due: int | None = None
    timeout: int = 0
    rollback: bool = False  # a do-step that can be undone

    @property
    def sealed(self) -> bool:
        """Whether the step has a value that history does not hold: table ``sealed`` does."""
        return self.settled > 0 and self.value is None and self.error is None


@dataclass(slots=True)
class Rollback:
    """How far the undoing of an instance has come."""

    error: dict[str, Any]  # what set it off
    then: str  # how the instance ends after it: errored, terminated
    todo: list[str]  # keys of steps that are not undone yet, in the order they started: the last is next
    total: int
    outcome: str | None = None
    failure: dict[str, Any] | None = None

    @property
    def completed(self) -> int:
        """How many steps are undone."""
        return self.total - len(self.todo)


class Event(NamedTuple):
    """An event that was received and not yet taken."""

    type: str
    payload: str
    at: int
    own: int  # the instance's own time of its arrival, which stands still in a pause


@dataclass(slots=True)
class Instance:
    """The state of one instance, changed only by ``fold``."""

    uid: int
    workflow: str = ""
    tenant: str = ""
    id: str = ""
    version: str | None = None
    params: str = "null"
    parent: str | None = None
    retention: Mapping[str, int] = field(default_factory=dict)  # ms to keep it after "success" and after "error"
    schedule: Mapping[str, Any] | None = None  # the cron and scheduledTime that created it, and how many it missed
    created: int = 0
    mocks: Mocks | None = None  # what a test makes of its steps: no part of its state, the same in every life
    offset: int = 0
    phase: str = "run"
    life: int = 1
    seq: int = 0
    priority: int = 0  # of its turn to run: 1 once it has begun
    final: str | None = None
    queued: bool = True
    pausing: bool = False  # the attempts in flight may finish, nothing else begins
    paused_at: int | None = None
    ended: int | None = None
    output: str | None = None
    error: dict[str, Any] | None = None
    rollback: Rollback | None = None
    steps: dict[str, Step] = field(default_factory=dict)
    stored: int = 0  # bytes of the outputs of its steps
    dos: int = 0  # do-steps started, for the step limit
    running: set[str] = field(default_factory=set)  # keys with an attempt in flight
    timers: dict[str, tuple[str, int]] = field(default_factory=dict)  # key -> kind, due in the run's own time
    waits: dict[str, tuple[int, str]] = field(default_factory=dict)  # key -> seq, type; in waiter order
    inbox: dict[int, Event] = field(default_factory=dict)  # seq -> event, in arrival order
    settled_seq: int = 0
    registered_seq: int = 0
    settled_at: int = 0

    @property
    def where(self) -> Where:
        """What names it to callers."""
        return self.workflow, self.tenant, self.id

    @property
    def status(self) -> str:
        """The public status (semantics C.1)."""
        if self.final:
            return self.final
        if self.phase == "rollback":
            return "running"
        if self.pausing:
            return "waitingForPause"
        if self.paused_at is not None:
            return "paused"
        if self.queued:
            return "queued"
        return "waiting" if self.timers and not self.running else "running"

    @property
    def held(self) -> bool:
        """Whether a pause keeps everything back that has not begun."""
        return self.pausing or self.paused_at is not None

    @property
    def ready_at(self) -> int | None:
        """Since when the code has something to go on with, as far as history alone can tell."""
        if self.final or self.held:
            return None
        if self.queued:
            return self.settled_at
        return self.settled_at if self.settled_seq > self.registered_seq else None

    @property
    def expires(self) -> int | None:
        """When an instance that has ended is deleted; None means never."""
        kept = self.retention.get("success" if self.final == "complete" else "error")
        return None if self.ended is None or kept is None else self.ended + kept

    def fold(self, row: HistoryRow, data: Any = None) -> None:
        """Take one more row; ``data`` spares parsing it again when the caller has just written it."""
        if data is None and row.data is not None:
            data = row.data if row.kind in TEXT else json.loads(row.data)
        self.seq, self.life = row.seq, row.life
        fold = FOLD[row.kind]
        fold(self, row, data)

    def next_due(self, key: str | None = None) -> int | None:
        """Return the wall time of the next timer, or of one step's, or None."""
        timers = self.timers.values() if key is None else [self.timers[key]] if key in self.timers else []
        if not timers or self.held:
            return None
        return min(due for _, due in timers) - self.offset

    def columns(self) -> tuple[Any, ...]:
        """Return the derived row of table ``instance``, without its uid."""
        return (
            self.workflow, self.tenant, self.id, self.version, self.params, self.parent, self.created, self.offset,
            self.status, self.phase, self.life, self.seq, self.priority, self.ready_at, self.ended,
            self.expires,
        )  # fmt: skip

    # -- the fold, one function a kind -------------------------------------------------------------------------

    def _queued(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        self.workflow, self.tenant, self.id = data["workflow"], data["tenant"], data["id"]
        self.version, self.params, self.parent = data.get("version"), data["params"], data.get("parent")
        self.retention, self.schedule = data.get("retention", {}), data.get("schedule")
        self.created, self.settled_at = row.at, row.at

    def _started(self, row: HistoryRow, data: None) -> None:
        self.queued, self.priority = False, 1
        self.settled_seq, self.settled_at = row.seq, row.at

    def _requeued(self, row: HistoryRow, data: None) -> None:
        self.queued = True

    def _step_started(self, row: HistoryRow, data: Mapping[str, Any] | None) -> None:
        key = _key(row)
        step = self.steps.get(key)
        if step is None:
            kind = key.partition(":")[0]
            step = self.steps[key] = Step(kind, row.seq)
            self.dos += kind == "do"
        if data is not None:
            step.rollback = "has_rollback" in data
            step.written, step.config = data["config"], checks.resolve(data["config"])
        step.attempt, step.attempt_seq, step.running, step.retry_at = row.attempt or 0, row.seq, True, None
        self.running.add(key)
        self.timers.pop(key, None)
        self.registered_seq = row.seq

    def _step_completed(self, row: HistoryRow, data: str | None) -> None:
        if data is not None:
            self.stored += stored_bytes(data)
        self._settle(row, data, None)

    def _step_failed(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        key = _key(row)
        step = self.steps[key]
        step.running = False
        self.running.discard(key)
        if data.get("interrupted"):
            step.interruptions += 1
        else:
            step.failures += 1
            step.interruptions = 0
        if data.get("final"):
            self._settle(row, None, data["error"])
        elif data.get("interrupted"):
            self.settled_seq, self.settled_at = row.seq, row.at
        else:
            step.retry_at = data["retry_at"]
            self.timers[key] = ("retry", data["retry_at"])

    def _sleep_started(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        key = _key(row)
        self.steps[key] = Step("sleep", row.seq, due=data["due"])
        self.timers[key] = ("sleep", data["due"])
        self.registered_seq = row.seq

    def _sleep_completed(self, row: HistoryRow, data: None) -> None:
        self._settle(row, "null", None)

    def _wait_started(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        key = _key(row)
        self.steps[key] = Step("wait", row.seq, due=data["due"], type=data["type"], timeout=data["timeout"])
        self.timers[key] = ("wait", data["due"])
        self.waits[key] = (row.seq, data["type"])
        self.registered_seq = row.seq

    def _wait_completed(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        event = self.inbox.pop(data["event"])
        at = values.encode(moment(event.at))
        value = f'{{"payload":{event.payload},"timestamp":{at},"type":{json.dumps(event.type)}}}'
        self.waits.pop(_key(row), None)
        self._settle(row, value, None)

    def _wait_timed_out(self, row: HistoryRow, data: None) -> None:
        key = _key(row)
        self.waits.pop(key, None)
        message = f"Execution timed out after {self.steps[key].timeout}ms"
        self._settle(row, None, {"name": "WorkflowTimeoutError", "message": message})

    def _event_received(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        own = (row.at if self.paused_at is None else self.paused_at) + self.offset
        self.inbox[row.seq] = Event(data["type"], data["payload"], row.at, own)

    def _pausing(self, row: HistoryRow, data: None) -> None:
        self.pausing = True

    def _paused(self, row: HistoryRow, data: None) -> None:
        self.pausing, self.paused_at = False, row.at

    def _resumed(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        self.pausing, self.paused_at = False, None
        self.offset -= data["shift"]  # the run's own clock stood still
        self.settled_seq, self.settled_at = row.seq, row.at

    def _restarted(self, row: HistoryRow, data: Mapping[str, Any] | None) -> None:
        self.steps.clear()
        self._end("", row)
        self.final = self.ended = self.output = self.error = self.rollback = None
        self.phase = "run"
        if data is not None and "params" in data:  # it goes on with other code
            self.params, self.version = data["params"], data["version"]
        self.queued, self.offset, self.dos, self.stored, self.priority = True, 0, 0, 0, 0
        self.settled_seq, self.settled_at, self.registered_seq = row.seq, row.at, 0

    def _time_skipped(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        self.offset += data["by"]

    def _delay_skipped(self, row: HistoryRow, data: None) -> None:
        key = _key(row)
        self.steps[key].retry_at = due = row.at + self.offset
        self.timers[key] = ("retry", due)

    def _rollback_started(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        self.phase, self.queued, self.pausing, self.paused_at = "rollback", False, False, None
        todo = undoable(self)
        self.rollback = Rollback(dict(data["error"]), data["then"], todo, len(todo))
        self.timers.clear()
        self.waits.clear()
        self.settled_seq, self.settled_at = row.seq, row.at

    def _rollback_ended(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        assert self.rollback is not None
        self.rollback.outcome, self.rollback.failure = data["outcome"], data.get("error")

    def _completed(self, row: HistoryRow, data: str) -> None:
        self.output = data
        self._end("complete", row)

    def _errored(self, row: HistoryRow, data: Mapping[str, Any]) -> None:
        self.error = dict(data["error"])
        self._end("errored", row)

    def _terminated(self, row: HistoryRow, data: Mapping[str, Any] | None) -> None:
        self._end("terminated", row)

    def _settle(self, row: HistoryRow, value: str | None, error: dict[str, Any] | None) -> None:
        key = _key(row)
        step = self.steps[key]
        step.running, step.settled, step.value, step.error = False, row.seq, value, error
        if step.kind == "rollback" and error is None and self.rollback is not None:
            self.rollback.todo.pop()
        self.running.discard(key)
        self.timers.pop(key, None)
        self.settled_seq, self.settled_at = row.seq, row.at

    def _end(self, status: str, row: HistoryRow) -> None:
        self.final, self.ended = status, row.at
        self.pausing, self.paused_at = False, None  # an end is no pause: nothing can resume it
        self.timers.clear()
        self.waits.clear()
        self.inbox.clear()
        self.running.clear()


def _key(row: HistoryRow) -> str:
    assert row.key is not None
    return row.key


def undoable(instance: Instance) -> list[str]:
    """Return the steps that started and have a rollback, in the order they started."""
    return sorted(
        (key for key, step in instance.steps.items() if step.rollback), key=lambda k: instance.steps[k].started
    )


def moment(at: int) -> datetime:
    """Return a time as tenant code sees it: naive, in UTC (semantics A.3)."""
    return datetime.fromtimestamp(at / 1000, UTC).replace(tzinfo=None)


FOLD: dict[str, Callable[[Instance, HistoryRow, Any], None]] = {
    "queued": Instance._queued,
    "started": Instance._started,
    "requeued": Instance._requeued,
    "step.started": Instance._step_started,
    "step.completed": Instance._step_completed,
    "step.failed": Instance._step_failed,
    "sleep.started": Instance._sleep_started,
    "sleep.completed": Instance._sleep_completed,
    "wait.started": Instance._wait_started,
    "wait.completed": Instance._wait_completed,
    "wait.timed_out": Instance._wait_timed_out,
    "event.received": Instance._event_received,
    "time_skipped": Instance._time_skipped,
    "delay_skipped": Instance._delay_skipped,
    "pausing": Instance._pausing,
    "paused": Instance._paused,
    "resumed": Instance._resumed,
    "restarted": Instance._restarted,
    "rollback.started": Instance._rollback_started,
    "rollback.ended": Instance._rollback_ended,
    "completed": Instance._completed,
    "errored": Instance._errored,
    "terminated": Instance._terminated,
}
