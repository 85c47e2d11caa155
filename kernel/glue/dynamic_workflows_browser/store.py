"""The engine's store in a browser: SQLite over a file in memory that JavaScript makes durable in IndexedDB."""

from __future__ import annotations

import asyncio
import sqlite3

from pyodide.ffi import JsException, to_js

from dynamic_workflows.host.history.sqlite import MEMORY_FILE, SqliteTurns
from dynamic_workflows.host.tenants.copies import merged
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
        self._flying: int | None = None  # the last turn that the flush in the air covers
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._durable = 0
        self._stored = self._covered = self._position()  # of history: what is flushed, what the flush in the air covers
        self._successor: sqlite3.Connection | None = None
        self.counts = (0, 0)  # of the instances that an import put in, and left as they were

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

    async def durable(self, turn: int) -> int:
        """Return once a flush that began after ``turn`` has completed, with the last turn it covers.

        Raises:
            StorageFullError: the browser has no space left for this site.
            StoreLost: the outcome is unknown, or another engine has opened the database.
        """
        if self._durable >= turn:
            return self._durable
        stored: asyncio.Future[None] = asyncio.Future()
        self._waiting.append((turn, stored))
        self._fly()
        await stored
        return self._durable

    def _fly(self) -> None:
        if self._flying is None and self._waiting:
            self._flying, self._covered = self._number, self._position()
            self._bridge.flush()

    def flushed(self, name: str | None, message: str | None) -> None:
        """Learn that the flush in the air is done, or of its error."""
        assert self._flying is not None
        covered, self._flying = self._flying, None
        error = None if name is None else named(name, message or "")
        if error is None:
            self._durable, self._stored = covered, self._covered
        waiting, self._waiting = self._waiting, []
        for turn, stored in waiting:
            if stored.done():
                continue
            if error is not None:
                stored.set_exception(error)
            elif turn <= covered:
                stored.set_result(None)
            else:
                self._waiting.append((turn, stored))
        self._fly()

    def _position(self) -> int:
        return int(self.connection.execute("select coalesce(max(pos), 0) from history").fetchone()[0])

    def unstored(self) -> int:
        """Return how many steps have rows that are not flushed."""
        sql = "select count(*) from (select distinct uid, key from history where pos > ? and kind like 'step.%')"
        return int(self.connection.execute(sql, (self._stored,)).fetchone()[0])

    def succeeded_by(self, successor: sqlite3.Connection) -> None:
        """Put the rows of a checked copy in when the store is closed."""
        self._successor = successor

    async def close(self, at: int) -> None:
        """Record a clean end at ``at`` and release the database.

        Raises:
            StorageFullError, StoreLost: it could not be stored; what was stored before is as it was.
        """
        self.mark_clean(at)
        image = None
        if self._successor is not None:
            image, self.counts = merged(self.connection, self._successor)
        self.connection.close()
        try:
            if image is not None:
                await self._bridge.replace(MAIN, to_js(image))
            await self._bridge.close_files()
        except JsException as error:
            raise named(error.name, error.message) from None


def named(name: str, message: str) -> StorageFullError | StoreLost:
    """Return the engine's error for a failed flush."""
    if name == "StorageFullError":
        return StorageFullError(message)
    return Fenced(message) if name == "Fenced" else StoreLost(message)
