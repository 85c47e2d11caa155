"""Sandboxes that can be waited for: time may move only once every guest has worked off all it was sent."""

from __future__ import annotations

import asyncio
import itertools

from dynamic_workflows.host.protocols import Listener, Sandbox, Sandboxes
from dynamic_workflows.shared.errors import ProtocolError
from dynamic_workflows.shared.protocol import decode_frame, encode_frame

FIRST = 1 << 40  # numbers of pings that are not the engine's


class QuietSandboxes:
    """Passes everything on to other sandboxes, of whatever kind, and pings each guest to learn that it is done.

    A guest answers in order, so its answer comes after whatever it said to all that was sent before.
    """

    def __init__(self, sandboxes: Sandboxes) -> None:
        self._sandboxes = sandboxes
        self.effects, self.capacity, self.most = sandboxes.effects, sandboxes.capacity, sandboxes.most
        self.trusted: dict[str, dict[str, type]] | None = getattr(sandboxes, "trusted", None)
        self.open_now: set[QuietSandbox] = set()
        self._starting: set[asyncio.Future[None]] = set()
        self._numbers = itertools.count(FIRST)

    async def open(self, loader_id: str, listener: Listener) -> QuietSandbox:
        """Return a worker that has never run tenant code.

        Raises:
            SandboxUnavailable: no worker could be started here.
        """
        sandbox = QuietSandbox(self, listener)
        started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._starting.add(started)
        try:
            sandbox.inner = await self._sandboxes.open(loader_id, sandbox)
            self.open_now.add(sandbox)
        finally:
            self._starting.discard(started)
            started.set_result(None)
        return sandbox

    async def close(self) -> None:
        """Destroy every sandbox."""
        for sandbox in list(self.open_now):
            sandbox.destroy()
        await self._sandboxes.close()

    async def quiet(self) -> None:
        """Return once no guest is starting and each has answered to all it was sent, or has ended."""
        while self._starting:
            await asyncio.wait(list(self._starting))
        answers = [sandbox.ping(next(self._numbers)) for sandbox in self.open_now]
        if answers:
            await asyncio.wait(answers)


class QuietSandbox:
    """One sandbox and the engine's end of it, with the answers to our own pings taken out in between."""

    inner: Sandbox

    def __init__(self, owner: QuietSandboxes, listener: Listener) -> None:
        self._owner, self._listener = owner, listener
        self._pings: dict[int, asyncio.Future[None]] = {}

    def ping(self, number: int) -> asyncio.Future[None]:
        """Ask the guest whether it is done; the future is, once it answers or ends."""
        answer = self._pings[number] = asyncio.get_running_loop().create_future()
        self.inner.post(encode_frame([{"k": "ping", "n": number}]))
        return answer

    # -- the engine's side of it

    def post(self, text: str) -> None:
        """Post one frame to the guest."""
        self.inner.post(text)

    def destroy(self) -> None:
        """End the worker at once."""
        self._ended()
        self.inner.destroy()

    # -- the guest's side of it

    def frame(self, text: str) -> None:
        """Pass a frame on, unless it only answers to us."""
        if not self._is_ours(text):
            self._listener.frame(text)

    def closed(self, reason: str) -> None:
        """Learn that the sandbox is gone."""
        self._ended()
        self._listener.closed(reason)

    def wrote(self, text: str) -> None:
        """Pass on what the guest's process wrote."""
        self._listener.wrote(text)

    def _is_ours(self, text: str) -> bool:
        if not self._pings or '"pong"' not in text:
            return False
        try:
            messages = decode_frame(text).messages
        except ProtocolError:
            return False
        ours = [self._pings.pop(m.get("re", 0), None) for m in messages if m.get("k") == "pong"]
        for answer in ours:
            if answer is not None and not answer.done():
                answer.set_result(None)
        return len(ours) == len(messages) and None not in ours

    def _ended(self) -> None:
        self._owner.open_now.discard(self)
        for answer in self._pings.values():
            if not answer.done():
                answer.set_result(None)
        self._pings.clear()
