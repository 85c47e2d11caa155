"""Rollbacks: what started is undone in reverse, one handler at a time, before an instance ends (semantics B.10).

The terminal row is the last of its life and follows the end of the rollback in the same turn; what a rollback comes
to never changes how the instance ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dynamic_workflows.host.history.instance import Instance, undoable
from dynamic_workflows.host.history.sealed import unseal
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules import steps
from dynamic_workflows.shared import checks
from dynamic_workflows.shared.errors import ProtocolError
from dynamic_workflows.shared.rollbacks import rollback_config, rollback_key


def fail(tx: Transaction, instance: Instance, error: Mapping[str, Any]) -> None:
    """Take an error that ends an instance: its steps are undone first; in a rollback, it ends that."""
    if instance.phase == "rollback":
        end(tx, instance, error)
    elif not begin(tx, instance, "errored", error):
        tx.append(instance, "errored", data={"error": error})


def begin(tx: Transaction, instance: Instance, then: str, error: Mapping[str, Any]) -> bool:
    """Cut off the attempts in flight and start undoing, unless there is nothing to undo; ``then`` says the end."""
    steps.interrupt(tx, instance, last=True)
    total = len(undoable(instance))
    if total:
        tx.append(instance, "rollback.started", data={"error": error, "total": total, "then": then})
    return total > 0


def end(tx: Transaction, instance: Instance, error: Mapping[str, Any] | None = None, then: str | None = None) -> None:
    """Record how the rollback ended, and then the instance, as it was to end or as ``then`` says."""
    rollback = instance.rollback
    assert rollback is not None
    steps.interrupt(tx, instance, last=True)
    data: dict[str, Any] = {"outcome": "complete" if error is None else "failed", "completed": rollback.completed}
    tx.append(instance, "rollback.ended", data=data if error is None else {**data, "error": error})
    then = then or rollback.then
    tx.append(instance, then, data={"error": rollback.error} if then == "errored" else None)


def advance(tx: Transaction, instance: Instance) -> str | None:
    """Return the key of the handler whose turn it is, or None once the instance has ended.

    The first handler that fails for good ends the rollback, as does the last that succeeds.
    """
    rollback = instance.rollback
    if rollback is None or instance.final:
        return None
    if not rollback.todo:
        end(tx, instance)
        return None
    key = rollback_key(rollback.todo[-1])
    step = instance.steps.get(key)
    if step is not None and step.error is not None:
        end(tx, instance, step.error)
        return None
    return key


def request(tx: Transaction, instance: Instance, key: str) -> dict[str, Any] | None:
    """Return the message that asks for the next attempt of a handler, or None while it has to wait."""
    step, rollback = instance.steps.get(key), instance.rollback
    assert rollback is not None
    if step is not None and (step.running or (step.retry_at or 0) > tx.now + instance.offset):
        return None
    undone = rollback.todo[-1]
    done = instance.steps[undone]
    assert done.written is not None
    name, _, count = undone[3:].rpartition("-")
    context = {
        "step": {"name": name, "count": int(count)},
        "attempt": done.attempt,
        "config": checks.context_config(done.written),
    }
    attempt = step.attempt + 1 if step else 1
    message = {"k": "rollback", "key": key, "attempt": attempt, "error": rollback.error, "ctx": context}
    output = unseal(tx, instance).get(done.settled) if done.sealed else done.value
    return message if output is None else {**message, "output": output}


def outcome(instance: Instance) -> dict[str, Any] | None:
    """Return what a rollback came to, as ``status`` shows it."""
    rollback = instance.rollback
    if rollback is None or rollback.outcome is None:
        return None
    failure = rollback.failure
    error = None if failure is None else {"name": failure["name"], "message": failure["message"]}
    return {"outcome": rollback.outcome, "error": error}


def start(tx: Transaction, instance: Instance, message: Mapping[str, Any]) -> None:
    """Record the start of an attempt of a handler.

    Raises:
        WorkflowFatalError: its config breaks a rule.
        ProtocolError: it is not this handler's turn.
    """
    key, attempt = message["key"], message["attempt"]
    rollback = instance.rollback
    if rollback is None or not rollback.todo or key != rollback_key(rollback.todo[-1]):
        raise ProtocolError(f"{key!r:.80} is not the handler whose turn it is")
    step = instance.steps.get(key)
    if attempt != (step.attempt + 1 if step else 1) or (step is not None and step.running):
        raise ProtocolError(f"attempt {attempt} of {key} does not follow the one before")
    if step is not None and (step.retry_at or 0) > tx.now + instance.offset:
        raise ProtocolError(f"attempt {attempt} of {key} starts before its retry delay is over")
    if step is None:
        steps.own_key(key, "rollback", message["name"])
        config = rollback_config(message["name"], message["config"], recorded=True)
        tx.append(instance, "step.started", key, 1, {"config": config})
    else:
        tx.append(instance, "step.started", key, attempt)
