"""An activation: one run of one instance in one sandbox, bound to its port; messages never name an instance."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from dynamic_workflows.host import steps
from dynamic_workflows.host.binding import call_workflow
from dynamic_workflows.host.core import Core, resolve
from dynamic_workflows.host.delays import Delays
from dynamic_workflows.host.instance import Instance, Step
from dynamic_workflows.host.sealed import unseal
from dynamic_workflows.host.transaction import Transaction
from dynamic_workflows.shared import checks, limits, values
from dynamic_workflows.shared.errors import (
    InvalidEventType,
    ProtocolError,
    WorkflowError,
    WorkflowFatalError,
    record_of,
)

if TYPE_CHECKING:
    from dynamic_workflows.host.workers import Worker


class Call:
    """A call of a binding, as it arrived: who asks, from which attempt of which step, for what."""

    __slots__ = ("args", "args_text", "attempt", "instance", "key", "kwargs", "kwargs_text", "method")

    def __init__(self, instance: Instance | None, message: dict[str, Any]) -> None:
        self.instance = instance
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


class Activation:
    """The host's end of one running ``run``."""

    def __init__(self, core: Core, number: int, instance: Instance, worker: Worker, max_steps: int) -> None:
        self.core, self.number, self.instance, self.worker = core, number, instance, worker
        self.max_steps = max_steps
        self.ended: asyncio.Future[tuple[str, Any]] = asyncio.get_running_loop().create_future()
        self.over = False  # nothing more is taken from this run
        self.parking = False
        self.stirred = False  # settled something after park was asked
        self.calls: set[int] = set()
        self.held_in: list[dict[str, Any]] = []  # what the guest wanted to begin while the instance was pausing
        self.held_out: list[dict[str, Any]] = []  # what it is told when the pause is called off
        self.delays = Delays(instance)
        self.told: dict[str, int] = {}  # key -> attempt the guest was told to start

    # -- to the guest -----------------------------------------------------------------------------------------

    def send(self, tx: Transaction, message: dict[str, Any]) -> None:
        """Send a message of this run; a pause keeps back what would let its code go on."""
        if self.instance.pausing and message["k"] in ("settle", "attempt"):
            self.held_out.append(message)
            return
        message["run"] = self.number
        tx.send(self.worker, message)

    def begin(self, tx: Transaction, entrypoint: str, event: str) -> None:
        """Send the memo of everything settled, then ``run``."""
        entries: list[list[Any]] = []
        size = 0
        for key, order, outcome, length in self._memo(tx):
            if entries and size + length > limits.MEMO_BYTES:
                self.send(tx, {"k": "memo", "entries": entries, "last": False})
                entries, size = [], 0
            entries.append([key, order, outcome])
            size += length
        self.send(tx, {"k": "memo", "entries": entries, "last": True})
        self.send(
            tx,
            {
                "k": "run", "entrypoint": entrypoint, "event": event, "effects": self.worker.effects,
                "limits": {"steps": self.max_steps},
            },
        )  # fmt: skip

    def _memo(self, tx: Transaction) -> Iterator[tuple[str, int, dict[str, Any], int]]:
        now = tx.now + self.instance.offset
        sealed = unseal(tx, self.instance)
        for key, step in self.instance.steps.items():
            if step.sealed:
                value = sealed.get(step.settled, "")
                yield key, step.settled, {"v": value}, len(value)
            elif step.settled:
                if step.error is not None:
                    yield key, step.settled, {"e": step.error}, 2_000
                else:
                    yield key, step.settled, {"v": step.value}, len(step.value or "")
            elif step.kind == "do":
                go = step.retry_at is None or step.retry_at <= now
                if go:
                    self.told[key] = step.attempt + 1
                yield key, 0, {"a": step.attempt, "go": go, "c": step.written}, 200

    def settle(self, tx: Transaction, key: str) -> None:
        """Tell the guest what a sleep or wait came to."""
        message = steps.settlement(key, self.instance.steps[key])
        if message is not None:
            self.stirred = True
            self.send(tx, message)

    def go(self, tx: Transaction, key: str) -> None:
        """Tell the guest to start the next attempt of a step, once."""
        attempt = self.instance.steps[key].attempt + 1
        if self.told.get(key) != attempt:
            self.told[key] = attempt
            self.stirred = True
            self.send(tx, {"k": "attempt", "key": key, "attempt": attempt})

    def park_if_idle(self, tx: Transaction) -> None:
        """Ask the guest to let the run go when it can only wait; a guest with work of its own ignores it."""
        i = self.instance
        if self.over or self.parking or self.calls or i.status != "waiting":
            return
        due = i.next_due()
        if due is not None and due - tx.now > 1_000:
            self.parking, self.stirred = True, False
            self.send(tx, {"k": "park"})

    def end(self, tx: Transaction, outcome: str, value: Any = None) -> None:
        """End this activation; the instance may get another."""
        if not self.over:
            self.over = True
            self.worker.activations.pop(self.number, None)
            tx.after(lambda: resolve(self.ended, (outcome, value)))

    def release(self, tx: Transaction) -> None:
        """The pause was called off: go on with what it kept back."""
        held_in, held_out, self.held_in, self.held_out = self.held_in, self.held_out, [], []
        for message in held_out:
            self.send(tx, message)
        for message in held_in:
            self.take(tx, message)

    def drop(self, tx: Transaction) -> None:
        """Abandon the run: nothing of it counts from here on."""
        if not self.over:
            self.send(tx, {"k": "drop"})
            self.end(tx, "dropped")

    # -- from the guest ---------------------------------------------------------------------------------------

    def take(self, tx: Transaction, message: dict[str, Any]) -> None:
        """Take one message of this run.

        Raises:
            ProtocolError: it does not fit; it is dropped.
        """
        if self.over:
            raise ProtocolError("the run is over")
        self.parking = False
        if self.instance.pausing and message["k"] in BEGINNINGS:
            self.held_in.append(message)
            return
        TAKE[message["k"]](self, tx, message)

    def _start(self, tx: Transaction, message: dict[str, Any]) -> None:
        key, attempt = message["key"], message["attempt"]
        try:
            step = steps.start(tx, self.instance, message, self.max_steps)
        except WorkflowError as error:
            self.send(tx, {"k": "refused", "key": key, "attempt": attempt, "error": record_of(error)})
            if isinstance(error, ProtocolError):
                raise
            return
        assert step.config is not None
        self.core.deadlines.add(self.core.clock.elapsed() + step.config.timeout, self.number, key, attempt)
        if self.worker.effects == "direct":
            self.send(tx, {"k": "accepted", "key": key, "attempt": attempt})

    def _finish(self, tx: Transaction, message: dict[str, Any]) -> None:
        fatal = message.get("fatal")
        if fatal is not None:
            self._die(tx, message["key"], message["attempt"], fatal)
            return
        key, error = message["key"], message.get("error")
        step = steps.in_flight(self.instance, key, message["attempt"])
        if key in self.delays:
            raise ProtocolError(f"attempt {step.attempt} of {key} has ended before")
        if error is None or not self._ask_delay(tx, step, key, error):
            self._tell(tx, key, steps.finish(tx, self.instance, message))

    def _tell(self, tx: Transaction, key: str, answer: dict[str, Any]) -> None:
        self.send(tx, answer)
        if "retry" in answer and (self.instance.steps[key].retry_at or 0) <= tx.now + self.instance.offset:
            self.go(tx, key)

    def _ask_delay(self, tx: Transaction, step: Step, key: str, error: dict[str, Any]) -> bool:
        """Ask the step's delay function, if it has one and an attempt will follow; return whether it was asked."""
        elapsed = self.core.clock.elapsed()
        question = self.delays.ask(step, key, error, elapsed)
        if question is None:
            return False
        self.send(tx, question)
        self.core.deadlines.add(elapsed + limits.DELAY_BUDGET_MS, self.number, key, step.attempt)
        return True

    def _delayed(self, tx: Transaction, message: dict[str, Any]) -> None:
        self._tell(tx, message["key"], self.delays.answered(tx, message))

    def time_out(self, tx: Transaction, key: str) -> None:
        """A deadline of the attempt in flight has passed: the attempt's own, or its delay function's."""
        if key in self.delays:
            late = self.delays.late(tx, key, self.core.clock.elapsed())
            if late is not None:
                self._tell(tx, key, late)
            return
        step = self.instance.steps[key]
        error = steps.timed_out(step)
        if not self._ask_delay(tx, step, key, error):
            self._tell(tx, key, steps.fail(tx, self.instance, key, error))

    def _die(self, tx: Transaction, key: str, attempt: int, error: dict[str, Any]) -> None:
        steps.in_flight(self.instance, key, attempt)
        tx.append(self.instance, "step.failed", key, attempt, {"error": error, "final": True})
        text = checks.not_serialisable_instance(key[3:].rpartition("-")[0])
        self.conclude(tx, "errored", {"error": {"name": "WorkflowFatalError", "message": text}})
        self.drop(tx)

    def _sleep(self, tx: Transaction, message: dict[str, Any]) -> None:
        self._register(tx, message, steps.sleep)

    def _wait(self, tx: Transaction, message: dict[str, Any]) -> None:
        self._register(tx, message, steps.wait)

    def _register(
        self,
        tx: Transaction,
        message: dict[str, Any],
        rule: Callable[[Transaction, Instance, dict[str, Any]], dict[str, Any] | None],
    ) -> None:
        try:
            answer = rule(tx, self.instance, message)
        except (WorkflowFatalError, InvalidEventType) as error:
            answer = {"k": "refused", "key": message["key"], "error": record_of(error)}
        if answer is not None:
            self.send(tx, answer)

    def _call(self, tx: Transaction, message: dict[str, Any]) -> None:
        key = message.get("key")
        if key is not None:
            step = self.instance.steps.get(key)
            if step is None or not step.running or step.attempt != message.get("attempt"):
                raise ProtocolError(f"a call from attempt {message.get('attempt')} of {key}, which is not in flight")
        number = message["n"]
        self.calls.add(number)
        reply: dict[str, Any]
        binding = self.worker.binding(message["binding"])
        try:
            call = Call(self.instance, message)
            in_turn = getattr(binding, "in_turn", None)
            if in_turn is not None:
                answer, delay = in_turn(tx, call)
                if isinstance(answer, Exception):
                    reply = {"error": record_of(answer)}
                else:
                    reply = {"value": values.encode(answer)}
            elif binding is None:
                raise AttributeError(f"env has no binding named {message['binding']!r:.80}")
            else:
                tx.after(lambda: self._call_later(binding, call, number))
                return
        except (WorkflowError, AttributeError, TypeError, ValueError) as error:
            reply, delay = {"error": record_of(error)}, 0
        if delay > 0:
            tx.after(lambda: self._answer_later(number, reply, delay))
        else:
            self._answer(tx, number, reply)

    def _answer(self, tx: Transaction, number: int, reply: dict[str, Any]) -> None:
        if not self.over and number in self.calls:
            self.calls.discard(number)
            tx.send(self.worker, {"k": "result", "re": number, **reply})

    def _answer_later(self, number: int, reply: dict[str, Any], delay: int) -> None:
        self.core.clock.call_later(delay, lambda: self.core.post(lambda tx: self._answer(tx, number, reply)))

    def _call_later(self, binding: Any, call: Call, number: int) -> None:
        async def perform() -> None:
            try:
                answer = await invoke(binding, call)
                reply: dict[str, Any] = {"value": values.encode(answer)}
            except Exception as error:
                reply = {"error": record_of(error)}
            self.core.post(lambda tx: self._answer(tx, number, reply))

        self.worker.spawn(perform())

    def _log(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.worker.log(tx, self.instance, message)

    def _returned(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.end(tx, "returned", message["value"])

    def _raised(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.end(tx, "raised", message["error"])

    def _parked(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.end(tx, "stirred" if self.stirred else "parked")

    def conclude(self, tx: Transaction, kind: str, data: Any) -> None:
        """Append the terminal row, after the attempts in flight were recorded as cut off."""
        steps.interrupt(tx, self.instance, last=True)
        tx.append(self.instance, kind, data=data)


BEGINNINGS = frozenset({"start", "sleep", "wait", "returned", "raised"})
TAKE = {
    "start": Activation._start,
    "finish": Activation._finish,
    "delayed": Activation._delayed,
    "sleep": Activation._sleep,
    "wait": Activation._wait,
    "call": Activation._call,
    "log": Activation._log,
    "returned": Activation._returned,
    "raised": Activation._raised,
    "parked": Activation._parked,
}


async def invoke(binding: Any, call: Call) -> Any:
    """Call a public method of a host-side binding.

    Raises:
        AttributeError: the binding offers no such method.
    """
    if getattr(binding, "kind", None) == "workflow":
        return await call_workflow(binding, call.method, call.args, call.kwargs)
    method = None if call.method.startswith("_") else getattr(binding, call.method.replace(".", "_"), None)
    if not callable(method):
        raise AttributeError(f"{type(binding).__name__} has no method {call.method!r:.80}")
    answer = method(*call.args, **call.kwargs)
    return await answer if inspect.isawaitable(answer) else answer
