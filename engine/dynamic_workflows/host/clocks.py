"""Clocks and entropy: the system's, and ones that tests set."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any


class SystemClock:
    """The machine's clock on the running event loop."""

    def now(self) -> int:
        """Return the wall clock in epoch milliseconds."""
        return int(time.time() * 1000)

    def elapsed(self) -> int:
        """Return the monotonic clock in milliseconds."""
        return int(time.monotonic() * 1000)

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` after ``delay`` milliseconds; returns what cancels it."""
        return asyncio.get_running_loop().call_later(delay / 1000, callback).cancel


class TestClock:
    """A clock that moves only when a test moves it."""

    __test__ = False

    def __init__(self, start: int = 1_790_000_000_000) -> None:
        self._wall, self._elapsed = start, 0
        self._order = itertools.count()
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self._cancelled: set[int] = set()
        self.skip: Callable[[asyncio.Future[Any]], Awaitable[None]] | None = None  # moves time for one who waits

    def now(self) -> int:
        """Return the wall clock in epoch milliseconds."""
        return self._wall

    def elapsed(self) -> int:
        """Return the monotonic clock in milliseconds."""
        return self._elapsed

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when the clock has moved on by ``delay`` milliseconds; returns what cancels it."""
        order = next(self._order)
        heapq.heappush(self._heap, (self._elapsed + max(0, delay), order, callback))
        return lambda: self._cancelled.add(order)

    def set_wall(self, now: int) -> None:
        """Set the wall clock, forwards or backwards, without any time passing."""
        self._wall = now

    def next_in(self) -> int | None:
        """Return in how many milliseconds the next callback is due, or None when there is none."""
        while self._heap and self._heap[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._heap)[1])
        return max(0, self._heap[0][0] - self._elapsed) if self._heap else None

    async def advance(self, milliseconds: int, *, rest: int = 50) -> None:
        """Let time pass: every callback at its own moment, and ``rest`` passes of the loop after each."""
        end = self._elapsed + milliseconds
        await passes(rest)
        while self._heap and self._heap[0][0] <= end:
            at, order, callback = heapq.heappop(self._heap)
            self._move(at)
            if order in self._cancelled:
                self._cancelled.discard(order)
                continue
            callback()
            await passes(rest)
        self._move(end)
        await passes(rest)

    def _move(self, elapsed: int) -> None:
        step = max(0, elapsed - self._elapsed)
        self._elapsed += step
        self._wall += step


async def passes(count: int) -> None:
    """Let the event loop turn ``count`` times."""
    for _ in range(count):
        await asyncio.sleep(0)


class SystemEntropy:
    """Identifiers from the operating system."""

    def instance_id(self) -> str:
        """Return 128 random bits in hexadecimal."""
        return secrets.token_hex(16)


class SeededEntropy:
    """Identifiers from a seed, so that a test reproduces them."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)

    def instance_id(self) -> str:
        """Return 128 pseudo-random bits in hexadecimal."""
        return f"{self._random.getrandbits(128):032x}"
