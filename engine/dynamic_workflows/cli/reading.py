"""Reads a store without being its engine: nothing fires, nothing runs, nothing is written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from dynamic_workflows.cli.errors import UserError
from dynamic_workflows.host.clocks import SystemClock, SystemEntropy
from dynamic_workflows.host.desk.file_reader import FileReader, connect_reader
from dynamic_workflows.host.desk.reader import open_reader
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.history.schema import version
from dynamic_workflows.shared.errors import StoreLost
from dynamic_workflows.subprocesses import SubprocessSandboxes


@contextmanager
def opened(path: str) -> Iterator[sqlite3.Connection]:
    """Open an existing store for reading.

    Raises:
        UserError: there is no store at that path.
        StoreLost: it cannot be opened.
        StoreTooNew: a newer release wrote it.
    """
    if not Path(path).is_file():
        raise UserError(f"There is no store at {path}. `dynamic-workflows run FILE --store {path}` makes one.")
    try:
        connection = connect_reader(path)
    except sqlite3.OperationalError as error:
        raise StoreLost(f"{path} cannot be opened: {error}. Is another engine using it?") from error
    except sqlite3.DatabaseError:
        raise UserError(f"{path} is not a SQLite database.") from None
    with closing(connection):
        if version(connection) == 0:
            raise UserError(f"{path} is a database, but no store of dynamic-workflows.")
        yield connection


def check_free(path: str) -> None:
    """Check that there is a store at a path, or that one can be made there.

    Raises:
        UserError: its folder does not exist, or it is something else.
        StoreLost: it cannot be opened.
    """
    if not Path(path).exists():
        if not Path(path).absolute().parent.is_dir():
            raise UserError(f"There is no folder {Path(path).parent} for the store {path}.")
    elif Path(path).is_dir():
        raise UserError(f"{path} is a folder, not a store.")
    elif Path(path).stat().st_size:
        with opened(path):
            pass


class Reader:
    """Asks a store what the desk of its engine would answer."""

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self._path = path
        store, clock, entropy = FileReader(connection), SystemClock(), SystemEntropy()
        self._desk = open_reader(store, clock=clock, entropy=entropy, sandboxes=SubprocessSandboxes())

    async def ask(self, verb: str, **args: Any) -> Any:
        """Answer a verb of the desk that only reads."""
        return await ask(self._desk, verb, **args)

    async def find(self, id: str, tenant: str | None, workflow: str | None) -> dict[str, str]:
        """Return tenant, workflow and id of the one run that fits.

        Raises:
            UserError: none fits, or more than one.
        """
        rows = await self._desk.engine.core.submit(
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
