"""``run_sync``: code that is not async waits for an answer, where the host can let a whole Python stack stand still.

Such a stack leaves its turn in the middle. Everything a turn puts in place is taken away meanwhile, other turns go on,
and it gets a turn of its own once its answer is there: the loop counts as busy until then, so that replays see the same
order of answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from dynamic_workflows.shared.limits import BLOCKED_MAX

from .scope import SCOPE, Scope, Suspended

if TYPE_CHECKING:
    from .run import Run

T = TypeVar("T")
_INSTEAD = "Make the function async def, and await."


class Pause(Protocol):
    """One stack that stands still, once."""

    def wait(self) -> None:
        """Stand still until woken; other calls from the host run meanwhile."""

    def wake(self) -> None:
        """Let the stack go on as soon as the host's current call has returned."""


class Switch(Protocol):
    """How a host lets stacks stand still."""

    def possible(self) -> bool:
        """Return whether the stack that asks can: nothing but Python is on it."""

    def pause(self) -> Pause:
        """Return what one stack waits with."""


class Blocking:
    """The stacks of a guest that stand still.

    Args:
        switch: the host's way to do it, or None where it has none.
        leave: takes away what a turn has put in place; asks the host for another turn.
        enter: puts it in place again.
    """

    def __init__(self, switch: Switch | None, leave: Callable[[], None], enter: Callable[[], None]) -> None:
        self._switch, self._leave, self._enter = switch, leave, enter
        self._still: dict[Pause, Scope] = {}
        self._woken: dict[Pause, Scope] = {}

    @property
    def due(self) -> bool:
        """Whether a stack goes on as soon as this turn is over."""
        return bool(self._woken)

    @property
    def possible(self) -> bool:
        """Whether the code that asks could wait."""
        scope = SCOPE.get()
        if self._switch is None or scope is None or not (scope.run is not None or scope.asked is not None):
            return False
        return _task() is not None and self._switch.possible()

    def wait(self, awaitable: Awaitable[T]) -> T:
        """Return the result of an awaitable; the caller stands still until it is there.

        Raises:
            RuntimeError: this stack cannot stand still, or too many do.
            Suspended: its run or attempt was given up meanwhile.
        """
        self._check(awaitable)
        scope = SCOPE.get()
        assert scope is not None
        given_up = scope.silent
        if given_up:
            _drop(awaitable)
            raise Suspended
        future = asyncio.ensure_future(awaitable)
        if not future.done():
            self._stand_still(scope, future)
        if scope.silent:
            future.cancel()
            raise Suspended
        return future.result()

    def goes_on(self, run: Run) -> bool:
        """Return whether a stack of a run goes on as soon as this turn is over."""
        return any(scope.run is run for scope in self._woken.values())

    def give_up(self) -> None:
        """Wake every stack whose code has been abandoned."""
        for pause, scope in list(self._still.items()):
            if scope.silent:
                self._wake(pause)

    def _stand_still(self, scope: Scope, future: asyncio.Future[Any]) -> None:
        assert self._switch is not None
        pause = self._switch.pause()
        self._still[pause] = scope
        future.add_done_callback(lambda _: self._wake(pause))
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        asyncio.tasks._leave_task(loop, task)
        self._leave()
        try:
            pause.wait()
        finally:
            self._enter()
            asyncio.tasks._enter_task(loop, task)
            self._still.pop(pause, None)
            self._woken.pop(pause, None)

    def _wake(self, pause: Pause) -> None:
        scope = self._still.pop(pause, None)
        if scope is not None:
            self._woken[pause] = scope
            pause.wake()

    def _check(self, awaitable: object) -> None:
        if self._switch is None:
            text = f"run_sync() cannot wait here: this sandbox has no way to let Python stand still (JSPI). {_INSTEAD}"
        elif not self.possible:
            text = f"run_sync() can wait inside a run, a step or a request, not here. {_INSTEAD}"
        elif len(self._still) >= BLOCKED_MAX:
            text = f"More than {BLOCKED_MAX} calls of run_sync() wait in this sandbox. {_INSTEAD}"
        else:
            return
        _drop(awaitable)
        raise RuntimeError(text)


def run_sync(awaitable: Awaitable[T]) -> T:
    """Return the result of an awaitable from code that is not async: ``pyodide.ffi.run_sync`` in a sandbox."""
    scope = SCOPE.get()
    if scope is None:
        _drop(awaitable)
        raise RuntimeError(f"run_sync() can wait inside a run, a step or a request, not here. {_INSTEAD}")
    return scope.guest.blocking.wait(awaitable)


def can_run_sync() -> bool:
    """Return whether ``run_sync`` can wait here."""
    scope = SCOPE.get()
    return scope is not None and scope.guest.blocking.possible


def _task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def _drop(awaitable: object) -> None:
    """End a coroutine that nobody will await."""
    if asyncio.iscoroutine(awaitable):
        awaitable.close()
