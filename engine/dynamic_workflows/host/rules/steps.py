"""The rules of steps, sleeps and waits: what a guest's message does to an instance, and what it is told.

Behaviour: semantics B; interrupted attempts: design section 4, rule 8.
"""

from __future__ import annotations

from typing import Any

from dynamic_workflows.host.history.instance import Instance, Step
from dynamic_workflows.host.history.sealed import is_sensitive, seal
from dynamic_workflows.host.history.streams import Staging
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared import checks, limits
from dynamic_workflows.shared.errors import (
    ProtocolError,
    StreamError,
    WorkflowFatalError,
    WorkflowTimeoutError,
    record_of,
    shortened,
)
from dynamic_workflows.shared.streams import is_stream

NON_RETRYABLE = "NonRetryableError"
STREAM_ERRORS = frozenset(kind.__name__ for kind in StreamError.__subclasses__())
IN_THE_PAST = "You can't sleep until a time in the past, time-traveler"


def start(
    tx: Transaction, instance: Instance, message: dict[str, Any], max_steps: int, told: int | None = None
) -> Step:
    """Record the start of an attempt.

    Args:
        told: the attempt of this step that the guest was told to start, when it was. The clock decided then; it may
            have been set back since.

    Raises:
        WorkflowFatalError: a step rule is broken; belongs to tenant code.
        ProtocolError: the guest is out of step with history; the message does not exist.
    """
    key, attempt = message["key"], message["attempt"]
    step = instance.steps.get(key)
    if step is None:
        if attempt != 1:
            raise ProtocolError(f"attempt {attempt} of {key} without attempt 1")
        own_key(key, "do", message["name"])
        checks.step_limit(instance.dos + 1, max_steps)
        checks.step_name(message["name"])
        config = checks.step_config(message["name"], message["config"], recorded=True)
        data = {"config": config}
        tx.append(instance, "step.started", key, 1, {**data, "has_rollback": True} if "rollback" in message else data)
    else:
        if step.kind != "do" or step.settled or step.running or attempt != step.attempt + 1:
            raise ProtocolError(f"attempt {attempt} of {key} does not follow attempt {step.attempt}")
        if attempt != told:
            raise ProtocolError(f"attempt {attempt} of {key} starts before its time")
        tx.append(instance, "step.started", key, attempt)
    return instance.steps[key]


def finish(tx: Transaction, instance: Instance, message: dict[str, Any], staging: Staging) -> dict[str, Any]:
    """Record how an attempt ended; return the message that tells the guest.

    Raises:
        ProtocolError: that attempt is not in flight.
        StorageLimitExceeded: the instance has no room for its value.
    """
    key, attempt = message["key"], message["attempt"]
    step = in_flight(instance, key, attempt)
    if "value" in message:
        if len(message["value"]) > limits.FRAME_BYTES or is_stream(message["value"]):
            raise ProtocolError(f"the value of {key} is none, or too long")
        if step.kind == "do":
            staging.check(instance, len(message["value"]))
        sensitive = is_sensitive(step)
        row = tx.append(instance, "step.completed", key, attempt, None if sensitive else message["value"])
        if sensitive:
            seal(tx, row, message["value"])
        staging.wipe(tx, instance, key)
        return {"k": "settle", "key": key, "order": row.seq}
    if "stream" in message:
        sensitive = is_sensitive(step)
        if step.kind != "do":
            raise ProtocolError(f"{key} has no output")
        text = staging.commit(instance, key, attempt, message["stream"], sensitive=sensitive)
        row = tx.append(instance, "step.completed", key, attempt, text)
        return {"k": "settle", "key": key, "order": row.seq, "value": text}
    return fail(tx, instance, key, message["error"])


def fatal_text(key: str, error: dict[str, Any]) -> str:
    """Return the text of an instance that died of what a step returned."""
    name = key[3:].rpartition("-")[0]
    if error["name"] in STREAM_ERRORS:
        return checks.invalid_stream_instance(name, shortened(error["message"], limits.ERROR_TEXT))
    return checks.not_serialisable_instance(name)


def in_flight(instance: Instance, key: str, attempt: int) -> Step:
    """Return the step whose attempt in flight this is.

    Raises:
        ProtocolError: that attempt is not in flight.
    """
    step = instance.steps.get(key)
    if step is None or not step.running or step.attempt != attempt:
        raise ProtocolError(f"attempt {attempt} of {key} is not in flight")
    return step


def is_final(step: Step, error: dict[str, Any]) -> bool:
    """Return whether no attempt follows one that failed with this error."""
    assert step.config is not None
    final = error.get("final") or NON_RETRYABLE in (error["name"], error["message"][: len(NON_RETRYABLE)])
    return bool(final) or step.failures + 1 > step.config.limit


def fail(
    tx: Transaction, instance: Instance, key: str, error: dict[str, Any], delay: int | None = None
) -> dict[str, Any]:
    """Record that the attempt in flight failed: retried by its config, or the step's final error.

    Args:
        delay: what the step's delay function said.
    """
    step = instance.steps[key]
    assert step.config is not None
    attempt = step.attempt
    if is_final(step, error):
        error = {name: value for name, value in error.items() if name != "final"}
        return settled_error(tx, instance, key, attempt, {"error": error, "final": True})
    delay = checks.retry_delay(step.config, step.failures + 1, delay)
    skipped = instance.mocks is not None and instance.mocks.skips_retry_delay(key)
    retry_at = tx.now + instance.offset + (0 if skipped else delay)
    tx.append(instance, "step.failed", key, attempt, {"error": error, "retry_at": retry_at, "delay": delay})
    return {"k": "settle", "key": key, "retry": attempt}


