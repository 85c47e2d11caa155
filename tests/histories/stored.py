"""The files of recorded histories: every table as it was stored, and how the story ends."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

from dynamic_workflows.host.clocks import TestClock
from dynamic_workflows.host.engine import Limits
from dynamic_workflows.host.history.sqlite import SqliteStore
from tests.engine.host.harness import DAY, House
from tests.histories.scenarios import Act

FOLDER = Path(__file__).parent / "v1"
SUMS = FOLDER / "sums.txt"  # of every file, as it was recorded
TABLES = (
    "history", "instance", "timer", "wait", "inbox", "sealed", "chunk", "ledger", "schedule", "object", "ref", "tenant",
)  # fmt: skip
Tables = dict[str, dict[str, Any]]


def dump(connection: sqlite3.Connection) -> Tables:
    """Return every table with rows: its columns and them."""
    tables: Tables = {}
    for name in TABLES:
        cursor = connection.execute(f"select * from {name} order by 1, 2")
        rows = [[_out(value) for value in row] for row in cursor]
        if rows:
            tables[name] = {"columns": [column[0] for column in cursor.description], "rows": rows}
    return tables


def _out(value: Any) -> Any:
    return {"bytes": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _in(value: Any) -> Any:
    return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value


def fill(path: Path, tables: Tables) -> SqliteStore:
    """Return a new store that holds the tables."""
    store = SqliteStore(str(path))
    for name, table in tables.items():
        columns, places = ", ".join(table["columns"]), ", ".join("?" * len(table["columns"]))
        rows = [[_in(value) for value in row] for row in table["rows"]]
        store.connection.executemany(f"insert into {name} ({columns}) values ({places})", rows)
    return store


def checksum(path: Path) -> str:
    """Return what tells whether a file is still the one that was recorded."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read(name: str) -> dict[str, Any]:
    """Return a recorded history."""
    recorded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return recorded


async def opened(path: Path, recorded: dict[str, Any], store: SqliteStore) -> House:
    """Return a house over a store, at the time of the recording."""
    h = House(path, world_delay=recorded["world_delay"], limits=Limits(slots=recorded["slots"]))
    h.clock = TestClock(recorded["now"])
    await h.open(store)
    await h.settle()
    return h


async def act(h: House, run: dict[str, Any], acts: list[Act]) -> None:
    """Do what a story says."""
    for verb, given in acts:
        if verb == "advance":
            await h.advance(given)
        elif verb == "crash":
            await h.crash()
        elif verb == "beside":
            await h.run(given)
        elif verb == "events":
            await answer(h, run)
        else:
            await h.ask(verb, **run, **given)
        await h.settle()


async def answer(h: House, run: dict[str, Any]) -> None:
    """Send every event that is waited for, and skip what takes days, until nothing is."""
    for _ in range(10):
        types = await h.engine.core.submit(lambda tx: tx.query("select type from wait order by seq"))
        for (type,) in types:
            await h.ask("send_event", **run, type=type, payload={"approved": True})
        due = (await h.status(run))["next_due"]
        if due is not None and due - h.clock.now() > DAY:
            await h.ask("skip", **run)
        await h.advance(5_000)


async def outcome(h: House, run: dict[str, Any]) -> dict[str, Any]:
    """Return how a run stands and what it has done, without the times that follow from the moment it is asked."""
    status = await h.status(run)
    kept = {name: status[name] for name in ("status", "output", "rollback")}
    error = status["error"]
    return {
        **kept,
        "error": None if error is None else {"name": error["name"], "message": error["message"]},
        "kinds": await h.kinds(run),
        "ledger": {method: list(counts) for method, counts in sorted((await h.ledger()).items())},
    }
