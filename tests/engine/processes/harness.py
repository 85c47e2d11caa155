"""A house whose guests are processes: the set clock moves only when every process has said all it has to say."""

from __future__ import annotations

import asyncio
import itertools

from dynamic_workflows.host.clocks import passes
from dynamic_workflows.host.protocols import Listener
from dynamic_workflows.shared.protocol import decode_frame, encode_frame
from dynamic_workflows.subprocesses import SubprocessSandbox, SubprocessSandboxes
from tests.engine.host.harness import House

FIRST = 1 << 40  # numbers of pings that are the test's own


class Overheard:
    """Stands between a process and the engine, and keeps the answers to the test's own pings."""

    def __init__(self, listener: Listener, pongs: dict[int, asyncio.Event]) -> None:
        self._listener, self._pongs = listener, pongs
        self.ends: list[str] = []

    def frame(self, text: str) -> None:
        messages = decode_frame(text).messages
        mine = [m["re"] for m in messages if m["k"] == "pong" and m["re"] in self._pongs]
        for number in mine:
            self._pongs[number].set()
        if len(mine) != len(messages):
            self._listener.frame(text)

    def closed(self, reason: str) -> None:
        self.ends.append(reason)
        self._listener.closed(reason)

    def wrote(self, text: str) -> None:
        self._listener.wrote(text)


class QuietSandboxes(SubprocessSandboxes):
    """Processes that can be waited for: ``quiet`` returns when each has worked off everything it was sent."""

    def __init__(self, *, capacity: int) -> None:
        super().__init__(capacity=capacity)
        self.running: list[tuple[SubprocessSandbox, Overheard]] = []
        self._starting = 0
        self._started = asyncio.Condition()
        self._pongs: dict[int, asyncio.Event] = {}
        self._numbers = itertools.count(FIRST)

    async def open(self, loader_id: str, listener: Listener) -> SubprocessSandbox:
        overheard = Overheard(listener, self._pongs)
        self._starting += 1
        try:
            sandbox = await super().open(loader_id, overheard)
            self.running.append((sandbox, overheard))
            return sandbox
        finally:
            self._starting -= 1
            async with self._started:
                self._started.notify_all()

    async def quiet(self) -> None:
        async with self._started:
            await self._started.wait_for(lambda: self._starting == 0)
        await asyncio.gather(*(self._quiet(sandbox) for sandbox, _ in self.running if not sandbox.ended.is_set()))

    async def _quiet(self, sandbox: SubprocessSandbox) -> None:
        number = next(self._numbers)
        pong = self._pongs[number] = asyncio.Event()
        sandbox.post(encode_frame([{"k": "ping", "n": number}]))
        waits = [asyncio.ensure_future(event.wait()) for event in (pong, sandbox.ended)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


class ProcessHouse(House):
    """One platform over a SQLite file, a set clock and guests in processes."""

    sandboxes: QuietSandboxes

    def guests(self) -> QuietSandboxes:
        return QuietSandboxes(capacity=self.capacity)

    async def settle(self, rest: int = 50) -> None:
        before = -1
        while before != self.engine.core.turns:
            before = self.engine.core.turns
            await passes(rest)
            await self.sandboxes.quiet()
            await passes(rest)

    async def advance(self, milliseconds: int) -> None:
        await self.settle()
        end = self.clock.elapsed() + milliseconds
        while self.clock._heap and self.clock._heap[0][0] <= end:
            await self.clock.advance(self.clock._heap[0][0] - self.clock.elapsed(), rest=5)
            await self.settle()
        await self.clock.advance(end - self.clock.elapsed(), rest=5)
        await self.settle()
