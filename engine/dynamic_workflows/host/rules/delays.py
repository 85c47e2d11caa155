"""Delay functions: an attempt that failed stays in flight until its step's code has said when the next one begins.

An attempt cut off in that moment by the end of the engine is recorded as interrupted, like any other; if only its
sandbox ends, its failure is recorded with the default delay (semantics B.6).
"""

from __future__ import annotations

from typing import Any

from dynamic_workflows.host.history.instance import Instance, Step
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules import steps
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import NonRetryableDelayError, ProtocolError, WorkflowError, record_of

Message = dict[str, Any]


class Delays:
    """The failures of one activation whose delay its code was asked for."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._asked: dict[str, tuple[dict[str, Any], int]] = {}  # key -> error, until when to answer
        self._silent = False  # a function took too long, and nothing was heard of its sandbox since

    def __contains__(self, key: str) -> bool:
        return key in self._asked

    def ask(self, step: Step, key: str, error: dict[str, Any], elapsed: int) -> Message | None:
        """Return the question for the guest, or None where there is nothing to ask."""
        if step.config is None or not step.config.dynamic or steps.is_final(step, error):
            return None
        self._asked[key] = error, elapsed + limits.DELAY_BUDGET_MS
        return {"k": "delay", "key": key, "attempt": step.attempt, "error": error}

    def answered(self, tx: Transaction, message: Message) -> Message:
        """Record the failure with the delay its function said, or the function's own failure, which is final.

        Raises:
            ProtocolError: it was not asked.
        """
        key, attempt = message["key"], message["attempt"]
        step = steps.in_flight(self._instance, key, attempt)
        if key not in self._asked:
            raise ProtocolError(f"a delay for attempt {attempt} of {key}, which was not asked")
        error, _ = self._asked.pop(key)
        if "delay" in message:
            return steps.fail(tx, self._instance, key, error, message["delay"])
        return steps.settled_error(tx, self._instance, key, step.attempt, {"error": message["error"], "final": True})

    def late(self, tx: Transaction, key: str, elapsed: int) -> Message | None:
        """Record that a delay function took too long, if it did by now."""
        if elapsed < self._asked[key][1]:
            return None
        del self._asked[key]
        self._silent = True
        error = record_of(NonRetryableDelayError(key.partition(":")[2], NonRetryableDelayError.LATE))
        attempt = self._instance.steps[key].attempt
        return steps.settled_error(tx, self._instance, key, attempt, {"error": error, "final": True})

    def heard(self) -> None:
        """Note that the sandbox lives: a function that took too long did not hang it."""
        self._silent = False

    def blame(self, tx: Transaction, error: WorkflowError) -> bool:
        """Take the error that ended the sandbox as that of a delay function, if one was running; it is final."""
        key = next(reversed(self._asked), None)
        if key is None:
            return self._silent  # its step has failed for it already
        del self._asked[key]
        step = key.partition(":")[2]
        failure = record_of(NonRetryableDelayError(step, f"threw an error: {error.message}"))
        attempt = self._instance.steps[key].attempt
        steps.settled_error(tx, self._instance, key, attempt, {"error": failure, "final": True})
        return True

    def forget(self) -> None:
        """Ask nobody any more: the attempts have ended otherwise."""
        self._asked, self._silent = {}, False

    def give_up(self, tx: Transaction) -> None:
        """Record the failures that nobody can be asked about any more, with the default delay."""
        asked, self._asked = self._asked, {}
        for key, (error, _) in asked.items():
            if key in self._instance.running:
                steps.fail(tx, self._instance, key, error)
