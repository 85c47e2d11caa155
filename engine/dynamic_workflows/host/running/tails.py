"""Tails: what an invocation logged and how it ended, told once to whoever its code names (semantics D, F.5)."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.running.logs import keep_note
from dynamic_workflows.shared.limits import LOG_ROWS

if TYPE_CHECKING:
    from dynamic_workflows.host.running.worker import Worker

OUTCOMES = {"returned": "ok", "parked": "ok", "stirred": "ok", "raised": "exception"}


def outcome_of(reason: str) -> str:
    """Return the outcome of what was going on in a sandbox that ended for a reason."""
    if reason in ("hung", "CPU time") or (reason.startswith("limit") and "CPU" in reason):
        return "exceededCpu"
    if reason.startswith("limit"):
        return "exceededMemory"
    return "internalError" if reason.startswith("crashed") else "canceled"


class Trace:
    """One invocation as its tails will hear of it: a request, a call of a method, or one activation of ``run``."""

    def __init__(self, worker: Worker, entrypoint: str | None, event: Mapping[str, Any]) -> None:
        self._worker, self._tails = worker, worker.code.tails
        self._logs: list[dict[str, Any]] = []
        self._exceptions: list[dict[str, Any]] = []
        self._told = False
        self.event = dict(event)
        self._entrypoint = entrypoint
        self._at = worker.core.clock.now()

    def log(self, tx: Transaction, message: Mapping[str, Any]) -> None:
        """Note a line that the code wrote."""
        if self._tails and len(self._logs) < LOG_ROWS:
            self._logs.append({"level": message["level"], "message": message["text"], "timestamp": tx.now})

    def exception(self, tx: Transaction, error: Mapping[str, Any]) -> None:
        """Note what the code raised."""
        self._exceptions.append({"name": error["name"], "message": error["message"], "timestamp": tx.now})

    def finish(self, tx: Transaction, outcome: str) -> None:
        """Tell every tail, once, after this turn is durable."""
        if self._told or not self._tails:
            return
        self._told = True
        item = {
            "scriptName": self._worker.name, "entrypoint": self._entrypoint, "event": self.event,
            "eventTimestamp": self._at, "logs": self._logs, "exceptions": self._exceptions, "outcome": outcome,
        }  # fmt: skip
        for tail in self._tails:
            tx.after(lambda tail=tail: self._worker.spawn(self._tell(tail, copy.deepcopy(item))))  # type: ignore[misc]

    async def _tell(self, tail: Any, item: dict[str, Any]) -> None:
        try:
            answer = tail.tail([item])
            if inspect.isawaitable(answer):
                await answer
        except Exception as error:
            text = f"A tail of {self._worker.name} failed: {type(error).__name__}: {error}"
            self._worker.core.post(lambda tx: keep_note(tx, "error", text))
