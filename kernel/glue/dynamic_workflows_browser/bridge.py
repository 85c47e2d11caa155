"""What the engine worker's JavaScript offers to Python (`engine-worker.js`, `bridgeTo`)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal, Protocol


class SandboxHandle(Protocol):
    """JavaScript's end of one sandbox."""

    def post(self, text: str) -> None:
        """Post one frame to the guest."""

    def destroy(self) -> None:
        """End the worker; nothing arrives afterwards."""


class Bridge(Protocol):
    """Storage, sandboxes and clients, as JavaScript keeps them. Errors arrive as `JsException` with a `name`."""

    epoch: int
    read_only: bool
    previous: Literal["new", "clean", "unclean"]
    last_seen: int | None
    world_delay: int
    clock_offset: int
    budget: int

    def file(self, name: str) -> str:
        """Return the path of a durable file, created when it does not exist."""

    def alarm(self, delay: int) -> None:
        """Ask for a turn in so many milliseconds; a later request never cancels an earlier one."""

    def report(self, text: str) -> None:
        """Show a defect in the browser's console."""

    def flush(self) -> None:
        """Store every file as it is now; ``Engine.flushed`` is called when that is done. One at a time."""

    def beat(self) -> None:
        """Note that the engine is alive, for the ``last_seen`` of the next one."""

    def replace(self, name: str, content: object) -> Awaitable[None]:
        """Store other content in place of a file that nobody has open."""

    def close_files(self) -> Awaitable[None]:
        """Store what is left, mark a clean end and release the database."""

    def add_libraries(self) -> Awaitable[None]:
        """Put sqlite-utils on the path."""

    def open_sandbox(
        self, loader: str, onframe: Callable[[str], None], onclosed: Callable[[str], None]
    ) -> Awaitable[SandboxHandle]:
        """Return a sandbox that has never run tenant code."""

    def event(self, text: str) -> None:
        """Tell every client."""

    def cut(self) -> None:
        """End this worker now: nothing that follows is carried out. It does not return."""

    def lost(self, name: str, message: str, unstored: int) -> None:
        """Say that this engine has failed, and how many steps found no room; the page starts another one."""
