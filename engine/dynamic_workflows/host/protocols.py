"""What the engine needs from the outside: a clock, entropy, storage and sandboxes.

Hosts (CPython, a browser tab, a test) implement these Protocols; the engine knows nothing else of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

Row = tuple[Any, ...]


class Clock(Protocol):
    """Time, in whole milliseconds. Due times follow ``now``; timeouts and watchdogs follow ``elapsed``."""

    def now(self) -> int:
        """Return the wall clock as milliseconds since the epoch."""

    def elapsed(self) -> int:
        """Return a monotonic clock in milliseconds; only differences mean anything."""

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` once after ``delay`` milliseconds and return a function that cancels it."""


class Entropy(Protocol):
    """Where identifiers come from, so that a seed reproduces them."""

    def instance_id(self) -> str:
        """Return a new instance id that obeys the id rule (1-100 of ``[a-zA-Z0-9_-]``)."""


class Listener(Protocol):
    """The engine's end of one sandbox."""

    def frame(self, text: str) -> None:
        """Take one frame that the guest posted."""

    def closed(self, reason: str) -> None:
        """Learn that the sandbox is gone: ``crashed``, ``killed``, ``abuse: …``, ``limit: …`` or ``frame lost``."""

    def wrote(self, text: str) -> None:
        """Take lines that a guest's process wrote outside its frames: they belong in the log."""


class Sandbox(Protocol):
    """A worker that runs the code of exactly one loader id."""

    def post(self, text: str) -> None:
        """Post one frame to the guest."""

    def destroy(self) -> None:
        """End the worker at once. Nothing arrives afterwards and ``closed`` is not called."""


class Sandboxes(Protocol):
    """Where sandboxes come from."""

    effects: Literal["mediated", "direct"]
    capacity: int  # how many are open at once
    most: int  # and how many while attempts in flight keep all of those

    async def open(self, loader_id: str, listener: Listener) -> Sandbox:
        """Return a worker that has never run tenant code.

        Raises:
            SandboxUnavailable: no worker could be started here.
        """

    async def close(self) -> None:
        """Destroy every sandbox."""


class Turn(Protocol):
    """One transaction of the engine."""

    number: int

    def input(self) -> AbstractContextManager[None]:
        """Fence one input: SQL it executed is undone when it raises."""

    def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for many rows."""


class Store(Protocol):
    """Durable storage: turns that commit, and a barrier that says when they have survived."""

    epoch: int
    previous: Literal["new", "clean", "unclean"]
    last_seen: int | None

    def turn(self) -> AbstractContextManager[Turn]:
        """Open a transaction, committed at exit and rolled back by an exception. There is no await inside."""

    async def durable(self, turn: int) -> int:
        """Return once everything up to ``turn`` survives a crash, with the last turn of which that is known.

        Raises:
            StorageFullError: there is no space; nothing more can be stored.
            StoreLost: the outcome is unknown or another engine owns the store.
        """

    async def close(self, at: int) -> None:
        """Record a clean end at ``at`` (epoch milliseconds) and release the store."""
