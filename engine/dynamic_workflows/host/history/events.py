"""History as the reference's log (semantics B.12) and as a subscription's events (C.3): rows in, entries out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dynamic_workflows.host.dispatcher import METADATA, PARAMS
from dynamic_workflows.host.history.instance import FOLD, TEXT, HistoryRow, Instance
from dynamic_workflows.host.history.sealed import REDACTED, shown_stream
from dynamic_workflows.shared import values
from dynamic_workflows.shared.streams import is_stream

IDS_A_ROW = 8  # an event's id is its row's seq times this, and its place among the row's events
ENDS = frozenset({"workflow_completed", "workflow_errored", "workflow_terminated"})
STATUS = {
    "running": "workflow_running", "waiting": "workflow_waiting", "paused": "workflow_paused",
    "waitingForPause": "workflow_waiting_for_pause",
}  # fmt: skip
BINDING, CRON = 1, 3  # what created it: a call of the workflow's binding, a schedule
Fields = dict[str, Any]


class Entry(NamedTuple):
    """One thing that history says; ``code`` is None where only subscriptions tell it."""

    id: int
    at: int
    life: int
    type: str
    fields: Fields  # as a subscription tells it
    code: int | None
    key: str | None
    metadata: Fields  # as the log tells it

    @property
    def target(self) -> str | None:
        """The name and count of the step."""
        return None if self.key is None else self.key.partition(":")[2]


class Said(NamedTuple):
    """What one row says, before it has an id."""

    code: int | None
    type: str
    fields: Fields
    metadata: Fields


class View:
    """Takes the rows of one instance in order and says what each means."""

    def __init__(self) -> None:
        self.instance = Instance(0)
        self._started: set[str] = set()

    def take(self, row: HistoryRow) -> list[Entry]:
        """Return the entries of the next row."""
        before = self.instance.status
        data: Any = None
        if row.data is not None:
            data = row.data if row.kind in TEXT else json.loads(row.data)
        said = list(SAY[row.kind](self, row, data)) if row.kind in SAY else []
        if row.kind in FOLD:
            self.instance.fold(row, data)
        status = self.instance.status
        if status in STATUS and (status != before or row.kind == "resumed"):
            if row.kind == "resumed" and status != "running":
                said.append(Said(None, STATUS["running"], {}, {}))
            said.append(Said(None, STATUS[status], {}, {}))
        return [
            Entry(row.seq * IDS_A_ROW + place, row.at, row.life, type, fields, code, row.key, metadata)
            for place, (code, type, fields, metadata) in enumerate(said)
        ]

    # -- what each kind of row says ---------------------------------------------------------------------------

    def _queued(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        trigger = BINDING if data.get("schedule") is None else CRON
        metadata = {"params": _params(data["params"]), "versionId": data.get("version"), "trigger": trigger}
        return [Said(0, "workflow_queued", {}, metadata)]

    def _restarted(self, row: HistoryRow, data: Any) -> list[Said]:
        self._started.clear()
        now = self.instance
        trigger = BINDING if now.schedule is None else CRON
        metadata = {"params": _params(now.params), "versionId": now.version, "trigger": trigger}
        return [Said(0, "workflow_queued", {}, metadata)]

    def _requeued(self, row: HistoryRow, data: Any) -> list[Said]:
        return [Said(None, "workflow_queued", {}, {})]

    def _started_row(self, row: HistoryRow, data: Any) -> list[Said]:
        if self.instance.priority:
            return []  # it had begun before
        return [Said(1, "workflow_started", {"params": _params(self.instance.params)}, {})]

    def _completed(self, row: HistoryRow, data: str) -> list[Said]:
        output = values.decode(data)
        return [Said(2, "workflow_completed", {"output": output}, {"result": output})]

    def _errored(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        error = _error(data["error"])
        return [Said(3, "workflow_errored", {"error": error}, {"error": error})]

    def _terminated(self, row: HistoryRow, data: Any) -> list[Said]:
        return [Said(4, "workflow_terminated", {}, {"trigger": BINDING})]

    def _step_started(self, row: HistoryRow, data: Mapping[str, Any] | None) -> list[Said]:
        key, said, names = str(row.key), [], _names(row)
        if key not in self._started:
            self._started.add(key)
            config = (data or {}).get("config")
            noted = {"hasRollback": True} if (data or {}).get("has_rollback") else {}
            said.append(names.step("started", {"config": config}, {"config": config, **noted}))
        return [*said, names.attempt("started", {"attempt": row.attempt})]

    def _step_completed(self, row: HistoryRow, data: str | None) -> list[Said]:
        names = _names(row)
        stream = data is not None and is_stream(data)
        output = REDACTED if data is None else shown_stream(data) if stream else values.decode(data)
        fields = {} if names.rollback else {"output": output}
        result = "streamOutput" if stream else "result"
        return [
            names.attempt("completed", {"attempt": row.attempt}),
            names.step("completed", fields, {} if names.rollback else {result: output, **self._noted(row)}),
        ]

    def _noted(self, row: HistoryRow) -> Fields:
        return {"hasRollback": True} if self.instance.steps[str(row.key)].rollback else {}

    def _step_failed(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        names, error = _names(row), _error(data["error"])
        fields: Fields = {"attempt": row.attempt, "error": error}
        if "retry_at" in data:
            fields["retryDelayMs"] = data.get("delay", data["retry_at"] - row.at - self.instance.offset)
        said = [names.attempt("errored", fields)]
        if data.get("final"):
            said.append(names.step("errored", {"error": error} if names.rollback else {}, self._noted(row)))
        return said

    def _sleep_started(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        fields = {"durationMs": data["duration"]}
        return [Said(8, "sleep_started", fields, fields)]

    def _sleep_completed(self, row: HistoryRow, data: Any) -> list[Said]:
        return [Said(9, "sleep_completed", {}, {})]

    def _wait_started(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        return [Said(14, "wait_started", {"eventType": data["type"]}, {"event": data["type"]})]

    def _wait_completed(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        event = self.instance.inbox[data["event"]]
        metadata = {"timestamp": event.at, "payload": values.decode(event.payload), "type": event.type}
        return [Said(15, "wait_completed", {}, metadata)]

    def _wait_timed_out(self, row: HistoryRow, data: Any) -> list[Said]:
        timeout = self.instance.steps[str(row.key)].timeout
        message = f"Execution timed out after {timeout}ms"
        return [Said(16, "wait_timed_out", {}, {"name": "WorkflowTimeoutError", "message": message})]

    def _rollback_started(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        metadata = {"triggerError": _error(data["error"]), "totalSteps": data["total"]}
        return [Said(17, "rollback_started", {}, metadata)]

    def _rollback_ended(self, row: HistoryRow, data: Mapping[str, Any]) -> list[Said]:
        rollback = self.instance.rollback
        assert rollback is not None
        metadata = {"totalSteps": rollback.total, "completedSteps": data["completed"]}
        done = data["outcome"] == "complete"
        return [Said(24 if done else 25, "rollback_completed" if done else "rollback_errored", {}, metadata)]


SAY: dict[str, Callable[[View, HistoryRow, Any], list[Said]]] = {
    "queued": View._queued, "requeued": View._requeued, "restarted": View._restarted, "started": View._started_row,
    "completed": View._completed, "errored": View._errored, "terminated": View._terminated,
    "step.started": View._step_started, "step.completed": View._step_completed, "step.failed": View._step_failed,
    "sleep.started": View._sleep_started, "sleep.completed": View._sleep_completed,
    "wait.started": View._wait_started, "wait.completed": View._wait_completed,
    "wait.timed_out": View._wait_timed_out,
    "rollback.started": View._rollback_started, "rollback.ended": View._rollback_ended,
}  # fmt: skip


_STEP = {"started": (5, 18), "completed": (6, 22), "errored": (7, 23)}
_ATTEMPT = {"started": (10, 19), "completed": (11, 20), "errored": (12, 21)}


class _Names:
    """How the rows of steps are named: a rollback's steps and attempts have types and codes of their own."""

    def __init__(self, *, rollback: bool) -> None:
        self.rollback = rollback
        self._prefix = "rollback_" if rollback else ""

    def step(self, what: str, fields: Fields, metadata: Fields) -> Said:
        return Said(_STEP[what][self.rollback], f"{self._prefix}step_{what}", fields, metadata)

    def attempt(self, what: str, fields: Fields) -> Said:
        return Said(_ATTEMPT[what][self.rollback], f"{self._prefix}attempt_{what}", fields, fields)


