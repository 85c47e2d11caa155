"""What stored history says of each instance, folded here without the engine's own fold."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from dynamic_workflows.host.history.instance import HistoryRow

TERMINAL = {"completed": "complete", "errored": "errored", "terminated": "terminated"}


@dataclass(slots=True)
class StepFacts:
    """One step, sleep or wait of one life."""

    kind: str
    started: int  # seq
    begun: int = 0  # the instance's own time of the latest attempt's start
    attempt: int = 0
    running: bool = False
    failures: int = 0
    interruptions: int = 0
    retries: dict[str, Any] = field(default_factory=dict)
    timeout: int = 0
    written: Any = None
    undo: bool = False
    retry_at: int | None = None
    due: int = 0
    type: str = ""
    settled: int = 0  # seq
    value: str | None = None
    error: dict[str, Any] | None = None
    settled_attempt: int = 0


@dataclass(slots=True)
class Kept:
    """An event that was received and not yet taken."""

    type: str
    payload: Any
    own: int  # the instance's own time of its arrival


@dataclass(slots=True)
class Facts:
    """One instance as its stored rows say."""

    uid: int
    workflow: str = ""
    tenant: str = ""
    id: str = ""
    seq: int = 0
    life: int = 1
    offset: int = 0
    queued: bool = True
    pausing: bool = False
    paused_at: int | None = None
    phase: str = "run"
    final: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None
    steps: dict[str, StepFacts] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)  # key -> type, in waiter order
    inbox: dict[int, Kept] = field(default_factory=dict)
    todo: list[str] = field(default_factory=list)  # what a rollback has still to undo; the last is next
    undone: dict[str, Any] | None = None  # what rollback.ended said
    then: str = ""
    restarted_from: set[str] | None = None  # what the latest restart has to keep
    rows: list[HistoryRow] = field(default_factory=list)
    events: set[int] = field(default_factory=set)  # numbers of all events ever received
    set_back: int = 0  # by how much the clock was set back while it was known

    @property
    def held(self) -> bool:
        """Whether a pause keeps it."""
        return self.pausing or self.paused_at is not None

    def own(self, at: int) -> int:
        """Return a wall time as the instance's own, which stands still in a pause."""
        return (at if self.paused_at is None else self.paused_at) + self.offset

    def take(self, row: HistoryRow, data: Any) -> None:
        """Fold one row."""
        self.rows.append(row)
        self.seq, self.life = row.seq, row.life
        getattr(self, "_" + row.kind.replace(".", "_"))(row, data)

    def _queued(self, row: HistoryRow, data: Any) -> None:
        self.workflow, self.tenant, self.id = data["workflow"], data["tenant"], data["id"]

    def _started(self, row: HistoryRow, data: Any) -> None:
        self.queued = False

    def _requeued(self, row: HistoryRow, data: Any) -> None:
        self.queued = True

    def _step_started(self, row: HistoryRow, data: Any) -> None:
        key = str(row.key)
        step = self.steps.setdefault(key, StepFacts(key.partition(":")[0], row.seq))
        if data is not None:
            step.written, step.retries, step.timeout = (
                data["config"],
                data["config"]["retries"],
                data["config"]["timeout"],
            )
            step.undo = "has_rollback" in data
        step.attempt, step.running, step.retry_at, step.begun = row.attempt or 0, True, None, self.own(row.at)

    def _step_completed(self, row: HistoryRow, data: Any) -> None:
        step = self._settle(row)
        step.value = row.data
        if step.kind == "rollback":
            self.todo.pop()

    def _step_failed(self, row: HistoryRow, data: Any) -> None:
        step = self.steps[str(row.key)]
        step.running = False
        if data.get("interrupted"):
            step.interruptions += 1
        else:
            step.failures, step.interruptions = step.failures + 1, 0
            step.retry_at = data.get("retry_at")
        if data.get("final"):
            self._settle(row).error = data["error"]

    def _settle(self, row: HistoryRow) -> StepFacts:
        step = self.steps[str(row.key)]
        step.running, step.settled, step.settled_attempt = False, row.seq, row.attempt or 0
        return step

    def _sleep_started(self, row: HistoryRow, data: Any) -> None:
        self.steps[str(row.key)] = StepFacts("sleep", row.seq, due=data["due"])

    def _sleep_completed(self, row: HistoryRow, data: Any) -> None:
        self._settle(row).value = "null"

    def _wait_started(self, row: HistoryRow, data: Any) -> None:
        self.steps[str(row.key)] = StepFacts(
            "wait", row.seq, due=data["due"], type=data["type"], timeout=data["timeout"]
        )
        self.waits[str(row.key)] = data["type"]

    def _wait_completed(self, row: HistoryRow, data: Any) -> None:
        del self.waits[str(row.key)]
        kept = self.inbox.pop(data["event"])
        self._settle(row).value = json.dumps({"payload": kept.payload, "type": kept.type})

    def _wait_timed_out(self, row: HistoryRow, data: Any) -> None:
        del self.waits[str(row.key)]
        step = self._settle(row)
        step.error = {"name": "WorkflowTimeoutError", "message": f"Execution timed out after {step.timeout}ms"}

    def _event_received(self, row: HistoryRow, data: Any) -> None:
        payload = json.loads(data["payload"])
        self.inbox[row.seq] = Kept(data["type"], payload, self.own(row.at))
        self.events.add(payload["number"])

    def _pausing(self, row: HistoryRow, data: Any) -> None:
        self.pausing = True

    def _paused(self, row: HistoryRow, data: Any) -> None:
        self.pausing, self.paused_at = False, row.at

    def _resumed(self, row: HistoryRow, data: Any) -> None:
        self.pausing, self.paused_at = False, None
        self.offset -= data["shift"]

    def _time_skipped(self, row: HistoryRow, data: Any) -> None:
        self.offset += data["by"]

    def _delay_skipped(self, row: HistoryRow, data: Any) -> None:
        self.steps[str(row.key)].retry_at = self.own(row.at)

    def _restarted(self, row: HistoryRow, data: Any) -> None:
        first = self.steps.get((data or {}).get("from", ""))
        kept = {key for key, step in self.steps.items() if first and step.settled and step.started < first.started}
        rows, events = self.rows, self.events
        life = Facts(self.uid, self.workflow, self.tenant, self.id, row.seq, row.life, rows=rows, events=events)
        life.set_back = self.set_back
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(life, name))
        self.restarted_from = kept

    def _rollback_started(self, row: HistoryRow, data: Any) -> None:
        self.phase, self.then, self.queued, self.pausing, self.paused_at = "rollback", data["then"], False, False, None
        undoable = [key for key, step in self.steps.items() if step.undo]
        self.todo = sorted(undoable, key=lambda key: self.steps[key].started)
        self.waits.clear()
        self.error = data["error"]

    def _rollback_ended(self, row: HistoryRow, data: Any) -> None:
        self.undone = data

    def _completed(self, row: HistoryRow, data: Any) -> None:
        self.output = row.data
        self._end(row)

    def _errored(self, row: HistoryRow, data: Any) -> None:
        self.error = data["error"]
        self._end(row)

    def _terminated(self, row: HistoryRow, data: Any) -> None:
        self._end(row)

    def _end(self, row: HistoryRow) -> None:
        self.final, self.pausing, self.paused_at = TERMINAL[row.kind], False, None
        self.waits.clear()
        self.inbox.clear()
