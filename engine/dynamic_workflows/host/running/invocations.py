"""Invocations: calls of an entrypoint's methods that belong to no run, from the message to the end of waitUntil."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.running.calls import Calls
from dynamic_workflows.host.running.code import InvocationLimits
from dynamic_workflows.host.running.tails import Trace
from dynamic_workflows.shared import limits, values
from dynamic_workflows.shared.errors import ProtocolError, WorkflowError, exception_from
from dynamic_workflows.shared.http import Request

if TYPE_CHECKING:
    from dynamic_workflows.host.running.worker import Worker


class Invocation:
    """One call of a method, in flight."""

    def __init__(
        self, worker: Worker, number: int, entrypoint: str | None, event: Mapping[str, Any], allowed: InvocationLimits
    ) -> None:
        self.worker, self.number, self.limits = worker, number, allowed
        self.calls = Calls(worker, None, allowed.sub_requests)
        self.trace = Trace(worker, entrypoint, event)
        self._outcome = "ok"
        worker.invocations[number] = self

    def take(self, tx: Transaction, message: dict[str, Any]) -> None:
        """Take one message that the code of this invocation sent."""
        kind = message["k"]
        if kind == "call":
            self.calls.take(tx, message)
        elif kind == "log":
            self.trace.log(tx, message)
        elif kind == "returned":
            self._returned(tx, message)
        elif kind == "done":
            self.finish(tx)
        else:
            raise ProtocolError(f"nobody asked this invocation for {kind}")

    def _returned(self, tx: Transaction, message: dict[str, Any]) -> None:
        error = message.get("error")
        if error is not None:
            self._outcome = "exception"
            self.trace.exception(tx, error)
        core = self.worker.core

        def allow_rest() -> None:
            if self.number in self.worker.invocations:
                core.clock.call_later(limits.INVOCATION_TAIL_MS, lambda: core.post(self._too_late))

        tx.after(allow_rest)

    def _too_late(self, tx: Transaction) -> None:
        if self.number in self.worker.invocations:
            tx.send(self.worker, {"k": "end", "re": self.number})
            self.finish(tx, "canceled")

    def finish(self, tx: Transaction, outcome: str | None = None) -> None:
        """End it: its tails hear of it, its calls are answered no more."""
        if self.worker.invocations.pop(self.number, None) is not None:
            self.calls.forget()
            self.trace.finish(tx, outcome or self._outcome)
            self.worker.pool.rooms.look()


async def call(
    worker: Worker, entrypoint: str | None, method: str, args: list[Any], kwargs: dict[str, Any], props: Any,
    allowed: InvocationLimits,
) -> Any:  # fmt: skip
    """Call a method of one of a worker's classes and return what it answered.

    Raises:
        Exception: what it raised, by class and message.
        CpuTimeExceeded: it computed for longer than its limit without a pause.
        WorkflowError: the sandbox ended first, or the answer is no value.
    """
    message = {
        "k": "invoke", "entrypoint": entrypoint, "method": method, "args": values.encode(args, call=True),
        "kwargs": values.encode(kwargs, call=True), "props": values.encode(props),
    }  # fmt: skip
    number, answered = worker.expect()
    Invocation(worker, number, entrypoint, _event(method, args), allowed)
    worker.send({**message, "n": number})
    answer = await answered
    if "error" in answer:
        raise exception_from(answer["error"])
    try:
        return values.decode(answer["value"])
    except ValueError as error:
        raise WorkflowError(f"{method} answered with something that is not a value") from error


def _event(method: str, args: list[Any]) -> dict[str, Any]:
    if method == "fetch" and args and isinstance(args[0], Request):
        request = args[0]
        return {"request": {"url": request.url, "method": str(request.method), "headers": dict(request.headers)}}
    return {"rpcMethod": method}
