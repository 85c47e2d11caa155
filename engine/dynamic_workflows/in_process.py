"""Sandboxes without walls: guests in this process, for tests and for code the host trusts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from tempfile import TemporaryDirectory
from typing import Literal

from .guest.worker import Guest
from .host.protocols import Clock, Listener
from .shared.limits import SANDBOXES


class InProcessSandboxes:
    """Runs each worker as a guest of its own in this process, with its own event loop and modules.

    Tenant code that never returns hangs the process, and nothing keeps it from reaching anything.

    Args:
        capacity: how many workers may be open at once; twice as many while attempts keep all of them.
        effects: whether guests wait for the engine's word before each attempt (``direct``) or not (``mediated``).
    """

    def __init__(
        self, clock: Clock, *, capacity: int = SANDBOXES, effects: Literal["mediated", "direct"] = "direct"
    ) -> None:
        self.effects: Literal["mediated", "direct"] = effects
        self.capacity, self.most = capacity, 2 * capacity
        self.trusted: dict[str, dict[str, type]] = {}
        self._clock = clock
        self._open: set[InProcessSandbox] = set()

    async def open(self, loader_id: str, listener: Listener) -> InProcessSandbox:
        """Return a worker that has never run tenant code."""
        sandbox = InProcessSandbox(self._clock, listener, self.trusted, self._open)
        self._open.add(sandbox)
        return sandbox

    async def close(self) -> None:
        """Destroy every sandbox."""
        for sandbox in list(self._open):
            sandbox.destroy()


class InProcessSandbox:
    """One guest. Frames cross on the host's event loop, one callback each, so neither side calls into the other."""

    def __init__(
        self, clock: Clock, listener: Listener, trusted: dict[str, dict[str, type]], peers: set[InProcessSandbox]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._listener: Listener | None = listener
        self._peers = peers
        self._folder: TemporaryDirectory[str] | None = None
        self._guest = Guest(post=self._say, arm=self._arm, elapsed=clock.elapsed, trusted=trusted, folder=self._place)

    def post(self, text: str) -> None:
        """Post one frame to the guest."""
        self._soon(lambda: self._guest.receive(text))

    def destroy(self) -> None:
        """End the worker at once."""
        if self._listener is None:
            return
        self._listener = None
        self._peers.discard(self)
        self._guest.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _place(self, names: Iterable[str]) -> str | None:
        """Return a folder for code with files to read; most code has none."""
        if all(name.endswith(".py") for name in names):
            return None
        self._folder = TemporaryDirectory(prefix="dynamic-workflows-")
        return self._folder.name

    def _say(self, text: str) -> None:
        listener = self._listener
        if listener is not None:
            self._soon(lambda: listener.frame(text))

    def _arm(self, delay: int) -> None:
        if delay <= 0:
            self._soon(self._guest.turn)
        else:
            self._clock.call_later(delay, lambda: self._soon(self._guest.turn))

    def _soon(self, action: object) -> None:
        self._loop.call_soon(self._alive, action)

    def _alive(self, action: object) -> None:
        if self._listener is not None and callable(action):
            action()
