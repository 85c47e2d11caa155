"""A store that keeps only what was flushed, and crashes at the flush a test names."""

from __future__ import annotations

import random

from dynamic_workflows.host.history.sqlite import SqliteStore
from dynamic_workflows.shared.errors import StoreLost


class Disk:
    """What survives: the image of the last finished flush. ``chance`` of a crash at each flush, by a seed."""

    def __init__(self, seed: int, chance: float) -> None:
        self.image: bytes | None = None
        self.random = random.Random(seed)
        self.chance = chance
        self.crashes: list[str] = []


class VolatileStore(SqliteStore):
    """A database in memory over a ``Disk``.

    A crash before the image is taken loses the turn; one after it keeps the turn, of which nothing was said yet.
    """

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        super().__init__(":memory:", image=disk.image)

    async def durable(self, turn: int) -> int:
        """Take the image, or crash before or after it."""
        fate = self._disk.random.random()
        if fate < self._disk.chance / 2:
            self._disk.crashes.append(f"before {turn}")
            raise StoreLost(f"crashed before turn {turn} was stored")
        self._disk.image = self.connection.serialize()
        if fate < self._disk.chance:
            self._disk.crashes.append(f"after {turn}")
            raise StoreLost(f"crashed after turn {turn} was stored")
        return self._number

    async def close(self, at: int) -> None:
        """Leave without a word, like a process that was killed."""
        self.connection.close()
