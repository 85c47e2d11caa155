"""Who is running: every task and callback of tenant code carries its scope in a context variable."""

from __future__ import annotations

from asyncio import Future
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from dynamic_workflows.shared.rollbacks import is_rollback

if TYPE_CHECKING:
    from .run import Run
    from .worker import Guest


class Suspended(BaseException):
    """Raised into code of a run that has been parked: nothing it does counts any more. Not an ``Exception``."""


class Scope:
    """A piece of tenant code that runs: a worker's loading, a run, an attempt of a step, or a call of a service."""

    __slots__ = ("asked", "attempt", "finished", "guest", "key", "logged", "pending", "run", "stale")

    def __init__(
        self,
        guest: Guest,
        run: Run | None = None,
        *,
        key: str | None = None,
        attempt: int = 0,
        asked: int | None = None,
    ) -> None:
        self.guest = guest
        self.run = run
        self.key = key
        self.attempt = attempt
        self.asked = asked  # the number of the invoke message this answers
        self.stale = False  # abandoned: nothing of it shows any more
        self.logged = 0  # lines, where there is no run to count them
        self.pending: list[Future[Any]] = []  # what waitUntil was given, of a call of a service
        self.finished = False  # an attempt that reported; what it left behind counts as its run's

    @property
    def silent(self) -> bool:
        """Whether nothing of this code may show any more; once its run is halted, only handlers of rollbacks show."""
        run = self.run
        if self.stale or run is None:
            return self.stale
        return run.dead or (run.halted and (self.key is None or not is_rollback(self.key)))

    def fields(self) -> dict[str, object]:
        """Return the fields that tell the engine where a message came from."""
        if self.run is None:
            return {} if self.asked is None else {"re": self.asked}
        if self.key is None or self.finished:
            return {"run": self.run.id}
        return {"run": self.run.id, "key": self.key, "attempt": self.attempt}


SCOPE: ContextVar[Scope | None] = ContextVar("dynamic_workflows_scope", default=None)
