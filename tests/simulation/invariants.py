"""What must hold of every row that is stored; the name of a function is the name of its invariant.

Each is asked with the facts as they were before the row and says what is wrong, or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dynamic_workflows.host.history.instance import TEXT, HistoryRow
from dynamic_workflows.shared.checks import resolve, retry_delay
from dynamic_workflows.shared.limits import INTERRUPTIONS_MAX
from tests.simulation.facts import TERMINAL, Facts, StepFacts

Fault = str | None


class Broken(Exception):
    """An invariant does not hold."""

    def __init__(self, invariant: str, message: str) -> None:
        super().__init__(f"{invariant}: {message}")
        self.invariant, self.message = invariant, message


def seq_has_no_gaps(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """Rows of an instance are numbered 1, 2, 3 over all its lives."""
    return None if row.seq == facts.seq + 1 else f"seq {row.seq} follows {facts.seq}"


def lives_follow_one_another(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """A restart begins the next life, and nothing else does."""
    expected = facts.life + (row.kind == "restarted")
    return None if row.life == expected else f"{row.kind} belongs to life {row.life}, not {expected}"


def the_terminal_row_is_the_last_of_its_life(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """Nothing follows it, and no attempt is in flight when it comes."""
    if facts.final and row.kind != "restarted":
        return f"{row.kind} {row.key} follows the end as {facts.final}"
    running = [key for key, step in facts.steps.items() if step.running]
    if row.kind in (*TERMINAL, "restarted") and running:
        return f"{row.kind} while {', '.join(running)} is in flight"
    return None


def a_finished_step_never_runs_again(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """A key that is settled starts no further attempt in its life."""
    step = facts.steps.get(str(row.key))
    if row.kind == "step.started" and step is not None and step.settled:
        return f"attempt {row.attempt} of {row.key}, which was settled by row {step.settled}"
    return None


def attempts_come_one_at_a_time(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """At most one accepted attempt of a step at a time, numbered 1, 2, 3."""
    if row.kind != "step.started":
        return None
    step = facts.steps.get(str(row.key))
    if step is not None and step.running:
        return f"attempt {row.attempt} of {row.key} starts while attempt {step.attempt} is in flight"
    before = step.attempt if step else 0
    return None if row.attempt == before + 1 else f"attempt {row.attempt} of {row.key} follows attempt {before}"


def a_recorded_result_never_changes(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """A key is settled once, and only by the attempt that is in flight."""
    if row.kind in ("sleep.started", "wait.started"):
        return f"{row.key} is registered twice" if row.key in facts.steps else None
    if row.kind not in ("step.completed", "step.failed", "sleep.completed", "wait.completed", "wait.timed_out"):
        return None
    step = facts.steps.get(str(row.key))
    if step is None:
        return f"{row.kind} of {row.key}, which never started"
    if step.settled:
        return f"{row.kind} of {row.key}, which was settled by row {step.settled}"
    if row.kind.startswith("step.") and not (step.running and step.attempt == row.attempt):
        return f"{row.kind} of attempt {row.attempt} of {row.key}, which is not in flight"
    return None


def retries_keep_to_their_config(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """A step fails for good after limit + 1 failed attempts, at once when told so; interruptions use no budget."""
    if row.kind != "step.failed":
        return None
    step = facts.steps[str(row.key)]
    limit, final = step.retries["limit"], bool(data.get("final"))
    if data.get("interrupted"):
        may = limit == 0 or step.interruptions + 1 >= INTERRUPTIONS_MAX
        return f"an interruption of {row.key} ends it" if final and not may else None
    told = "NonRetryable" in data["error"]["name"]
    spent = step.failures + 1 > limit
    if final != (told or spent):
        ends = "ends it" if final else "does not end it"
        return f"failure {step.failures + 1} of {row.key} {ends}; limit {limit}, {data['error']}"
    return None


def a_retry_waits_for_its_delay(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """An attempt after a failed one starts once the delay of its config is over, one after an interruption at once.

    The engine tells a guest to start it when it is due; a clock that is set back before the guest does changes nothing.
    """
    step = facts.steps.get(str(row.key))
    if step is None or row.src is not None:
        return None
    own = row.at + facts.offset
    if row.kind == "step.started" and step.retry_at is not None and own + facts.set_back < step.retry_at:
        return f"attempt {row.attempt} of {row.key} starts {step.retry_at - own} ms before its delay is over"
    if row.kind == "step.failed" and "retry_at" in data:
        if isinstance(step.retries["delay"], int):
            delay = retry_delay(resolve(step.written), step.failures + 1)
            return None if data["retry_at"] == own + delay else f"{row.key} is tried again at {data['retry_at']}"
        return None if data["retry_at"] >= own else f"{row.key} is tried again in the past"
    return None


def a_sleeper_wakes_at_or_after_its_time(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """A sleep ends, and a wait times out, no sooner than it was to by the instance's own clock."""
    step = facts.steps.get(str(row.key))
    if row.kind not in ("sleep.completed", "wait.timed_out") or step is None or row.src is not None:
        return None
    early = step.due - (row.at + facts.offset)
    return f"{row.key} is over {early} ms early" if early > 0 else None


