"""One step that code waits for: its attempts, one task each, and the future its caller awaits."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterable, Callable, Coroutine, Mapping
from contextvars import Context, copy_context
from types import CoroutineType
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.checks import context_config, not_serialisable, output_too_large
from dynamic_workflows.shared.errors import NotSerialisable, StreamError, WorkflowInternalError, record_of
from dynamic_workflows.shared.limits import DELAY_DEFAULT_MS
from dynamic_workflows.shared.values import encode, too_large

from .delays import asked
from .scope import SCOPE, Scope
from .streams import pieces

if TYPE_CHECKING:
    from .run import Run

Call = Callable[[dict[str, Any]], Any]  # runs the tenant's function with the step context


class Wait:
    """Something of a run that the engine settles: a sleep, a wait for an event, or a step."""

    __slots__ = ("future", "key", "sent")

    def __init__(self, key: str) -> None:
        self.key = key
        self.future: asyncio.Future[Any] = asyncio.Future()
        self.sent = "null"  # the value when the engine settles without naming one

    def abandon(self) -> None:
        """Let go of what runs for it."""


class Step(Wait):
    """An open ``do``: at most one attempt of it runs, each under its own number."""

    __slots__ = (
        "acknowledged",
        "call",
        "config",
        "context",
        "count",
        "delay",
        "name",
        "rollback",
        "run",
        "scope",
        "task",
    )

    def __init__(
        self,
        run: Run,
        key: str,
        name: str,
        count: int,
        config: Mapping[str, Any],
        call: Call,
        delay: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(key)
        self.run = run
        self.name = name
        self.count = count
        self.config = config
        self.call = call
        self.delay = delay
        self.acknowledged: asyncio.Future[None] | None = None
        self.rollback = False  # whether it can be undone
        self.context: Context = copy_context()
        self.scope: Scope | None = None
        self.task: asyncio.Task[None] | None = None

    def begin(self, attempt: int) -> None:
        """Announce an attempt; its callback runs once the engine has been told, or has agreed."""
        self.abandon()
        run = self.run
        self.scope = Scope(run.guest, run, key=self.key, attempt=attempt)
        message = {
            "k": "start",
            "run": run.id,
            "key": self.key,
            "name": self.name,
            "attempt": attempt,
            "config": self.config if attempt == 1 else None,
        }
        if self.rollback and attempt == 1:
            message["rollback"] = True
        run.say(message)
        if run.mediated:
            run.guest.queue(self, self.scope)

    def accepted(self, attempt: int) -> None:
        """Run the callback: the engine agreed to this attempt."""
        if self.scope is not None and self.scope.attempt == attempt and self.task is None:
            self.launch(self.scope)

    def launch(self, scope: Scope) -> None:
        """Start the task of an attempt unless it has been abandoned meanwhile."""
        if scope.silent or scope is not self.scope:
            return
        self._spawn(scope, self._attempt(scope))

    def _spawn(self, scope: Scope, work: Coroutine[Any, Any, None]) -> None:
        context = self.context.copy()
        context.run(SCOPE.set, scope)
        self.task = self.run.guest.loop.create_task(work, context=context)

    def ask_delay(self, attempt: int, error: Mapping[str, Any]) -> None:
        """Ask the delay function when to try again after an attempt that failed."""
        if self.scope is None or self.scope.attempt != attempt:
            return
        self.abandon()
        self.scope = Scope(self.run.guest, self.run, key=self.key, attempt=attempt)
        self._spawn(self.scope, self._delayed(self.scope, error))

    def abandon(self) -> None:
        """Cancel the attempt in flight; nothing it still does shows."""
        if self.scope is not None and not self.scope.finished:
            self.scope.stale = True
            self.run.guest.blocking.give_up()
        if self.task is not None and not self.task.done():
            self.task._log_destroy_pending = False  # type: ignore[attr-defined]
            self.task.cancel()
        self.scope = self.task = None

    async def _attempt(self, scope: Scope) -> None:
        try:
            outcome = await self._settled(scope, await self._value(scope))
        except BaseException as error:
            if scope.silent:
                if isinstance(error, GeneratorExit):
                    raise
                return
            outcome = {"error": record_of(error, traceback=self.run.guest.traceback(error))}
        if scope.silent:
            return
        self.run.guest.output.end_line(scope)
        scope.finished = True
        self.run.say({"k": "finish", "run": self.run.id, "key": self.key, "attempt": scope.attempt, **outcome})

    async def _delayed(self, scope: Scope, error: Mapping[str, Any]) -> None:
        try:
            reply: dict[str, Any] = {"delay": DELAY_DEFAULT_MS}
            if self.delay is not None:  # the code that runs now may have no function any more
                failure = self.run.guest.exception(error)
                reply["delay"] = await asked(self.delay, f"{self.name}-{self.count}", self._ctx(scope), failure)
        except BaseException as failed:
            if scope.silent:
                if isinstance(failed, GeneratorExit):
                    raise
                return
            reply = {"error": record_of(failed, traceback=self.run.guest.traceback(failed))}
        if scope.silent:
            return
        self.run.guest.output.end_line(scope)
        scope.finished = True
        self.run.say({"k": "delayed", "run": self.run.id, "key": self.key, "attempt": scope.attempt, **reply})

    def _ctx(self, scope: Scope) -> dict[str, Any]:
        return {
            "step": {"name": self.name, "count": self.count},
            "attempt": scope.attempt,
            "config": context_config(self.config),
        }

    async def _value(self, scope: Scope) -> Any:
        value = self.call(self._ctx(scope))
        if type(value) is CoroutineType or hasattr(value, "__await__"):
            value = await value
        return value

    async def _settled(self, scope: Scope, value: Any) -> dict[str, Any]:
        return await self._streamed(scope, value) if hasattr(type(value), "__aiter__") else self._outcome(value)

    async def _streamed(self, scope: Scope, stream: AsyncIterable[Any]) -> dict[str, Any]:
        """Send a stream in pieces, each once the engine has stored the one before."""
        run, sent = self.run, 0
        try:
            async for piece in pieces(stream):
                text = b64encode(piece).decode("ascii")
                if run.mediated:
                    await run.guest.pace.wait(len(text))
                if scope.silent:
                    break
                self.acknowledged = run.guest.loop.create_future()
                run.say(
                    {"k": "chunk", "run": run.id, "key": self.key, "attempt": scope.attempt, "chunk": sent,
                     "bytes": text}
                )  # fmt: skip
                await self.acknowledged
                sent += 1
        except StreamError as error:
            return {"fatal": record_of(error, traceback=run.guest.traceback(error))}
        return {"stream": sent}

    def stored(self, attempt: int) -> None:
        """Go on with the stream: the engine has stored its latest piece."""
        waiting = self.acknowledged
        if waiting is not None and not waiting.done() and self.scope is not None and self.scope.attempt == attempt:
            waiting.set_result(None)

    def _outcome(self, value: Any) -> dict[str, Any]:
        try:
            text = encode(value)
        except NotSerialisable as reason:
            record = {"name": "NotSerialisable", "message": not_serialisable(self.name), "traceback": str(reason)}
            return {"fatal": record}
        if too_large(text):
            raise WorkflowInternalError(output_too_large(f"{self.name}-{self.count}"))
        self.sent = text
        return {"value": text}
