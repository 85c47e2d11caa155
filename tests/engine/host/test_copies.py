"""A store leaves as a SQLite file and comes back, whole or one tenant's; a file that is not ours changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.desk.reader import open_reader
from dynamic_workflows.host.history.schema import VERSION
from dynamic_workflows.host.history.sqlite import SqliteStore
from dynamic_workflows.host.tenants.copies import merged, read_copy, runs_copy, tenant_copy, whole_copy
from dynamic_workflows.shared.errors import NotAStore, StoreTooNew
from tests.engine.host.harness import DAY, House, Refused, flow

SLEEPER = flow("""
    @step.do("one")
    async def one():
        return await self.env.WORLD.charge(1, key=event["instanceId"])
    await one()
    await step.sleep("a day", "1 day")
    await step.wait_for_event("go", "go")
    return "done"
""")
QUICK = flow("return 7")


async def filled(house: House) -> dict[str, dict[str, Any]]:
    """Run something for two tenants."""
    runs = {"sleeper": await house.run(SLEEPER, id="one"), "quick": await house.run(QUICK, tenant="globex")}
    await house.ask("send_event", **runs["sleeper"], type="go", payload=1)
    return runs


async def replaced(house: House, image: bytes) -> None:
    """Open the platform over another database."""
    await house.close()
    house.path.unlink()
    await house.open(SqliteStore(str(house.path), image=image))


async def test_a_whole_copy_opens_anywhere_and_goes_on_in_an_empty_store(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        runs = await filled(house)
        await house.crash()
        await house.settle()
        image = whole_copy(house.store.connection)
        before = {name: await house.ask("history", **run) for name, run in runs.items()}
    (tmp_path / "export.sqlite").write_bytes(image)
    with closing(sqlite3.connect(tmp_path / "export.sqlite")) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)
        assert file.execute("select count(*) from instance").fetchone() == (2,)
    async with House(tmp_path / "b.sqlite") as other:
        other.clock, other.entropy = house.clock, house.entropy
        connection = other.store.connection
        with closing(read_copy(connection, image)) as copy:
            put, counts = merged(connection, copy)
        assert counts == (2, 0)
        await replaced(other, put)
        for name, run in runs.items():
            after = await other.ask("history", **run)
            assert after["run"] == before[name]["run"]
            assert [row["kind"] for row in after["rows"]][: len(before[name]["rows"])] == [
                row["kind"] for row in before[name]["rows"]
            ]
            assert [row["receipt"] for row in after["ledger"]] == [row["receipt"] for row in before[name]["ledger"]]
        await other.advance(DAY)
        assert (await other.status(runs["sleeper"]))["output"] == '"done"'


async def test_a_tenant_leaves_alone_and_joins_the_others(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        runs = await filled(house)
        image = tenant_copy(house.store.connection, "acme")
    assert b"globex" not in image
    async with House(tmp_path / "b.sqlite") as other:
        mine = await other.run(QUICK, tenant="globex")
        with closing(read_copy(other.store.connection, image)) as copy:
            put, counts = merged(other.store.connection, copy)
        assert counts == (1, 0)
        await replaced(other, put)
        assert (await other.status(mine))["status"] == "complete"
        assert await other.ask("tenants") == ["acme", "globex"]
        await other.advance(DAY)
        assert (await other.status(runs["sleeper"]))["output"] == '"done"'
        assert (await other.ask("files", tenant="acme", version=(await other.status(runs["sleeper"]))["version"]))[
            "files"
        ] == {"flow.py": SLEEPER}


async def test_a_run_that_is_here_already_stays_as_it_is(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        runs = await filled(house)
        image = whole_copy(house.store.connection)
        await house.advance(DAY)
        with closing(read_copy(house.store.connection, image)) as copy:
            put, counts = merged(house.store.connection, copy)
        assert counts == (0, 2)
        await replaced(house, put)
        assert (await house.status(runs["sleeper"]))["output"] == '"done"'


def kills(history: dict[str, Any]) -> list[tuple[int, str]]:
    """Return when a run was cut off, and how."""
    rows = [row for row in history["rows"] if row["kind"] == "engine_started"]
    return [(row["at"], json.loads(row["data"])["previous"]) for row in rows]


async def test_a_run_keeps_its_kill_lines_in_a_store_that_has_runs_of_its_own(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        runs = await filled(house)
        await house.advance(1_000)
        await house.crash()
        await house.settle()
        image = whole_copy(house.store.connection)
        known = kills(await house.ask("history", **runs["sleeper"]))
        assert [how for _, how in known] == ["unclean"]
        assert kills(await house.ask("history", **runs["quick"])) == []
    async with House(tmp_path / "b.sqlite") as other:
        mine = await other.run(SLEEPER, id="mine")
        ended = await other.run(QUICK, id="ended")
        with closing(read_copy(other.store.connection, image)) as copy:
            put, counts = merged(other.store.connection, copy)
        assert counts == (2, 0)
        await replaced(other, put)
        assert kills(await other.ask("history", **runs["sleeper"]))[:1] == known
        assert kills(await other.ask("history", **runs["quick"])) == []
        assert len(kills(await other.ask("history", **mine))) == 1, "its own, and nothing of another store"
        assert kills(await other.ask("history", **ended)) == []
        later = await other.run(SLEEPER, id="later")
        await replaced(other, whole_copy(other.store.connection))
        found = {run["id"]: kills(await other.ask("history", **run)) for run in (runs["sleeper"], mine, later)}
        assert {id: len(lines) for id, lines in found.items()} == {"one": 3, "mine": 2, "later": 1}
        again = whole_copy(other.store.connection)
    async with House(tmp_path / "c.sqlite") as third:
        await third.run(QUICK, id="third")
        with closing(read_copy(third.store.connection, again)) as copy:
            put, counts = merged(third.store.connection, copy)
        await replaced(third, put)
        for id, lines in found.items():
            run = {"tenant": "acme", "workflow": "flow", "id": id}
            assert kills(await third.ask("history", **run))[: len(lines)] == lines


async def test_deleted_runs_are_put_back_as_they_were(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        runs = await filled(house)
        other = await house.run(QUICK, id="other")
        await house.crash()
        await house.settle()
        before = await house.ask("history", **runs["sleeper"])
        image = runs_copy(house.store.connection, [runs["sleeper"]], ["globex"])
        for run in runs.values():
            await house.ask("delete", **run)
        with closing(read_copy(house.store.connection, image)) as copy:
            assert copy.execute("select tenant, id from instance order by uid").fetchall() == [
                ("acme", "one"),
                ("globex", runs["quick"]["id"]),
            ]
            put, counts = merged(house.store.connection, copy)
        assert counts == (2, 0)
        await replaced(house, put)
        after = await house.ask("history", **runs["sleeper"])
        assert kills(after)[:1] == kills(before)
        assert [row["data"] for row in after["rows"]][: len(before["rows"])] == [row["data"] for row in before["rows"]]
        assert (await house.status(other))["status"] == "complete"
        await house.advance(DAY)
        assert (await house.status(runs["sleeper"]))["output"] == '"done"'


def changed(sql: str) -> Callable[[bytes], bytes]:
    """Return a function that runs SQL on a database."""

    def change(image: bytes) -> bytes:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as file:
            file.deserialize(image)
            file.executescript(sql)
            return file.serialize()

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda image: b"not a database", "it is not a SQLite file"),
        (lambda image: b"", "it is not a SQLite file"),
        (lambda image: image[:8192], "damaged"),
        (lambda image: image[:100] + bytes(4000) + image[4100:], "damaged"),
        (lambda image: image[:5000] + bytes(range(256)) * 20 + image[5000 + 256 * 20 :], "not imported"),
        (changed("pragma user_version = 0"), "no tables of this engine"),
        (changed("drop table history"), "its table history"),
        (changed("drop table history; create view history as select 1"), "its table history"),
        (
            changed(
                "alter table history rename to h; create view history as"
                " with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
            ),
            "its table history",
        ),
        (changed("update history set data = '{' where kind = 'queued'"), "cannot be replayed"),
        (changed("update history set kind = 'unheard of' where seq = 3"), "cannot be replayed"),
        (changed("update history set data = x'00' where kind = 'queued'"), "cannot be replayed"),
        (changed(f"update history set data = '{'[' * 5000}' where kind = 'queued'"), "nested too deep"),
        (
            changed("update object set bytes = cast('import os' as blob) where kind = 'blob'"),
            "does not have the content",
        ),
    ],
    ids=lambda value: None if callable(value) else str(value)[:24],
)
async def test_a_file_that_is_not_ours_is_refused_with_the_reason(
    tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        await filled(house)
        before = whole_copy(house.store.connection)
        with pytest.raises(NotAStore, match=reason):
            read_copy(house.store.connection, change(before)).close()
        assert whole_copy(house.store.connection) == before


async def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        image = changed(f"pragma user_version = {VERSION + 1}")(whole_copy(house.store.connection))
        with pytest.raises(StoreTooNew):
            read_copy(house.store.connection, image)


async def test_nothing_of_a_foreign_schema_comes_in(tmp_path: Path) -> None:
    """Triggers, views, further tables and what was derived stay outside."""
    script = """
        create trigger evil after insert on history begin delete from instance; end;
        create view spy as select * from history; create table more(v); create index slow on history(data);
        update instance set status = 'complete'; delete from timer; insert into request values('x', 1, '{}');
    """
    async with House(tmp_path / "a.sqlite") as house:
        await filled(house)
        connection = house.store.connection
        with closing(read_copy(connection, changed(script)(whole_copy(connection)))) as copy:
            schema = "select name from sqlite_master order by name"
            assert copy.execute(schema).fetchall() == connection.execute(schema).fetchall()
            for table in ("instance", "timer"):
                rows = f"select * from {table} order by 1, 2"
                assert copy.execute(rows).fetchall() == connection.execute(rows).fetchall()
            assert copy.execute("select count(*) from request").fetchone() == (0,)


# -- a store without room ---------------------------------------------------------------------------------------------


async def test_without_room_reads_are_answered_and_changes_refused_before_anything_changes(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        run = await house.run(SLEEPER, request="again")
        history = await house.ask("history", **run)
        store, desk = house.store, house.desk
        house.desk = open_reader(store, clock=house.clock, entropy=house.entropy, sandboxes=house.sandboxes)
        before = store.connection.serialize()
        assert await house.ask("history", **run) == history
        assert [row["id"] for row in await house.ask("runs")] == [run["id"]]
        assert await house.ask("tenants") == ["acme"]
        assert await house.ask("events", **run, wait=0)
        answer = await house.ask("run", request="again", tenant="acme", files={"flow.py": QUICK}, main="flow.py")
        assert answer["id"] == run["id"], "what was done is answered again"
        changes: dict[str, dict[str, Any]] = {
            "run": {"tenant": "acme", "files": {"flow.py": QUICK}, "main": "flow.py"}, "check": {}, "settings": {},
            "create_batch": {"tenant": "acme", "batch": [{}]},
            "send_event": {**run, "type": "go"}, "skip": run, "terminate": run, "pause": run, "resume": run,
            "restart": run, "delete": run, "retry_now": run, "rename": {**run, "name": "mine"},
            "jump": {**run, "to": 1}, "change": {"act": "pause", "uids": [1]},
        }  # fmt: skip
        for verb, args in changes.items():
            with pytest.raises(Refused, match="StorageFullError: The disk is full"):
                await house.ask(verb, **args)
        with pytest.raises(Refused, match=r"instance\.not_found"):
            await house.ask("history", tenant="globex", workflow="flow", id="x")
        assert store.connection.serialize() == before
        house.desk = desk
