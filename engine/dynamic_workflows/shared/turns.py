"""asyncio in turns: one call drains every ready callback and every due timer, then returns to the host.

The host's own loop gives each callback a task of its own (26-57 us in a browser); a turn costs 1-3 us a callback.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import sys
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextvars import Context
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
BUDGET_MS = 8  # of work in one turn; then timers and messages of the host get their chance
ARM_MAX_MS = 3_600_000
PASSES_MAX = 1_000  # a loop busy for longer counts as quiet: it spins


_Loop: Any = asyncio.AbstractEventLoop  # only the parts that tasks, futures and timers use are there


class TurnLoop(_Loop):  # type: ignore[misc]
    """An event loop that runs only inside ``turn``, with a clock and timers from outside.

    Args:
        arm: asks the host to call ``turn`` in so many milliseconds; a later request never cancels an earlier one.
        elapsed: a monotonic clock in milliseconds.
    """

    def __init__(self, arm: Callable[[int], None], elapsed: Callable[[], int]) -> None:
        self._arm = arm
        self._elapsed = elapsed
        self._ready: deque[asyncio.Handle] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._ticks = itertools.count()
        self._cancelled = 0
        self._armed_soon = False
        self._armed_for: float | None = None
        self._stop = 0
        self._passes = 0
        self._inside = False
        self._outside: tuple[Any, Any] = (None, (None, None))
        self.failed: Callable[[dict[str, Any]], None] = lambda context: None

    # -- the turn

    def turn(self, work: Callable[[], object], settle: Callable[[], bool]) -> None:
        """Do ``work``, then run what is ready; ``settle`` is called whenever the loop is quiet and says "go on".

        Call it from the host's side only, never from inside a task or another turn.
        """
        self.enter()
        try:
            work()
            self._due()
            while self._drain() and settle():
                pass
        finally:
            self.leave()
            self._rearm()

    def enter(self) -> None:
        """Put in place what tasks expect; the budget of a turn begins."""
        self._outside = asyncio._get_running_loop(), sys.get_asyncgen_hooks()
        asyncio._set_running_loop(self)
        sys.set_asyncgen_hooks(firstiter=self._note_generator, finalizer=self._close_generator)
        self._inside = True
        self._stop = self._elapsed() + BUDGET_MS

    def leave(self) -> None:
        """Put back what was in place before."""
        before, hooks = self._outside
        self._inside = False
        sys.set_asyncgen_hooks(*hooks)
        asyncio._set_running_loop(before)

    def pause(self) -> None:
        """Leave a turn in its middle: its stack stands still, and the host is asked for another turn."""
        self.leave()
        self._armed_soon = True
        self._arm(0)

    def woken(self) -> None:
        """Note that a turn which the host was asked for has come."""
        self._armed_soon = False
        if self._armed_for is not None and self._armed_for <= self._elapsed() + 2:  # timers may fire early
            self._armed_for = None

    def _drain(self) -> bool:
        """Run ready callbacks; return whether the loop is quiet (or only spins), False when the budget is used up."""
        ready = self._ready
        while ready:
            for count in range(len(ready)):
                handle = ready.popleft()
                if not handle._cancelled:
                    _call(handle)
                if not ready:  # the last one, or abandoned by it
                    break
                if count & 63 == 63 and self._elapsed() >= self._stop:
                    return False
            self._passes += 1
            if self._passes >= PASSES_MAX:
                self._passes = 0
                return True
            if ready and self._elapsed() >= self._stop:
                return False
        self._passes = 0
        return True

    def _due(self) -> None:
        now = self._elapsed() / 1_000 + 0.0005
        while self._timers and self._timers[0][0] <= now:
            self._ready.append(heapq.heappop(self._timers)[2])

    def _rearm(self) -> None:
        if self._ready:
            if not self._armed_soon:
                self._armed_soon = True
                self._arm(0)
            return
        while self._timers and self._timers[0][2]._cancelled:
            heapq.heappop(self._timers)
        if not self._timers:
            return
        now = self._elapsed()
        delay = min(max(0, math.ceil(self._timers[0][0] * 1_000 - now - 0.5)), ARM_MAX_MS)
        if self._armed_for is None or now + delay < self._armed_for:
            self._armed_for = now + delay
            self._arm(delay)

    def _note_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """Learn of an asynchronous generator that begins."""

    def _close_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        self.create_task(generator.aclose())

    # -- what asyncio asks of a loop

    def time(self) -> float:
        """Return the clock in seconds."""
        return self._elapsed() / 1_000

    def time_ms(self) -> int:
        """Return the clock in milliseconds."""
        return self._elapsed()

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> asyncio.Handle:
        """Run a callback in this turn, or in one that the host is asked for."""
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        if not self._inside and not self._armed_soon:
            self._armed_soon = True
            self._arm(0)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run a callback after ``delay`` seconds."""
        return self.call_at(self.time() + max(0, delay), callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Run a callback at a time of this loop's clock."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        if when != math.inf:
            heapq.heappush(self._timers, (when, next(self._ticks), handle))
            if not self._inside:
                self._rearm()
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        self._cancelled += 1
        if self._cancelled > 100 and self._cancelled * 2 > len(self._timers):
            self._cancelled = 0
            self._timers = [entry for entry in self._timers if not entry[2]._cancelled]
            heapq.heapify(self._timers)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Awaitable[T] | Generator[Any, None, T],
        *,
        name: str | None = None,
        context: Context | None = None,
        **options: Any,
    ) -> asyncio.Task[T]:
        """Return a task. Futures and other awaitables will do too."""
        coroutine = coro if asyncio.iscoroutine(coro) else awaited(coro)  # type: ignore[arg-type]
        return asyncio.Task(coroutine, loop=self, name=name, context=context, **options)

    def get_debug(self) -> bool:
        """Return False: slow callbacks are the host's watchdog's business."""
        return False

    def set_debug(self, enabled: bool) -> None:
        """Do nothing."""

    def is_running(self) -> bool:
        """Return whether a turn is going on."""
        return self._inside

    def is_closed(self) -> bool:
        """Return False."""
        return False

    def close(self) -> None:
        """Do nothing: the loop ends with its worker."""

    def stop(self) -> None:
        """Do nothing: a turn ends by itself."""

    async def shutdown_asyncgens(self) -> None:
        """Do nothing."""

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Do nothing: there is none."""

    def get_exception_handler(self) -> None:
        """Return None: `failed` is told of errors that nobody awaited."""

    def get_task_factory(self) -> None:
        """Return None."""

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an error nobody awaited."""
        self.failed(context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Report an error nobody awaited."""
        self.failed(context)

    def run_forever(self) -> NoReturn:
        """Refuse: turns run this loop."""
        raise RuntimeError("This event loop runs already; use await.")

    def run_until_complete(self, future: Any) -> NoReturn:
        """Refuse: turns run this loop."""
        if asyncio.iscoroutine(future):
            future.close()
        self.run_forever()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:
        """Refuse: there are no threads here."""
        raise RuntimeError("There are no threads in a sandbox; call the function directly.")


async def awaited(awaitable: Awaitable[T]) -> T:
    """Return the result of anything that can be awaited."""
    return await awaitable


def _call(handle: asyncio.Handle) -> None:
    try:
        handle._run()
    except BaseException:
        # SystemExit and KeyboardInterrupt: the task carries them to whoever awaits it.
        return