_PLAIN, _ROLLBACK = _Names(rollback=False), _Names(rollback=True)
TYPES = frozenset(
    {*STATUS.values(), *ENDS, "workflow_queued", "workflow_started", "sleep_started", "sleep_completed",
     "wait_started", "wait_completed", "wait_timed_out", "rollback_started", "rollback_completed", "rollback_errored"}
    | {f"{head}{of}_{what}" for head in ("", "rollback_") for of in ("step", "attempt") for what in _STEP}
)  # fmt: skip


def _names(row: HistoryRow) -> _Names:
    return _ROLLBACK if str(row.key).startswith("rollback:") else _PLAIN


def _error(record: Mapping[str, Any]) -> Fields:
    return {"name": record["name"], "message": record["message"]}


def _params(text: str) -> Any:
    params = values.decode(text)
    return params[PARAMS] if isinstance(params, dict) and METADATA in params and PARAMS in params else params


def log(rows: Iterable[HistoryRow]) -> list[Fields]:
    """Return the reference's log of an instance's latest life; values are rendered as JSON can show them."""
    view = View()
    entries: list[Entry] = []
    for row in rows:
        if row.kind == "restarted":
            entries.clear()
        entries += [entry for entry in view.take(row) if entry.code is not None]
    return [
        {
            "id": entry.id, "timestamp": entry.at, "event": entry.code, "group": entry.key, "target": entry.target,
            "metadata": rendered(entry.metadata),
        }
        for entry in entries
    ]  # fmt: skip


def rendered(value: Any) -> Any:
    """Return a value as a log shows it: bytes by their number, dates as text, sets as lists."""
    if isinstance(value, dict):
        return {key: rendered(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [rendered(item) for item in value]
    if isinstance(value, bytes):
        return f"[Uint8Array({len(value)} bytes)]"
    return value.isoformat() if isinstance(value, datetime) else value