def settled_error(tx: Transaction, instance: Instance, key: str, attempt: int, data: dict[str, Any]) -> dict[str, Any]:
    """Record a final failure and return the message that tells the guest."""
    row = tx.append(instance, "step.failed", key, attempt, data)
    return {"k": "settle", "key": key, "order": row.seq, "error": data["error"]}


def timed_out(step: Step) -> dict[str, Any]:
    """Return the error of an attempt that took longer than its timeout."""
    assert step.config is not None
    return record_of(WorkflowTimeoutError(step.config.timeout))


def interrupt(tx: Transaction, instance: Instance, *, last: bool = False) -> None:
    """Record every attempt in flight as cut off by the end of its engine or sandbox.

    It uses no retry budget, except that ``limit: 0`` means at most once, and that the twentieth in a row is final.
    """
    for key in sorted(instance.running, key=lambda key: instance.steps[key].started):
        step = instance.steps[key]
        data: dict[str, Any] = {"error": interrupted(), "interrupted": True}
        if not last and step.config is not None:
            if step.config.limit == 0:
                data["final"] = True
            elif step.interruptions + 1 >= limits.INTERRUPTIONS_MAX:
                data["final"] = True
                data["error"] = {
                    "name": "WorkflowInternalError",
                    "message": f"{key} was cut off {limits.INTERRUPTIONS_MAX} times in a row",
                }
        tx.append(instance, "step.failed", key, step.attempt, data)


def interrupted() -> dict[str, Any]:
    """Return the error of an attempt that was cut off (text: semantics B.6)."""
    return {"name": "WorkflowInternalError", "message": "Attempt failed due to internal workflows error"}


def sleep(tx: Transaction, instance: Instance, message: dict[str, Any]) -> dict[str, Any] | None:
    """Register a sleep under its absolute wake time; return a settlement when it is over already.

    Raises:
        WorkflowFatalError: ``until`` lies in the past at the first registration.
    """
    key = message["key"]
    step = instance.steps.get(key)
    if step is None:
        own_key(key, "sleep")
        now = tx.now + instance.offset
        due = now + message["duration"] if "duration" in message else message["until"]
        if due < now:
            raise WorkflowFatalError(IN_THE_PAST)
        if due - now > limits.SLEEP_MAX_MS:
            raise WorkflowFatalError(f'Sleep "{key[6:]}" is longer than 365 days')
        data = {"due": due, "duration": due - now}
        if instance.mocks is not None and instance.mocks.skips_sleep(key):
            data["due"] = now
        tx.append(instance, "sleep.started", key, data=data)
        return None
    return settlement(key, step)


def wait(tx: Transaction, instance: Instance, message: dict[str, Any]) -> dict[str, Any] | None:
    """Register a wait, or hand it a buffered event at once, in one turn.

    Raises:
        WorkflowFatalError: the event type or the timeout breaks its rule.
    """
    key = message["key"]
    step = instance.steps.get(key)
    if step is None:
        own_key(key, "wait")
        checks.event_type(message["type"])
        checks.wait_timeout(key[5:], message["timeout"])
        due = tx.now + instance.offset + message["timeout"]
        data = {"type": message["type"], "due": due, "timeout": message["timeout"]}
        tx.append(instance, "wait.started", key, data=data)
        if instance.mocks is not None and instance.mocks.times_out(key):
            tx.append(instance, "wait.timed_out", key)
        else:
            deliver(tx, instance, message["type"])
        step = instance.steps[key]
    return settlement(key, step)


def deliver(tx: Transaction, instance: Instance, type: str) -> str | None:
    """Hand the oldest buffered event of ``type`` to the oldest waiter; return the waiter's key.

    A pause keeps events back: they stay buffered until the instance is resumed. An event that came at or after the
    deadline of a waiter is not for it, also where a pause has kept that deadline from being noticed.
    """
    if instance.held:
        return None
    seq = next((seq for seq, event in instance.inbox.items() if event.type == type), None)
    if seq is None:
        return None
    came = instance.inbox[seq].own
    waiter = next((key for key, wait in instance.waits.items() if wait[1] == type and came < _due(instance, key)), None)
    if waiter is not None:
        tx.append(instance, "wait.completed", waiter, data={"event": seq})
    return waiter


def _due(instance: Instance, key: str) -> int:
    due = instance.steps[key].due
    assert due is not None
    return due


def settlement(key: str, step: Step) -> dict[str, Any] | None:
    """Return the message that settles a step, or None while it is open."""
    if not step.settled:
        return None
    outcome: dict[str, Any] = {"error": step.error} if step.error is not None else {"value": step.value}
    return {"k": "settle", "key": key, "order": step.settled, **outcome}


def own_key(key: str, kind: str, name: str | None = None) -> None:
    """Check the form of a key a guest made up: ``kind:name-count``."""
    head, _, count = key.rpartition("-")
    if not count.isascii() or not count.isdigit() or not head.startswith(f"{kind}:"):
        raise ProtocolError(f"{key!r:.80} is no {kind} key")
    if name is not None and head != f"{kind}:{name}":
        raise ProtocolError(f"{key!r:.80} is not a key of {name!r:.80}")
    checks.step_name(head[len(kind) + 1 :])
