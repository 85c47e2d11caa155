"""The handlers of one run's rollbacks: registered as its steps come by, and run once the engine asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from dynamic_workflows.shared.limits import REBUILD_MS
from dynamic_workflows.shared.rollbacks import rollback_key, undone_key
from dynamic_workflows.shared.values import AttributeDict

from .attempts import Step
from .parameters import parameters

if TYPE_CHECKING:
    from .run import Run
    from .scope import Scope


class Rollback(NamedTuple):
    """What ``step.do`` was given to undo a step: a function, and the config of the step that runs it."""

    function: Callable[..., Any]
    config: dict[str, Any]
    delay: Callable[..., Any] | None = None  # the function that stands behind a dynamic config


@dataclass(frozen=True, slots=True)
class Handler:
    """A registered rollback: of which step, and in which context of tenant code."""

    rollback: Rollback
    name: str
    count: int
    context: Context


class Undo(Step):
    """An attempt of a handler; what the handler returns does not matter."""

    __slots__ = ()

    async def _settled(self, scope: Scope, value: Any) -> dict[str, Any]:
        return {"value": "null"}


class Rollbacks:
    """What one run can undo.

    A run that is woken only to roll back replays first: steps that are not finished stand still for ever, until
    every handler the engine will ask for is registered, or nothing moves.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._handlers: dict[str, Handler] = {}
        self._needed: set[str] = set()
        self._asked: Mapping[str, Any] | None = None
        self._until = 0
        self.rebuilding = False
        self.kept = False  # the run has failed and waits for the engine's word

    def __bool__(self) -> bool:
        return bool(self._handlers)

    def register(self, step: Step, rollback: Rollback) -> None:
        """Remember how to undo a step, from before its first attempt on; a later call of the step replaces it."""
        handler = Handler(rollback, step.name, step.count, step.context)
        self._handlers[rollback_key(step.key)] = handler

    def need(self, key: str) -> None:
        """Note that the engine will ask for the handler of a step."""
        self._needed.add(rollback_key(key))

    def forget(self) -> None:
        """Let the handlers go."""
        self._handlers.clear()
        self._asked = None

    # -- finding handlers by replay

    def rebuild(self) -> None:
        """Replay for the handlers alone."""
        guest = self._run.guest
        self.rebuilding = True
        self._until = guest.loop.time_ms() + REBUILD_MS
        guest.loop.call_later(REBUILD_MS / 1_000, _look_again)
        guest.rebuilding.append(self._run)

    def replayed(self) -> bool:
        """End the replay if it can find no more; called whenever nothing runs, says whether anything moved."""
        run = self._run
        found = self._needed <= self._handlers.keys() or not run.guest.loop.has_work(run.is_mine)
        if run.dead or not ((run.idle and found) or run.guest.loop.time_ms() >= self._until):
            return False
        self.rebuilding = False
        run.guest.rebuilding.remove(run)
        run.halt()
        if self._asked is not None:
            self._perform(self._asked)
        return True

    # -- from the engine

    def ask(self, message: Mapping[str, Any]) -> None:
        """Run one handler; code of the run itself goes no further."""
        self._asked = message
        if not self.rebuilding:
            if not self._run.halted:
                self._run.halt()
            self._perform(message)

    def _perform(self, message: Mapping[str, Any]) -> None:
        self._asked = None
        run, key = self._run, message["key"]
        handler = self._handlers.get(key)
        if handler is None:
            run.say({"k": "missing", "run": run.id, "key": key})
            return
        _, config, delay = handler.rollback
        undo = Undo(run, key, handler.name, handler.count, config, lambda ctx: self._call(handler, message), delay)
        undo.context = handler.context
        run.undo(undo, message["attempt"])

    def _call(self, handler: Handler, message: Mapping[str, Any]) -> Any:
        function = handler.rollback.function
        if not parameters(function).names:
            return function()
        output = message.get("output")
        return function(
            AttributeDict(
                ctx=message["ctx"],
                error=self._error(message["error"]),
                output=None if output is None else self._run.value(undone_key(message["key"]), output),
                stepName=f"{handler.name}-{handler.count}",
            )
        )

    def _error(self, record: Mapping[str, Any]) -> Exception:
        """Return the error as an exception whose ``name`` and ``message`` can be read, as they can elsewhere."""
        error = self._run.guest.exception(record)
        for field in ("name", "message"):
            if getattr(error, field, None) is None:
                with suppress(AttributeError, TypeError):  # a tenant's class that does not allow it
                    setattr(error, field, record[field])
        return error


def _look_again() -> None:
    """Make the loop turn once more."""
