"""Histories as released code has stored them, read by the code of today.

A file of ``v1/`` is a promise to everybody who has such rows: it is never written again. When a test fails here, the
code is wrong. To add a story, put it into ``scenarios.py`` and run ``python -m tests.histories.record``.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.history.instance import FOLD
from dynamic_workflows.host.history.rebuild import derive, rebuild, stored
from dynamic_workflows.host.history.schema import VERSION
from dynamic_workflows.host.history.sqlite import SqliteStore, sqlite_store
from dynamic_workflows.shared.errors import StoreTooNew
from tests.histories.record import record
from tests.histories.scenarios import SCENARIOS
from tests.histories.stored import FOLDER, SUMS, act, checksum, fill, opened, outcome, read

NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
ENDS = ("completed", "errored", "terminated")
REPLAYED = [name for name in NAMES if read(name)["stands"]["status"] in ("complete", "errored")]


def test_every_story_is_recorded_and_every_record_has_its_story() -> None:
    assert sorted(SCENARIOS) == NAMES, "run: python -m tests.histories.record (it adds what is missing, and no more)"


def test_no_recorded_file_was_written_again() -> None:
    recorded = dict(line.split("  ")[::-1] for line in SUMS.read_text(encoding="utf-8").splitlines())
    changed = [path.name for path in FOLDER.glob("*.json") if recorded.get(path.name) != checksum(path)]
    assert changed == [], "a history is stored for good: bring the file back, and record a new story instead"


def test_every_kind_of_row_is_in_some_history() -> None:
    kinds = {row[5] for name in NAMES for row in read(name)["tables"]["history"]["rows"]}
    assert kinds >= set(FOLD)


@pytest.mark.parametrize("name", NAMES)
async def test_a_stored_history_says_what_its_tables_say_and_goes_on(name: str, tmp_path: Path) -> None:
    recorded = read(name)
    store = fill(tmp_path / "store.sqlite", recorded["tables"])
    found = _tables(store)
    assert found[0] == found[1], "the fold of history differs from the tables derived from it when it was stored"
    h = await opened(tmp_path / "store.sqlite", recorded, store)
    try:
        if not recorded["then"] and recorded["stands"]["status"] in ("complete", "errored", "terminated"):
            assert await outcome(h, recorded["run"]) == recorded["stands"]
        await act(h, recorded["run"], recorded["then"])
        assert await outcome(h, recorded["run"]) == recorded["ends"]
        await h.check_derived()
    finally:
        await h.close()


@pytest.mark.parametrize("name", REPLAYED)
async def test_a_finished_history_comes_to_the_same_end_without_running_a_step(name: str, tmp_path: Path) -> None:
    recorded = read(name)
    rows = recorded["tables"]["history"]["rows"]
    kinds = [row[5] for row in rows]
    assert kinds[-1] in ENDS
    cut = kinds.index("rollback.started") if "rollback.started" in kinds else len(kinds) - 1
    tables = json.loads(json.dumps(recorded["tables"]))
    tables["history"]["rows"] = rows[:cut]
    for table in [tables["ledger"]] if "ledger" in tables else []:  # without what the rollback has called
        step = table["columns"].index("step")
        table["rows"] = [row for row in table["rows"] if not str(row[step]).startswith("rollback:")]
    store = fill(tmp_path / "store.sqlite", tables)
    with store.turn() as turn:
        rebuild(_Tables(turn))  # type: ignore[arg-type]
    h = await opened(tmp_path / "store.sqlite", recorded, store)
    try:
        await h.advance(60_000)
        assert await outcome(h, recorded["run"]) == recorded["ends"]
    finally:
        await h.close()


class _Tables:
    """What ``derive`` and ``rebuild`` need of a transaction."""

    def __init__(self, turn: Any) -> None:
        self.query = self.execute = turn.execute


def _tables(store: SqliteStore) -> tuple[Any, Any]:
    with store.turn() as turn:
        tx: Any = _Tables(turn)
        return derive(tx), stored(tx)


def _first_release(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((FOLDER / "schema.sql").read_text(encoding="utf-8"))
    connection.close()


async def test_a_database_of_the_first_release_opens_and_its_runs_go_on(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    _first_release(path)
    recorded = read("sleeping")
    store = sqlite_store(str(path))
    assert store.connection.execute("pragma user_version").fetchone() == (VERSION,)
    h = await opened(path, recorded, store)
    try:
        await act(h, recorded["run"], recorded["then"])
        ends = await outcome(h, recorded["run"])
        assert ends == recorded["ends"]
        await h.check_derived()
    finally:
        await h.close()


async def test_a_database_of_the_first_release_comes_to_the_schema_of_a_new_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old.sqlite", tmp_path / "new.sqlite"
    _first_release(old)
    stores = [sqlite_store(str(path)) for path in (old, new)]
    schemas = []
    for store in stores:
        columns = (
            "select m.name, c.name, c.type, c.pk from sqlite_master m, pragma_table_info(m.name) c order by 1, c.cid"
        )
        indexes = "select name, tbl_name from sqlite_master where type = 'index' order by 1"
        schemas.append([store.connection.execute(sql).fetchall() for sql in (columns, indexes)])
        store.connection.close()
    assert schemas[0] == schemas[1]


def test_a_database_of_a_later_release_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    _first_release(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"pragma user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="Update, then open it"):
        sqlite_store(str(path))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["store.sqlite"]


async def test_recording_a_story_twice_gives_the_same_file(tmp_path: Path) -> None:
    found = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        found.append(json.dumps(await record("restarted-from", SCENARIOS["restarted-from"], folder)))
    assert found[0] == found[1]
