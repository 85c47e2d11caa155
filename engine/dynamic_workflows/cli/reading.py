"""Reads a store without being its engine: nothing fires, nothing runs, nothing is written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, TypeVar

from dynamic_workflows.cli.errors import UserError
from dynamic_workflows.host.clocks import SystemClock, SystemEntropy
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.core import Core
from dynamic_workflows.host.history.schema import version
from dynamic_workflows.host.history.sqlite import SqliteTurn
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.errors import StoreLost
from dynamic_workflows.subprocesses import SubprocessSandboxes

T = TypeVar("T")
PATIENCE = 0.5  # seconds to wait for a store that another process holds


@contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """Open an existing store for reading.

    Raises:
        UserError: there is no store at that path.
        StoreLost: another engine has it open.
        StoreTooNew: a newer release wrote it.
    """
    if not Path(path).is_file():
        raise UserError(f"There is no store at {path}. `dynamic-workflows run FILE --store {path}` makes one.")
    with closing(sqlite3.connect(f"{Path(path).resolve().as_uri()}?mode=rw", uri=True, timeout=PATIENCE)) as connection:
        try:
            connection.isolation_level = None
            connection.execute("pragma query_only = on")
            found = version(connection)
            connection.execute("select count(*) from sqlite_master").fetchone()
        except sqlite3.OperationalError as error:
            raise StoreLost(f"{path} cannot be opened: {error}. Is another engine using it?") from error
        except sqlite3.DatabaseError:
            raise UserError(f"{path} is not a SQLite database.") from None
        if found == 0:
            raise UserError(f"{path} is a database, but no store of dynamic-workflows.")
        yield connection


def check_free(path: str) -> None:
    """Check that a store can be opened by an engine, or made.

    Raises:
        UserError: its folder does not exist, or it is something else.
        StoreLost: another engine has it open.
    """
    if not Path(path).exists():
        if not Path(path).absolute().parent.is_dir():
            raise UserError(f"There is no folder {Path(path).parent} for the store {path}.")
    elif Path(path).is_dir():
        raise UserError(f"{path} is a folder, not a store.")
    elif Path(path).stat().st_size:
        with opened(path):
            pass


class _Reading:
    """A store that only reads."""

    epoch = 0
    previous: Literal["new", "clean", "unclean"] = "clean"
    last_seen: int | None = None

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @contextmanager
    def turn(self) -> Iterator[SqliteTurn]:
        """Open a transaction that only reads."""
        self._connection.execute("begin")
        try:
            yield SqliteTurn(self._connection, 0)
        finally:
            self._connection.execute("rollback")

    async def durable(self, turn: int) -> None:
        """Return at once: nothing was written."""

    async def close(self, at: int) -> None:
        """Do nothing."""


class _StillCore(Core):
    """A core that answers reads at once and takes no turns."""

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """Return what ``work`` reads."""
        with self.store.turn() as turn:
            return work(Transaction(self, turn, self.clock.now()))


class Reader:
    """Asks a store what the desk of its engine would answer."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self._path = path
        self._core = _StillCore(_Reading(connection), SystemClock(), SystemEntropy())
        self._desk = Desk(Platform(Engine(self._core, SubprocessSandboxes(), Limits()), 0))

    async def ask(self, verb: str, **args: Any) -> Any:
        """Answer a verb of the desk that only reads."""
        return await ask(self._desk, verb, **args)

    async def find(self, id: str, tenant: str | None, workflow: str | None) -> dict[str, str]:
        """Return tenant, workflow and id of the one run that fits.

        Raises:
            UserError: none fits, or more than one.
        """
        rows = await self._core.submit(
            lambda tx: tx.query("select tenant, workflow from instance where id = ? order by uid", (id,))
        )
        fit = [row for row in rows if tenant in (None, row[0]) and workflow in (None, row[1])]
        if not fit:
            raise UserError(f"{self._path} has no run with the id {id}. `dynamic-workflows list` shows all.")
        if len(fit) > 1:
            choices = "".join(f"\n  --tenant {tenant} --workflow {workflow}" for tenant, workflow in fit)
            raise UserError(f"{len(fit)} runs have the id {id}; say which one:{choices}")
        return {"tenant": fit[0][0], "workflow": fit[0][1], "id": id}


class Refused(UserError):
    """Raised when a desk answers a request with an error; ``record`` is that error."""

    def __init__(self, record: dict[str, Any]) -> None:
        super().__init__(record["message"])
        self.record, self.page = record, record.get("page")


async def ask(desk: Desk, verb: str, **args: Any) -> Any:
    """Make one request at a desk.

    Raises:
        Refused: the answer is an error.
    """
    id = SystemEntropy().instance_id()
    answer = json.loads(await desk.request(json.dumps({"v": 1, "id": id, "verb": verb, "args": args})))
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["ok"]
