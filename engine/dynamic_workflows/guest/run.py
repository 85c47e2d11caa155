"""One activation of an instance: its memo, what it waits for, and the order in which answers reach its code."""

from __future__ import annotations

import asyncio
import heapq
import inspect
import itertools
from collections.abc import AsyncGenerator, Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from dynamic_workflows.shared.errors import NotSerialisable, PayloadTooLarge, WorkflowInternalError, record_of
from dynamic_workflows.shared.limits import RETRY_DELAY_MS, STEPS_DEFAULT
from dynamic_workflows.shared.streams import is_stream
from dynamic_workflows.shared.values import AttributeDict, decode, encode, size, too_large

from .attempts import Call, Step, Wait
from .rollbacks import Rollback, Rollbacks
from .scope import SCOPE, Scope, Suspended
from .streams import Outputs
from .turns import close_generator, close_task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .worker import Guest

Outcome = dict[str, Any]
_FOR_EVER = 1 << 53


class Run:
    """Replays ``run`` from the top: settled keys answer from the memo, the rest is asked of the engine."""

    def __init__(self, guest: Guest, id: int) -> None:
        self.guest = guest
        self.id = id
        self.say = guest.outbox.say
        self.scope = Scope(guest, self)
        self.dead = False
        self.halted = False  # its own code has stopped; it lives on for its rollbacks
        self.rollbacks = Rollbacks(self)
        self.outputs = Outputs(self)
        self.mediated = True
        self.logged = 0
        self.props = "null"  # wire text of self.ctx.props
        self.replaying = 0  # memo answers not given yet; code outside steps repeats itself meanwhile
        self.retry_delay = RETRY_DELAY_MS
        self._steps_limit = STEPS_DEFAULT
        self._steps = 0
        self._counts: dict[str, int] = {}
        self._memo: dict[str, tuple[int, Outcome]] = {}
        self._open: dict[str, Wait] = {}
        self._wanted: dict[str, int] = {}  # attempts the engine asked for before code came by
        self._releases: list[tuple[int, int, Wait, Outcome]] = []
        self._ticks = itertools.count()
        self._tasks: list[tuple[asyncio.Task[Any], Context]] = []
        self._tasks_kept = 16
        self.generators: WeakKeyDictionary[AsyncGenerator[Any, Any], Context] = WeakKeyDictionary()

    # -- from the engine

    def remember(self, entries: list[tuple[str, int, Outcome]]) -> None:
        """Add memo entries: settled values and errors, and steps with attempts behind them."""
        for key, order, outcome in entries:
            self._memo[key] = (order, outcome)
            self.replaying += "a" not in outcome
            if "u" in outcome:
                self.rollbacks.need(key)

    def start(self, entrypoint: type, event: str, *, effects: str, limits: Mapping[str, Any], rollback: bool) -> None:
        """Call the entrypoint's ``run`` in a task of its own; with ``rollback``, only to find what can undo it."""
        self.mediated = effects == "mediated"
        self._steps_limit = int(limits.get("steps", STEPS_DEFAULT))
        self.retry_delay = int(limits.get("retry_delay", RETRY_DELAY_MS))
        if rollback:
            self.replaying += _FOR_EVER
            self.rollbacks.rebuild()
        context = copy_context()
        context.run(SCOPE.set, self.scope)
        self.guest.loop.create_task(self._drive(entrypoint, event), context=context)

    def settle(self, key: str, message: Mapping[str, Any]) -> None:
        """Take the final outcome of a key, or the news that an attempt will be tried again."""
        if "retry" in message:
            step = self._open.get(key)
            if isinstance(step, Step) and step.scope is not None and step.scope.attempt == message["retry"]:
                step.abandon()
            return
        order = message.get("order", 0)
        outcome = {"e": message["error"]} if "error" in message else {"v": message.get("value")}
        wait = self._open.pop(key, None)
        if wait is None:  # settled by the engine before code came by
            self._memo[key] = (order, outcome)
            return
        wait.abandon()
        self._release(order, wait, outcome)

    def accepted(self, key: str, attempt: int) -> None:
        """Run an attempt the engine agreed to."""
        step = self._open.get(key)
        if isinstance(step, Step):
            step.accepted(attempt)

    def stored(self, key: str, attempt: int) -> None:
        """Go on with the stream of an attempt."""
        step = self._open.get(key)
        if isinstance(step, Step):
            step.stored(attempt)

    def refused(self, key: str, attempt: int | None, error: Mapping[str, Any]) -> None:
        """Raise the engine's refusal where code waits for this call; nobody waits for a stale attempt."""
        wait = self._open.get(key)
        if wait is None:
            return
        if isinstance(wait, Step) and attempt is not None and (wait.scope is None or wait.scope.attempt != attempt):
            return
        del self._open[key]
        wait.abandon()
        if not wait.future.done():
            wait.future.set_exception(self.guest.exception(error))

    def attempt(self, key: str, attempt: int) -> None:
        """Start the attempt whose time has come."""
        step = self._open.get(key)
        if isinstance(step, Step):
            step.begin(attempt)
        elif step is None:
            self._wanted[key] = attempt

    def ask_delay(self, key: str, attempt: int, error: Mapping[str, Any]) -> None:
        """Ask the delay function of a step that failed; a step nobody waits for has none."""
        step = self._open.get(key)
        if isinstance(step, Step):
            step.ask_delay(attempt, error)

    # -- from step

    def count_step(self) -> tuple[int, int]:
        """Count a call of ``do``; return the count and its limit."""
        self._steps += 1
        return self._steps, self._steps_limit

    def next_key(self, kind: str, name: str) -> tuple[str, int]:
        """Return the key of the next call of this kind and name, and its count."""
        slot = f"{kind}:{name}"
        count = self._counts[slot] = self._counts.get(slot, 0) + 1
        return f"{slot}-{count}", count

    def do(
        self,
        name: str,
        config: dict[str, Any],
        call: Call,
        delay: Callable[..., Any] | None = None,
        rollback: Rollback | None = None,
    ) -> asyncio.Future[Any]:
        """Return the future of the next ``do`` of this name; ``delay`` is the function a dynamic config stands for."""
        key, count = self.next_key("do", name)
        step = Step(self, key, name, count, config, call, delay)
        if rollback is not None:
            step.rollback = True
            self.rollbacks.register(step, rollback)
        known = self._memo.pop(key, None)
        if self.rollbacks.rebuilding and (known is None or "a" in known[1]):
            return step.future  # stands still for ever
        if known is None:
            self._open[key] = step
            self.replaying = 0
            step.begin(1)
        elif "a" in known[1]:
            self._open[key] = step
            step.config = known[1].get("c", config)
            if key in self._wanted or known[1]["go"]:
                step.begin(self._wanted.pop(key, known[1]["a"] + 1))
        else:
            self._release(known[0], step, known[1])
        return step.future

    def ask(self, kind: str, name: str, message: dict[str, Any]) -> asyncio.Future[Any]:
        """Return the future of a sleep or a wait, registered with the engine unless it is settled already."""
        key, _ = self.next_key(kind, name)
        wait = Wait(key)
        known = self._memo.pop(key, None)
        if known is None and self.rollbacks.rebuilding:
            return wait.future
        if known is None:
            self._open[key] = wait
            self.say({"k": kind, "run": self.id, "key": key, **message})
        else:
            self._release(known[0], wait, known[1])
        return wait.future

    def undo(self, step: Step, attempt: int) -> None:
        """Begin an attempt of a rollback's handler."""
        self._open[step.key] = step
        step.begin(attempt)

    # -- the order of answers: one a quiet pass, oldest first

    def _release(self, order: int, wait: Wait, outcome: Outcome) -> None:
        if "r" in outcome:
            self.outputs.fetch(wait.key, outcome)
        heapq.heappush(self._releases, (order, next(self._ticks), wait, outcome))
        self.guest.releasing[self.id] = self

    def release(self) -> bool:
        """Give code the oldest answer it asked for; return whether there was one somebody still awaits."""
        while self._releases and not self.outputs.awaited(*self._releases[0][2:]):
            _, _, wait, outcome = heapq.heappop(self._releases)
            self.replaying = max(0, self.replaying - 1)
            if not wait.future.done():
                self._resolve(wait, outcome)
                return True
        return False

    @property
    def idle(self) -> bool:
        """Whether no answer is due."""
        return not self._releases

    @property
    def can_park(self) -> bool:
        """Whether this run can only wait for the engine: no attempt in flight, nothing due, no timer of its own."""
        busy = any(isinstance(wait, Step) and wait.scope is not None for wait in self._open.values())
        if busy or not self.idle or not self.outputs.idle or self.guest.blocking.goes_on(self):
            return False
        return not self.guest.loop.has_work(self.is_mine)

    def _resolve(self, wait: Wait, outcome: Outcome) -> None:
        if "e" in outcome:
            wait.future.set_exception(self.guest.exception(outcome["e"]))
            return
        text = outcome.get("v")
        try:
            value = self.value(wait.key, wait.sent if text is None else text)
        except ValueError:
            name = wait.key.partition(":")[2]
            error = WorkflowInternalError(f"Stored output for {name} is corrupt or incomplete.")
            wait.future.set_exception(error)
        else:
            wait.future.set_result(value)

    def value(self, key: str, text: str) -> Any:
        """Return a step's output as code gets it; a stream is read from storage, piece by piece.

        Raises:
            ValueError: the text is not one that can be stored.
        """
        return self.outputs.stream(key, text) if is_stream(text) else decode(text, attributes=True)

    # -- the run itself

    async def _drive(self, entrypoint: type, event: str) -> None:
        try:
            instance = entrypoint(self.guest.context(self.props), self.guest.env)
            result = instance.run(_event(event), self.guest.step(self))
            if inspect.isawaitable(result):
                result = await result
            message: dict[str, Any] = {"k": "returned", "run": self.id, "value": _output(result)}
        except (GeneratorExit, Suspended):
            if self.scope.silent:
                raise
            message = self._raised(RuntimeError("The run ended itself with an exception that is not one."))
        except BaseException as error:
            message = self._raised(error)
        if self.rollbacks.rebuilding:
            return  # what the replay for a rollback comes to does not matter
        if not self.scope.silent:
            self._report_lost()
            self.guest.output.end_line(self.scope)
            self.say(message)
            self.guest.ended(self)

    def _raised(self, error: BaseException) -> dict[str, Any]:
        message: dict[str, Any] = {"k": "raised", "run": self.id}
        if self.rollbacks:
            self.rollbacks.kept = message["rollbacks"] = True
        return {**message, "error": record_of(error, traceback=self.guest.traceback(error))}

    def own(self, task: asyncio.Task[Any], context: Context) -> None:
        """Note a task that tenant code of this run created."""
        self._tasks.append((task, context))
        if len(self._tasks) > self._tasks_kept:
            self._let_go()
            self._tasks_kept = max(16, 2 * len(self._tasks))

    def _let_go(self) -> None:
        """Forget tasks that are done, but not errors that nobody has seen."""
        self._tasks = [entry for entry in self._tasks if not entry[0].done() or _unseen(entry[0])]

    def _report_lost(self) -> None:
        for task, _ in self._tasks:
            if task.done() and _unseen(task):
                error = task.exception()
                text = self.guest.traceback(error) if error is not None else ""
                self.guest.output.line(self.scope, "error", f"A task failed and nobody awaited it.\n{text}")

    def abandon(self) -> None:
        """Drop the run where it stands: its code never runs again, what it says on its way out is not heard."""
        self._stop()
        self.rollbacks.forget()

    def halt(self) -> None:
        """Stop the code of the run as if it were dropped, and stay for its rollbacks."""
        self._stop()
        self.dead, self.halted = False, True

    def _stop(self) -> None:
        self.dead = True
        self.guest.outbox.forget(self.id)
        self.guest.blocking.give_up()
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            for task, context in tasks:
                coroutine = close_task(task, context)
                if coroutine is not None:
                    self.guest.buried.append(coroutine)  # kept, so that collecting it runs no code
        for generator, context in list(self.generators.items()):
            if not close_generator(generator, context):
                self.guest.buried.append(generator)
        self.guest.loop.purge(self.is_mine)
        self._open.clear()
        self._releases.clear()
        self._memo.clear()
        self.outputs.forget()

    def is_mine(self, context: Context) -> bool:
        """Return whether a context is one of this run's code."""
        scope = context.get(SCOPE)
        return scope is not None and scope.run is self


def _unseen(task: asyncio.Task[Any]) -> bool:
    unseen: bool = task._log_traceback
    return unseen


def _event(text: str) -> AttributeDict:
    event: AttributeDict = decode(text, attributes=True)
    stamp = event.get("timestamp")
    if stamp is not None and getattr(stamp, "tzinfo", None) is not None:
        event["timestamp"] = (stamp - stamp.utcoffset()).replace(tzinfo=None)
    return event


def _output(result: Any) -> str:
    try:
        text = encode(result)
    except NotSerialisable as error:
        raise NotSerialisable(f"Value returned from run is not serialisable: {error}") from None
    if too_large(text):
        raise PayloadTooLarge("The value returned from run", size(text))
    return text
