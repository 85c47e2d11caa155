"""Calls of ``env`` that a guest makes: which binding, whether they are allowed, and the answer's way back."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from dynamic_workflows.host.binding import call_workflow
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared import limits, values
from dynamic_workflows.shared.entrypoints import OUTBOUND
from dynamic_workflows.shared.errors import PayloadTooLarge, TooManySubrequests, WorkflowError, record_of

if TYPE_CHECKING:
    from dynamic_workflows.host.running.worker import Worker


POLL = "instance.events"


class Call:
    """A call of a binding, as it arrived: who asks, from which attempt of which step, for what.

    ``instance`` is None for a call from a request that belongs to no run.
    """

    __slots__ = ("args", "args_text", "attempt", "instance", "key", "kwargs", "kwargs_text", "method", "worker")

    def __init__(self, worker: Worker, instance: Instance | None, message: dict[str, Any]) -> None:
        self.worker, self.instance = worker, instance
        self.key: str | None = message.get("key")
        self.attempt: int | None = message.get("attempt")
        self.method: str = message["method"]
        self.args_text, self.kwargs_text = message["args"], message["kwargs"]
        self.args, self.kwargs = values.decode(self.args_text), values.decode(self.kwargs_text)
        if type(self.args) is not list or type(self.kwargs) is not dict:
            raise ValueError("arguments are a list and a dict")


class TurnBinding(Protocol):
    """A binding whose effect belongs to the engine's own tables: it runs inside the turn."""

    def in_turn(self, tx: Transaction, call: Call) -> tuple[Any, int]:
        """Take effect; return the answer, or the exception that is the answer, and the ms it takes to arrive."""


class Calls:
    """The calls in flight of one run, or of one request that belongs to no run."""

    def __init__(self, worker: Worker, instance: Instance | None, most: int | None = None) -> None:
        self.worker, self.instance = worker, instance
        self._most, self._made = most, 0
        self._open: set[int] = set()
        self._polls: set[asyncio.Task[Any]] = set()  # questions that wait for something to happen

    def __len__(self) -> int:
        return len(self._open)

    def forget(self) -> None:
        """Answer none of those in flight."""
        self._open.clear()
        for poll in self._polls:
            poll.cancel()

    def take(self, tx: Transaction, message: dict[str, Any]) -> None:
        """Carry out a call and send its answer, now or later."""
        number = message["n"]
        self._open.add(number)
        reply, delay = self._begin(tx, message, number)
        if reply is None:
            return
        if delay > 0:
            tx.after(lambda: self._answer_later(number, reply, delay))
        else:
            self._answer(tx, number, reply)

    def refuse(self, tx: Transaction, message: dict[str, Any], error: WorkflowError) -> None:
        """Answer a call with an error."""
        tx.send(self.worker, {"k": "result", "re": message["n"], "error": record_of(error)})

    def _begin(self, tx: Transaction, message: dict[str, Any], number: int) -> tuple[dict[str, Any] | None, int]:
        self._made += 1
        try:
            if self._most is not None and self._made > self._most:
                raise TooManySubrequests(self._most)
            binding = self.worker.binding(message["binding"])
            call = Call(self.worker, self.instance, message)
            if binding is None:
                raise AttributeError(f"env has no binding named {message['binding']!r:.80}")
            if message["binding"] == OUTBOUND and call.method != "fetch":
                raise AttributeError(f"A gateway has no method {call.method!r:.80}")
            if hasattr(type(binding), "in_turn"):  # not by the object: a stub has every name
                answer, delay = binding.in_turn(tx, call)
                return replied(answer), delay
        except (WorkflowError, AttributeError, TypeError, ValueError) as error:
            return {"error": record_of(error)}, 0
        tx.after(lambda: self.worker.spawn(self._perform(binding, call, number)))
        return None, 0

    async def _perform(self, binding: Any, call: Call, number: int) -> None:
        try:
            with self._polling(call):
                reply = replied(await invoke(binding, call), f"What {call.method}() answered")
        except Exception as error:
            reply = {"error": record_of(error)}
        self.worker.core.post(lambda tx: self._answer(tx, number, reply))

    @contextmanager
    def _polling(self, call: Call) -> Iterator[None]:
        """Let a question that waits end with whoever asked it; any other call takes effect whoever still listens."""
        task = asyncio.current_task()
        if call.method != POLL or task is None:
            yield
            return
        self._polls.add(task)
        try:
            yield
        finally:
            self._polls.discard(task)

    def _answer(self, tx: Transaction, number: int, reply: dict[str, Any]) -> None:
        if number in self._open:
            self._open.discard(number)
            tx.send(self.worker, {"k": "result", "re": number, **reply})

    def _answer_later(self, number: int, reply: dict[str, Any], delay: int) -> None:
        core = self.worker.core
        core.clock.call_later(delay, lambda: core.post(lambda tx: self._answer(tx, number, reply)))


def replied(answer: Any, what: str = "The answer") -> dict[str, Any]:
    """Return the fields of a ``result`` message for an answer, or for the exception that is the answer.

    Raises:
        NotSerialisable, PayloadTooLarge: it cannot travel.
    """
    if isinstance(answer, Exception):
        return {"error": record_of(answer)}
    text = values.encode(answer, call=True)
    if len(text) > limits.ANSWER_TEXT:
        raise PayloadTooLarge(what, values.size(text))
    return {"value": text}


async def invoke(binding: Any, call: Call) -> Any:
    """Call a public method of a host-side binding.

    Raises:
        AttributeError: the binding offers no such method.
    """
    kind = getattr(binding, "kind", None)
    if kind == "workflow":
        return await call_workflow(binding, call.method, call.args, call.kwargs)
    if kind == "loader":
        return await binding.serve(call)
    method = None if call.method.startswith("_") else getattr(binding, call.method.replace(".", "_"), None)
    if not callable(method):
        raise AttributeError(f"{type(binding).__name__} has no method {call.method!r:.80}")
    answer = method(*call.args, **call.kwargs)
    return await answer if inspect.isawaitable(answer) else answer
