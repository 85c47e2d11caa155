"""A desk over a file that another process may run: it answers reads, tells of changes, and makes none."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from dynamic_workflows.host.desk.changes import wait_of
from dynamic_workflows.host.desk.reader import ReadingCore, ReadingDesk
from dynamic_workflows.host.desk.verbs import Args, Json
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.schema import VERSION, version
from dynamic_workflows.host.history.sqlite import PATIENCE, SqliteTurn
from dynamic_workflows.host.protocols import Clock, Entropy, Sandboxes
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.errors import StoreError, StoreLost, StoreReadOnly
from dynamic_workflows.shared.limits import POLL_MS

LOOK_MS = 100  # between two looks at whether the file was changed


class FileReader:
    """A store that only reads what is in a file."""

    epoch = 0
    previous: Literal["new", "clean", "unclean"] = "clean"
    last_seen: int | None = None

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @contextmanager
    def turn(self) -> Iterator[SqliteTurn]:
        """Open a transaction that only reads."""
        self.connection.execute("begin")
        try:
            yield SqliteTurn(self.connection, 0)
        finally:
            self.connection.execute("rollback")

    async def durable(self, turn: int) -> int:
        """Return at once: nothing was written."""
        return turn

    async def close(self, at: int) -> None:
        """Close the file."""
        self.connection.close()

    def changes(self) -> int:
        """Return a number that is another one after each commit of another process."""
        (number,) = self.connection.execute("pragma data_version").fetchone()
        return int(number)


def connect_reader(path: str) -> sqlite3.Connection:
    """Connect to an existing file so that nothing can be written.

    Raises:
        sqlite3.Error: it cannot be opened, or is no database.
    """
    uri = f"{Path(path).resolve().as_uri()}?mode=rw"  # a reader of a WAL file takes part in its shared memory
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
    try:
        connection.execute("pragma query_only = on")
        connection.execute("select count(*) from sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


class FileDesk(ReadingDesk):
    """Answers what the file says at this moment."""

    def __init__(self, store: FileReader, path: str, *, clock: Clock, entropy: Entropy, sandboxes: Sandboxes) -> None:
        engine = Engine(ReadingCore(store, clock, entropy), sandboxes, Limits())
        super().__init__(Platform(engine, 0))
        self._store, self._path = store, path

    def close(self) -> None:
        """Let go of the file."""
        self._store.connection.close()

    def refusal(self, verb: str) -> StoreError:
        """Return why nothing is changed."""
        return StoreReadOnly(verb, self._path)

    async def answer(self, id: str, verb: str, args: Args) -> Json:
        """Carry out one request."""
        waiting = {"changes": self.changes, "events": self.events}.get(verb)
        return await (waiting(id, args) if waiting is not None else super().answer(id, verb, args))

    async def changes(self, id: str, args: Args) -> Json:
        """Say where changes stand: at once if not at ``cursor``, else with the next one or when ``wait`` is over."""
        left = wait_of(args.get("wait", POLL_MS))
        while (cursor := f"file-{self._store.changes()}") == args.get("cursor") and left > 0:
            await asyncio.sleep(LOOK_MS / 1_000)
            left -= LOOK_MS
        return {"cursor": cursor}

    async def events(self, id: str, args: Args) -> Json:
        """Return a run's events after ``cursor``: at once if there are any, else when the file has some."""
        left, since = wait_of(args.get("wait", POLL_MS)), self._store.changes()
        while True:
            batch = await super().events(id, {**args, "wait": 0})
            if batch["events"] or batch["done"] or left <= 0:
                return batch
            while self._store.changes() == since and left > 0:
                await asyncio.sleep(LOOK_MS / 1_000)
                left -= LOOK_MS
            since = self._store.changes()


def read_file(path: str, *, clock: Clock, entropy: Entropy, sandboxes: Sandboxes) -> FileDesk:
    """Return a desk over a file, whether or not an engine runs it.

    Raises:
        StoreLost: the file is not there, cannot be read, or is no store.
        StoreTooNew: a newer release writes it.
    """
    try:
        connection = connect_reader(path)
    except sqlite3.Error as error:
        raise StoreLost(f"{path} cannot be read: {error}.") from error
    try:
        found = version(connection)
        if found != VERSION:
            raise StoreLost(f"{path} is no store of this release: its schema version is {found}, not {VERSION}.")
        return FileDesk(FileReader(connection), path, clock=clock, entropy=entropy, sandboxes=sandboxes)
    except BaseException:
        connection.close()
        raise
