"""An activation: one run of one instance in one sandbox, bound to its port; messages never name an instance."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from dynamic_workflows.host.history import streams
from dynamic_workflows.host.history.core import Core, resolve
from dynamic_workflows.host.history.instance import Instance, Step
from dynamic_workflows.host.history.sealed import unseal
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.rules import rollbacks, steps
from dynamic_workflows.host.rules.delays import Delays
from dynamic_workflows.host.rules.mocking import completed
from dynamic_workflows.host.running.calls import Calls
from dynamic_workflows.host.running.logs import keep_line
from dynamic_workflows.host.running.tails import OUTCOMES, Trace, outcome_of
from dynamic_workflows.shared import limits
from dynamic_workflows.shared.errors import (
    InvalidEventType,
    ProtocolError,
    StorageLimitExceeded,
    WorkflowError,
    WorkflowFatalError,
    record_of,
)
from dynamic_workflows.shared.rollbacks import IN_ROLLBACK, MISSING, is_rollback

if TYPE_CHECKING:
    from dynamic_workflows.host.running.code import InvocationLimits
    from dynamic_workflows.host.running.worker import Worker


class Activation:
    """The host's end of one running ``run``."""

    def __init__(self, core: Core, number: int, instance: Instance, worker: Worker, max_steps: int) -> None:
        self.core, self.number, self.instance, self.worker = core, number, instance, worker
        self.max_steps = max_steps
        self.ended: asyncio.Future[tuple[str, Any]] = asyncio.get_running_loop().create_future()
        self.over = False  # nothing more is taken from this run
        self.undoing = False  # the run only rolls back
        self.rebuilt = False  # it was begun for that
        self.direct = False  # the guest waits for the word before each attempt
        self.lingering = False  # it raised, and keeps its handlers until it is known what that comes to
        self.parking = False
        self.stirred = False  # settled something after park was asked
        self.allow(None, "null", None)
        self.held_in: list[dict[str, Any]] = []  # what the guest wanted to begin while the instance was pausing
        self.held_out: list[dict[str, Any]] = []  # what it is told when the pause is called off
        self.delays = Delays(instance)
        self.told: dict[str, int] = {}  # key -> attempt the guest was told to start

    def allow(self, entrypoint: str | None, props: str, limits: InvocationLimits | None) -> None:
        """Set what the stub that runs this gives it: ``props`` as wire text, and limits lower than the worker's."""
        worker, self.props = self.worker, props
        self.limits = worker.limits.lower(limits) if limits is not None else worker.limits
        self.calls = Calls(worker, self.instance, self.limits.sub_requests)
        self.trace = Trace(worker, entrypoint, {"rpcMethod": "run"})

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
        self.undoing = self.rebuilt = self.instance.phase == "rollback"
        self.direct = self.worker.effects == "direct" or self.instance.mocks is not None  # a mocked callback never runs
        entries: list[list[Any]] = []
        size = 0
        for key, order, outcome, length in self._memo(tx):
            if entries and size + length > limits.MEMO_BYTES:
                self.send(tx, {"k": "memo", "entries": entries, "last": False})
                entries, size = [], 0
            entries.append([key, order, outcome])
            size += length
        self.send(tx, {"k": "memo", "entries": entries, "last": True})
        message = {
            "k": "run", "entrypoint": entrypoint, "event": event, "effects": "direct" if self.direct else "mediated",
            "limits": {"steps": self.max_steps, "retry_delay": self.core.retry_delay},
        }  # fmt: skip
        if self.props != "null":
            message["props"] = self.props
        self.send(tx, {**message, "mode": "rollback"} if self.undoing else message)
        if self.undoing:
            self.proceed(tx)

    def _memo(self, tx: Transaction) -> Iterator[tuple[str, int, dict[str, Any], int]]:
        now = tx.now + self.instance.offset
        rollback = self.instance.rollback
        needed = frozenset(rollback.todo) if rollback is not None else ()
        sealed, broken = unseal(tx, self.instance), streams.broken(tx, self.instance)
        for key, step in self.instance.steps.items():
            mark = {"u": True} if key in needed else {}  # its handler will be asked for
            if step.kind == "rollback":
                continue
            if step.settled:
                error = streams.corrupt(key) if key in broken else step.error
                value = sealed.get(step.settled, "") if step.sealed else step.value or ""
                if error is not None:
                    yield key, step.settled, {"e": error, **mark}, 2_000
                elif len(value) > limits.MEMO_VALUE:
                    yield key, step.settled, {"r": len(value), **mark}, 200
                else:
                    yield key, step.settled, {"v": value, **mark}, len(value)
            elif step.kind == "do":
                go = not self.undoing and (step.retry_at is None or step.retry_at <= now)
                if go:
                    self.told[key] = step.attempt + 1
                else:
                    self.core.rearm(self.instance, key)
                yield key, 0, {"a": step.attempt, "go": go, "c": step.written, **mark}, 200

    def settle(self, tx: Transaction, key: str) -> None:
        """Tell the guest what a sleep or wait came to."""
        message = steps.settlement(key, self.instance.steps[key])
        if message is not None:
            self.stirred = True
            self.send(tx, message)

    def go(self, tx: Transaction, key: str) -> None:
        """Tell the guest to start the next attempt of a step, once."""
        if self.undoing:
            self.proceed(tx)
            return
        attempt = self.instance.steps[key].attempt + 1
        if self.told.get(key) != attempt:
            self.told[key] = attempt
            self.stirred = True
            self.send(tx, {"k": "attempt", "key": key, "attempt": attempt})

    def tell(self, tx: Transaction, key: str, answer: dict[str, Any]) -> None:
        """Tell the guest how an attempt ended, and go on with what follows when it is time."""
        self.worker.settled = self.core.clock.elapsed()
        retry = "retry" in answer
        if retry or not self.undoing:
            self.send(tx, answer)
        if self.undoing:
            self.proceed(tx)
        elif retry and (self.instance.steps[key].retry_at or 0) <= tx.now + self.instance.offset:
            self.go(tx, key)

    def proceed(self, tx: Transaction) -> None:
        """Ask for the handler whose turn it is; let the run go when the rollback has ended."""
        key = rollbacks.advance(tx, self.instance)
        if key is None:
            self.drop(tx)
            return
        message = rollbacks.request(tx, self.instance, key)
        if message is None:
            self.core.rearm(self.instance, key)
        elif self.told.get(key) != message["attempt"]:
            self.told[key] = message["attempt"]
            self.send(tx, message)

    def roll_back(self, tx: Transaction) -> None:
        """Undo with the handlers that this run has registered; its own code goes no further."""
        if self.lingering:
            self.over = self.lingering = False
            self.ended = asyncio.get_running_loop().create_future()
        self.undoing = True
        self.calls.forget()
        self.delays.forget()
        self.proceed(tx)

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
            self.calls.forget()
            self.trace.finish(tx, OUTCOMES.get(outcome) or outcome_of(self.worker.gone or ""))
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
        if self.lingering:
            self.lingering = False
            self.worker.activations.pop(self.number, None)
            self.send(tx, {"k": "drop"})
        elif not self.over:
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
        if self.undoing and message["k"] in UNDOING:
            UNDOING[message["k"]](self, tx, message)
            return
        take = TAKE.get(message["k"])
        if take is None:
            raise ProtocolError(f"nobody asked this run for {message['k']}")
        take(self, tx, message)

    def _start(self, tx: Transaction, message: dict[str, Any]) -> None:
        key, attempt = message["key"], message["attempt"]
        try:
            step = steps.start(tx, self.instance, message, self.max_steps, self.told.get(key))
        except WorkflowError as error:
            self.send(tx, {"k": "refused", "key": key, "attempt": attempt, "error": record_of(error)})
            if isinstance(error, ProtocolError):
                raise
            return
        mocked = self.instance.mocks.outcome(key, attempt) if self.instance.mocks is not None else None
        if mocked is None:
            self._started(tx, step, key)
        elif "error" in mocked:
            self._failed(tx, step, key, mocked["error"])
        else:
            self._mock(tx, step, key, mocked)

    def _mock(self, tx: Transaction, step: Step, key: str, mocked: dict[str, Any]) -> None:
        try:
            self.tell(tx, key, completed(tx, self.instance, step, key, mocked, self.core.staging))
        except StorageLimitExceeded as error:
            self._die(tx, key, record_of(error), error.message)

    def _started(self, tx: Transaction, step: Step, key: str) -> None:
        assert step.config is not None
        self.core.deadlines.add(self.core.clock.elapsed() + step.config.timeout, self.number, key, step.attempt)
        if self.direct:
            self.send(tx, {"k": "accepted", "key": key, "attempt": step.attempt})

    def _finish(self, tx: Transaction, message: dict[str, Any]) -> None:
        fatal = message.get("fatal")
        if fatal is not None:
            if self.undoing:
                raise ProtocolError("what a rollback's handler returns does not matter")
            steps.in_flight(self.instance, message["key"], message["attempt"])
            self._die(tx, message["key"], fatal, steps.fatal_text(message["key"], fatal))
            return
        key, error = message["key"], message.get("error")
        step = steps.in_flight(self.instance, key, message["attempt"])
        if key in self.delays:
            raise ProtocolError(f"attempt {step.attempt} of {key} has ended before")
        if error is not None:
            self._failed(tx, step, key, error)
            return
        try:
            self.tell(tx, key, steps.finish(tx, self.instance, message, self.core.staging))
        except StorageLimitExceeded as full:
            self._die(tx, key, record_of(full), full.message)

    def _failed(self, tx: Transaction, step: Step, key: str, error: dict[str, Any]) -> None:
        if not self._ask_delay(tx, step, key, error):
            self.tell(tx, key, steps.fail(tx, self.instance, key, error))

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
        self.tell(tx, message["key"], self.delays.answered(tx, message))

    def time_out(self, tx: Transaction, key: str) -> None:
        """A deadline of the attempt in flight has passed: the attempt's own, or its delay function's."""
        if key in self.delays:
            late = self.delays.late(tx, key, self.core.clock.elapsed())
            if late is not None:
                self.tell(tx, key, late)
            return
        step = self.instance.steps[key]
        self._failed(tx, step, key, steps.timed_out(step))

    def _chunk(self, tx: Transaction, message: dict[str, Any]) -> None:
        key = message["key"]
        step = steps.in_flight(self.instance, key, message["attempt"])
        if key in self.delays or step.kind != "do":
            raise ProtocolError(f"attempt {step.attempt} of {key} has no stream")
        try:
            self.send(tx, self.core.staging.take(tx, self.instance, step, message))
        except StorageLimitExceeded as error:
            self._die(tx, key, record_of(error), error.message)

    def _get(self, tx: Transaction, message: dict[str, Any]) -> None:
        step = self.instance.steps.get(message["key"])
        if step is None or not step.settled or step.error is not None:
            raise ProtocolError(f"{message['key']!r:.80} has no output")
        self.send(tx, streams.answer(tx, self.instance, step, message))

    def _die(self, tx: Transaction, key: str, error: dict[str, Any], text: str) -> None:
        """End the instance with an attempt whose output cannot be stored: uncaught, and without rollbacks."""
        attempt = self.instance.steps[key].attempt
        tx.append(self.instance, "step.failed", key, attempt, {"error": error, "final": True})
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
        elif self.instance.uid not in tx.dirty:
            self.park_if_idle(tx)  # it was registered before: no row says that the run waits again

    def _call(self, tx: Transaction, message: dict[str, Any]) -> None:
        key = message.get("key")
        if key is not None:
            step = self.instance.steps.get(key)
            if step is None or not step.running or step.attempt != message.get("attempt"):
                raise ProtocolError(f"a call from attempt {message.get('attempt')} of {key}, which is not in flight")
        elif self.undoing:
            error = WorkflowFatalError("env is refused while a rollback looks for its handlers.")
            self.calls.refuse(tx, message, error)
            return
        self.calls.take(tx, message)

    def _log(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.trace.log(tx, message)
        keep_line(tx, self.instance, message)

    def _returned(self, tx: Transaction, message: dict[str, Any]) -> None:
        if "value" not in message:
            raise ProtocolError("a run that failed says so with raised")
        self.end(tx, "returned", message["value"])

    def _raised(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.trace.exception(tx, message["error"])
        if message.get("rollbacks"):
            self.over = self.lingering = True
            self.calls.forget()
            self.trace.finish(tx, "exception")
            tx.after(lambda: resolve(self.ended, ("raised", message["error"])))
        else:
            self.end(tx, "raised", message["error"])

    def _parked(self, tx: Transaction, message: dict[str, Any]) -> None:
        self.end(tx, "stirred" if self.stirred else "parked")

    # -- from a guest that rolls back

    def _undo_start(self, tx: Transaction, message: dict[str, Any]) -> None:
        key = message["key"]
        if not is_rollback(key):
            self._undo_refuse(tx, message)
            return
        try:
            rollbacks.start(tx, self.instance, message)
        except ProtocolError:
            raise
        except WorkflowError as error:
            rollbacks.end(tx, self.instance, record_of(error))
            self.drop(tx)
        else:
            self._started(tx, self.instance.steps[key], key)

    def _undo_refuse(self, tx: Transaction, message: dict[str, Any]) -> None:
        error = record_of(WorkflowFatalError(IN_ROLLBACK))
        attempt = {"attempt": message["attempt"]} if "attempt" in message else {}
        self.send(tx, {"k": "refused", "key": message["key"], **attempt, "error": error})

    def _undo_missing(self, tx: Transaction, message: dict[str, Any]) -> None:
        """A handler is not there: look for it by replay, or give up where that was done."""
        if message["key"] != rollbacks.advance(tx, self.instance):
            raise ProtocolError("that handler was not asked for")
        if self.rebuilt:
            rollbacks.end(tx, self.instance, MISSING)
            self.drop(tx)
        else:
            self.send(tx, {"k": "drop"})
            self.end(tx, "closed")

    def _undo_gone(self, tx: Transaction, message: dict[str, Any]) -> None:
        """The run ended in the guest by itself: another one looks for the handlers, unless this one did."""
        if message.get("rollbacks"):
            return  # it raised while it was asked to roll back, and keeps its handlers
        if self.rebuilt:
            rollbacks.end(tx, self.instance, message.get("error", MISSING))
            self.drop(tx)
        else:
            self.end(tx, "closed")

    def conclude(self, tx: Transaction, kind: str, data: Any) -> None:
        """Append the terminal row, after the attempts in flight were recorded as cut off."""
        steps.interrupt(tx, self.instance, last=True)
        tx.append(self.instance, kind, data=data)


BEGINNINGS = frozenset({"start", "sleep", "wait", "returned", "raised"})
UNDOING = {
    "start": Activation._undo_start,
    "sleep": Activation._undo_refuse,
    "wait": Activation._undo_refuse,
    "missing": Activation._undo_missing,
    "returned": Activation._undo_gone,
    "raised": Activation._undo_gone,
    "parked": Activation._undo_gone,
}
TAKE = {
    "start": Activation._start,
    "finish": Activation._finish,
    "chunk": Activation._chunk,
    "get": Activation._get,
    "delayed": Activation._delayed,
    "sleep": Activation._sleep,
    "wait": Activation._wait,
    "call": Activation._call,
    "log": Activation._log,
    "returned": Activation._returned,
    "raised": Activation._raised,
    "parked": Activation._parked,
}
