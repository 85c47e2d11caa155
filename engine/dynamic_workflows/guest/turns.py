"""The event loop of a guest: turns in which every task belongs to the run whose code created it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from contextvars import Context, copy_context
from typing import Any, TypeVar

from dynamic_workflows.shared.turns import TurnLoop, awaited

from .scope import SCOPE

T = TypeVar("T")


class GuestLoop(TurnLoop):
    """A turn loop that knows whose code a callback is, so that a run can be dropped where it stands."""

    def has_work(self, mine: Callable[[Context], bool]) -> bool:
        """Return whether a callback or a timer is left whose context is ``mine``."""
        pending = [*self._ready, *(timer for _, _, timer in self._timers)]
        return any(mine(_context(handle)) for handle in pending if not handle.cancelled())

    def purge(self, dead: Callable[[Context], bool]) -> None:
        """Forget every callback and timer whose context is ``dead``."""
        kept = [handle for handle in self._ready if not dead(_context(handle))]
        if len(kept) != len(self._ready):
            self._ready.clear()
            self._ready.extend(kept)
        timers = [entry for entry in self._timers if not dead(_context(entry[2]))]
        if len(timers) != len(self._timers):
            heapq.heapify(timers)
            self._timers = timers

    def _note_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        scope = SCOPE.get()
        if scope is not None and scope.run is not None:
            scope.run.generators[generator] = copy_context()

    def _close_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        scope = SCOPE.get()
        if scope is not None and not scope.silent:
            self.create_task(generator.aclose())

    def create_task(
        self,
        coro: Awaitable[T] | Generator[Any, None, T],
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[T]:
        """Return a task; it belongs to the run whose code creates it. Futures and other awaitables will do too."""
        coroutine = coro if asyncio.iscoroutine(coro) else awaited(coro)  # type: ignore[arg-type]
        own = context if context is not None else copy_context()
        task = asyncio.Task(coroutine, loop=self, name=name, context=own, **options)
        scope = own.get(SCOPE)
        if scope is not None and scope.run is not None:
            if scope.run.dead and not task.done():
                self._ready.pop()
                close_task(task, own)
            else:
                scope.run.own(task, own)
        return task


def _context(handle: asyncio.Handle) -> Context:
    context: Context = handle._context  # type: ignore[attr-defined]
    return context


def close_generator(generator: AsyncGenerator[Any, Any], context: Context) -> bool:
    """End an asynchronous generator where it stands; return whether its code let it."""
    try:
        context.run(generator.aclose().send, None)
    except StopIteration:
        return True
    except BaseException:
        return getattr(generator, "ag_frame", None) is None
    return False


def close_task(task: asyncio.Task[Any], context: Context) -> Coroutine[Any, Any, Any] | None:
    """End a task's coroutine where it stands; return it when its code refuses to end."""
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    coroutine = task.get_coro()
    if task.done() or not asyncio.iscoroutine(coroutine):
        return None
    for _ in range(8):  # each "await" in a "finally" swallows one
        try:
            context.run(coroutine.close)
            return None
        except BaseException:
            continue
    return coroutine
