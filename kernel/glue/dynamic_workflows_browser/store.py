"""The engine's store in a browser: SQLite over a file in memory that JavaScript makes durable in IndexedDB."""

from __future__ import annotations

import asyncio

from pyodide.ffi import JsException

from dynamic_workflows.host.sqlite import MEMORY_FILE, SqliteTurns
from dynamic_workflows.shared.errors import StorageFullError, StoreLost

from .bridge import Bridge

MAIN = "main.sqlite"


class Fenced(StoreLost):
    """Raised when another engine has opened the database: this one may store nothing more and must not start again."""


class BrowserStore(SqliteTurns):
    """Turns over the main file; one flush is in the air at a time and covers every turn committed before it began."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge.file(MAIN), pragmas=MEMORY_FILE)
        self._bridge = bridge
        # The database's head knows better than its tables: it is written by every owner, before anything is read.
        self.epoch, self.previous = int(bridge.epoch), bridge.previous
        self.last_seen = None if bridge.last_seen is None else int(bridge.last_seen)
        self._durable = 0
        self._flight: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, bridge: Bridge) -> BrowserStore:
        """Open the store; the libraries that make a schema are fetched only when one has to be made.

        Raises:
            StoreTooNew: a newer release wrote it; it is left untouched.
        """
        try:
            return cls(bridge)
        except ModuleNotFoundError:
            await bridge.add_libraries()
            return cls(bridge)

    async def durable(self, turn: int) -> None:
        """Return once a flush that began after ``turn`` has completed.

        Raises:
            StorageFullError: the browser has no space left for this site.
            StoreLost: the outcome is unknown, or another engine has opened the database.
        """
        while self._durable < turn:
            if self._flight is None:
                self._flight = asyncio.ensure_future(self._flush(self._number))
            await asyncio.shield(self._flight)

    async def _flush(self, committed: int) -> None:
        try:
            await self._bridge.flush()
            self._durable = committed
        except JsException as error:
            raise named(error) from None
        finally:
            self._flight = None

    async def close(self, at: int) -> None:
        """Record a clean end at ``at`` and release the database."""
        self.mark_clean(at)
        self.connection.close()
        try:
            await self._bridge.close_files()
        except JsException as error:
            raise named(error) from None


def named(error: JsException) -> StorageFullError | StoreLost:
    """Return the engine's error for a failed flush."""
    if error.name == "StorageFullError":
        return StorageFullError(error.message)
    return Fenced(error.message) if error.name == "Fenced" else StoreLost(error.message)
