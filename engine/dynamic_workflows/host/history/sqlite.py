"""Turns over one SQLite connection, and the store of a plain SQLite file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from dynamic_workflows.host.history.schema import migrate, version
from dynamic_workflows.host.protocols import Row
from dynamic_workflows.shared.errors import StorageFullError, StoreLost

FILE = ("page_size = 4096", "auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = FULL")
MEMORY_FILE = (
    "page_size = 4096",
    "auto_vacuum = INCREMENTAL",
    "journal_mode = MEMORY",
    "synchronous = OFF",
    "locking_mode = EXCLUSIVE",
)  # durability is the flush's job there
OWNER = "-engine"  # what the name of the file ends with that an engine holds locked
PATIENCE = 0.5  # seconds to wait for an engine that is just ending
COMMON = ("cache_size = -16000", "temp_store = MEMORY", "trusted_schema = OFF")


class OwnedConnection(sqlite3.Connection):
    """A connection that lets go of the lock of its store when it is closed."""

    lock: sqlite3.Connection | None = None

    def close(self) -> None:
        """Close it."""
        super().close()
        if self.lock is not None:
            self.lock.close()


class SqliteTurn:
    """One open transaction."""

    __slots__ = ("_connection", "_fenced", "number", "wrote")

    def __init__(self, connection: sqlite3.Connection, number: int) -> None:
        self._connection = connection
        self._fenced = False
        self.number = number
        self.wrote = False

    @contextmanager
    def input(self) -> Iterator[None]:
        """Fence one input: SQL it executed is undone when it raises."""
        execute = self._connection.execute
        execute("savepoint input")
        try:
            yield
        except BaseException:
            execute("rollback to input")
            raise
        finally:
            execute("release input")

    def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Run one statement and return its rows."""
        return self._connection.execute(sql, args).fetchall()

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for many rows."""
        self._connection.executemany(sql, rows)


class SqliteTurns:
    """A store's tables in one SQLite database, reached in turns.

    Opening it counts the epoch up and learns whether the last engine ended cleanly.
    """

    def __init__(self, path: str, *, pragmas: Sequence[str] = FILE, image: bytes | None = None) -> None:
        """Open the database at ``path``, filled with ``image`` (a whole database) when one is given."""
        self.connection = connection = sqlite3.connect(
            path, isolation_level=None, cached_statements=128, factory=OwnedConnection
        )
        try:
            if image is not None:
                connection.deserialize(image)
            version(connection)  # before anything is changed
            for pragma in (*pragmas, *COMMON):
                connection.execute(f"pragma {pragma}")
            migrate(connection)
            meta = dict(connection.execute("select key, value from meta").fetchall())
            self.epoch = int(meta.get("epoch", 0)) + 1
            self.previous: Literal["new", "clean", "unclean"] = (
                "new" if "epoch" not in meta else "clean" if meta.get("clean") else "unclean"
            )
            last = connection.execute(
                "select max(at) from (select max(at) at from (select at from history order by pos desc limit 1)"
                " union all select max(at) from ledger)"
            ).fetchone()
            self.last_seen: int | None = meta.get("clean") or last[0]
            connection.execute("begin immediate")
            connection.executemany(
                "insert or replace into meta values (?, ?)", [("epoch", self.epoch), ("clean", None)]
            )
            connection.execute("commit")
        except BaseException:
            connection.close()
            raise
        self._number = 0

    @contextmanager
    def turn(self) -> Iterator[SqliteTurn]:
        """Open a transaction, committed at exit and rolled back by an exception."""
        self._number += 1
        connection = self.connection
        connection.execute("begin immediate")
        try:
            yield SqliteTurn(connection, self._number)
            connection.execute("commit")
        except sqlite3.OperationalError as error:
            self._undo()
            if "full" in str(error):
                raise StorageFullError("The disk is full: the last turn was not stored.") from error
            raise StoreLost(f"SQLite could not commit: {error}") from error
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("rollback")

    def mark_clean(self, at: int) -> None:
        """Record that the engine ended in order at ``at``."""
        self.connection.execute("insert or replace into meta values ('clean', ?)", (at,))

    def size(self) -> int:
        """Return the database's size in bytes."""
        (pages,) = self.connection.execute("pragma page_count").fetchone()
        (page,) = self.connection.execute("pragma page_size").fetchone()
        return int(pages) * int(page)


class SqliteStore(SqliteTurns):
    """A SQLite file (or ``":memory:"``): COMMIT is the durability barrier (WAL, ``synchronous=FULL``)."""

    async def durable(self, turn: int) -> int:
        """Return at once: COMMIT has already synchronised the file."""
        return self._number

    async def close(self, at: int) -> None:
        """Record a clean end and close the connection."""
        self.mark_clean(at)
        self.connection.close()


def sqlite_store(path: str) -> SqliteStore:
    """Open the SQLite file at ``path``, created when it does not exist.

    Raises:
        StoreTooNew: a newer release wrote it; it is left untouched.
        StoreLost: another engine has it open.
    """
    try:
        if os.path.exists(path):
            with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as stored:
                version(stored)  # before there is anything beside it
        lock = None if path == ":memory:" else _own(path)
        try:
            store = SqliteStore(path)
        except BaseException:
            if lock is not None:
                lock.close()
            raise
        store.connection.lock = lock
        return store
    except sqlite3.OperationalError as error:
        raise StoreLost(f"{path} cannot be opened: {error}. Is another engine using it?") from error


def _own(path: str) -> sqlite3.Connection:
    """Keep every other engine out for as long as this connection lives; who only reads the store may come in.

    The lock is one of SQLite's own on an empty file beside the store, so that the system takes it back from a process
    that is killed.
    """
    lock = sqlite3.connect(path + OWNER, isolation_level=None, timeout=PATIENCE)
    try:
        lock.execute("begin exclusive")
    except BaseException:
        lock.close()
        raise
    return lock