def an_event_is_delivered_once_to_the_oldest_waiter(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """The oldest event of a type goes to the oldest waiter for it, and is gone then."""
    if row.kind != "wait.completed":
        return None
    kept = facts.inbox.get(data["event"])
    if kept is None:
        return f"{row.key} takes event {data['event']}, which is not kept"
    wanted = facts.waits.get(str(row.key))
    if wanted != kept.type:
        return f"{row.key} waits for {wanted} and takes a {kept.type}"
    oldest = next(seq for seq, event in facts.inbox.items() if event.type == kept.type)
    if oldest != data["event"]:
        return f"{row.key} takes event {data['event']}; event {oldest} is older"
    in_time = (key for key, type in facts.waits.items() if type == kept.type and kept.own < facts.steps[key].due)
    first = next(in_time, row.key)
    if first != row.key and row.src is None:
        return f"event {data['event']} goes to {row.key}; {first} waits longer"
    return None


def an_event_reaches_its_own_instance(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """Tenants never observe each other."""
    if row.kind != "event.received":
        return None
    to = json.loads(data["payload"])["to"]
    mine = [facts.workflow, facts.tenant, facts.id]
    return None if to == mine else f"{mine} receives an event for {to}"


def a_deadline_comes_before_a_later_event(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """An event that arrives at or after a deadline stays buffered; one that came in time is never lost to it."""
    step = facts.steps.get(str(row.key))
    if step is None or row.src is not None:
        return None
    if row.kind == "wait.completed":
        late = facts.inbox[data["event"]].own - step.due
        return f"{row.key} takes an event that came {late} ms after its deadline" if late >= 0 else None
    if row.kind == "wait.timed_out":
        kept = [seq for seq, event in facts.inbox.items() if event.type == step.type and event.own < step.due]
        return f"{row.key} times out although event {kept[0]} came in time" if kept else None
    return None


def nothing_begins_in_a_pause(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """A pause lets attempts in flight finish; nothing starts, wakes or is delivered until it is over."""
    moves = (
        "started",
        "step.started",
        "sleep.started",
        "sleep.completed",
        "wait.started",
        "wait.completed",
        "wait.timed_out",
    )
    return f"{row.kind} {row.key} in a pause" if facts.held and row.kind in moves else None


def rollbacks_go_in_reverse(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """What started and can be undone is undone once, the last first, and the terminal row follows at once."""
    if facts.phase != "rollback" or row.kind == "restarted":
        return None
    if facts.undone is not None:
        return None if row.kind in TERMINAL else f"{row.kind} follows the end of the rollback"
    if row.kind in TERMINAL:
        return f"{row.kind} before the rollback has ended"
    if row.kind == "step.started":
        wanted = f"rollback:{facts.todo[-1][3:]}" if facts.todo else None
        return None if row.key == wanted else f"{row.key} runs when it is the turn of {wanted}"
    if row.kind == "rollback.ended" and data["outcome"] == "complete" and facts.todo:
        return f"it is complete without {facts.todo}"
    allowed = ("step.completed", "step.failed", "event.received", "rollback.ended", "time_skipped", "delay_skipped")
    return None if row.kind in allowed else f"{row.kind} in a rollback"


def a_restart_keeps_what_it_says(facts: Facts, row: HistoryRow, data: Any) -> Fault:
    """Rows are copied right after a restart, as they were; every settled step before the named one is among them."""
    if facts.restarted_from is None:
        return "a copy without a restart" if row.src is not None else None
    if row.src is None:
        found = {key for key, step in facts.steps.items() if step.settled}
        missing = facts.restarted_from ^ found if row.kind != "restarted" else set()
        return f"it should keep {sorted(facts.restarted_from)}, not {sorted(found)}" if missing else None
    source = next((old for old in facts.rows if old.pos == row.src), None)
    if source is None:
        return f"row {row.seq} is a copy of {row.src}, which is not there"
    same = (source.at, source.kind, source.key, source.attempt) == (row.at, row.kind, row.key, row.attempt)
    if not same or (source.data != row.data and row.kind != "wait.completed"):
        return f"row {row.seq} differs from what it is a copy of"
    return None


ON_ROW: tuple[Callable[[Facts, HistoryRow, Any], Fault], ...] = (
    seq_has_no_gaps, lives_follow_one_another, the_terminal_row_is_the_last_of_its_life,
    a_finished_step_never_runs_again, attempts_come_one_at_a_time, a_recorded_result_never_changes,
    retries_keep_to_their_config, a_retry_waits_for_its_delay, a_sleeper_wakes_at_or_after_its_time,
    an_event_is_delivered_once_to_the_oldest_waiter, an_event_reaches_its_own_instance,
    a_deadline_comes_before_a_later_event, nothing_begins_in_a_pause, rollbacks_go_in_reverse,
    a_restart_keeps_what_it_says,
)  # fmt: skip


def take(facts: Facts, row: HistoryRow) -> None:
    """Check a row that was stored, and fold it.

    Raises:
        Broken: it breaks an invariant.
    """
    data = row.data if row.kind in TEXT or row.data is None else json.loads(row.data)
    for invariant in ON_ROW:
        fault = invariant(facts, row, data)
        if fault is not None:
            where = f"{facts.workflow}/{facts.tenant}/{facts.id} (uid {row.uid}), row {row.seq}"
            raise Broken(invariant.__name__, f"{where}: {fault}")
    facts.take(row, data)
    if row.src is None and row.kind != "restarted":
        facts.restarted_from = None


def timed_out(step: StepFacts, error: dict[str, Any]) -> bool:
    """Return whether this is the error of an attempt that took too long."""
    return bool(error["name"] == "WorkflowTimeoutError")
