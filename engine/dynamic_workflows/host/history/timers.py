"""Due times: the durable ones of all instances, and the attempts' deadlines of this engine's life."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

HOUR = 3_600_000


class Due(NamedTuple):
    """A durable timer as it was armed; the instance says whether it still stands."""

    due: int  # wall time
    order: int
    uid: int
    key: str


class Timers:
    """A heap over table ``timer``. Stale entries stay until they surface; the caller checks each."""

    def __init__(self) -> None:
        self._heap: list[Due] = []
        self._order = itertools.count()

    def add(self, rows: Iterable[tuple[int, str, str, int]]) -> None:
        """Take rows ``(uid, key, kind, due)`` of table ``timer``, in the order of their registration."""
        for uid, key, _, due in rows:
            heapq.heappush(self._heap, Due(due, next(self._order), uid, key))

    def take(self, now: int) -> Iterator[Due]:
        """Yield what is due, by (due, order)."""
        while self._heap and self._heap[0].due <= now:
            yield heapq.heappop(self._heap)

    def next(self) -> int | None:
        """Return the next due time, stale or not."""
        return self._heap[0].due if self._heap else None


class Deadline(NamedTuple):
    """When an attempt in flight times out, on the monotonic clock."""

    at: int
    order: int
    activation: int
    key: str
    attempt: int


class Deadlines:
    """A heap of the attempts in flight."""

    def __init__(self) -> None:
        self._heap: list[Deadline] = []
        self._order = itertools.count()

    def add(self, at: int, activation: int, key: str, attempt: int) -> None:
        """Arm the deadline of one attempt."""
        heapq.heappush(self._heap, Deadline(at, next(self._order), activation, key, attempt))

    def take(self, elapsed: int) -> Iterator[Deadline]:
        """Yield what has passed."""
        while self._heap and self._heap[0].at <= elapsed:
            yield heapq.heappop(self._heap)

    def next(self) -> int | None:
        """Return the next deadline, stale or not."""
        return self._heap[0].at if self._heap else None
