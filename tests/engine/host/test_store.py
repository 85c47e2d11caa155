"""The store of a SQLite file: epochs, clean and unclean ends, one owner, and nothing said before it is durable."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dynamic_workflows.host.history.rebuild import derive, rebuild, stored
from dynamic_workflows.host.history.schema import VERSION
from dynamic_workflows.host.history.sqlite import SqliteStore, sqlite_store
from dynamic_workflows.shared.errors import StoreLost, StoreTooNew
from tests.engine.host.harness import House, Refused, flow

Make = Callable[..., House]


def test_a_new_store_has_the_whole_schema(tmp_path: Path) -> None:
    store = sqlite_store(str(tmp_path / "new.sqlite"))
    names = {name for (name,) in store.connection.execute("select name from sqlite_master where type = 'table'")}
    assert names >= {
        "meta", "instance", "history", "timer", "wait", "inbox", "sealed", "chunk", "log", "ledger", "request",
        "schedule", "object", "ref", "tenant",
    }  # fmt: skip
    assert store.connection.execute("pragma auto_vacuum").fetchone() == (2,)
    assert store.connection.execute("pragma synchronous").fetchone() == (2,)
    store.connection.close()


async def test_epochs_count_up_and_an_end_in_order_is_known(tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite")
    first = sqlite_store(path)
    assert (first.epoch, first.previous) == (1, "new")
    await first.close(123)
    second = sqlite_store(path)
    assert (second.epoch, second.previous, second.last_seen) == (2, "clean", 123)
    second.connection.close()
    third = sqlite_store(path)
    assert third.previous == "unclean"
    third.connection.close()


def test_a_store_of_a_newer_release_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    sqlite_store(str(path)).connection.close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"pragma user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match=f"schema version {VERSION + 1}; this release knows {VERSION}"):
        sqlite_store(str(path))
    assert path.read_bytes() == before


def test_a_second_engine_is_kept_out(tmp_path: Path) -> None:
    path = str(tmp_path / "store.sqlite")
    owner = sqlite_store(path)
    with pytest.raises(StoreLost, match="Is another engine using it"):
        sqlite_store(path)
    owner.connection.close()
    sqlite_store(path).connection.close()


class Gate(SqliteStore):
    """A store whose flush finishes when the test says so."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.open = asyncio.Event()
        self.open.set()

    async def durable(self, turn: int) -> int:
        await self.open.wait()
        return turn


async def test_nothing_is_said_before_the_flush_that_covers_it(house: Make, tmp_path: Path) -> None:
    h = house()
    gate = Gate(str(tmp_path / "gated.sqlite"))
    await h.open(gate)
    waiting = await h.run(flow('return (await step.wait_for_event("n", "n")).payload'))
    heard = len(h.events)
    gate.open.clear()
    sending = asyncio.ensure_future(h.ask("send_event", **waiting, type="n", payload=1))
    reading = asyncio.ensure_future(h.ask("status", **waiting))
    await h.settle()
    assert not sending.done()
    assert not reading.done()
    assert len(h.events) == heard
    gate.open.set()
    await asyncio.gather(sending, reading)
    await h.settle()
    assert (await h.status(waiting))["status"] == "complete"
    await h.close()


class Steps(SqliteStore):
    """A store whose flushes finish one by one, when the test says so."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.flights: list[tuple[int, asyncio.Future[None]]] | None = None

    async def durable(self, turn: int) -> int:
        if self.flights is not None:
            flight: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.flights.append((turn, flight))
            await flight
        return turn


async def test_turns_go_on_during_a_flush_and_each_speaks_after_its_own(house: Make, tmp_path: Path) -> None:
    h = house()
    store = Steps(str(tmp_path / "steps.sqlite"))
    await h.open(store)
    run = await h.run(flow('return (await step.wait_for_event("n", "n")).payload'))
    flights: list[tuple[int, asyncio.Future[None]]] = []
    store.flights = flights
    first = asyncio.ensure_future(h.ask("send_event", **run, type="other", payload=1))
    await h.settle()
    turns = h.engine.core.turns
    second = asyncio.ensure_future(h.ask("send_event", **run, type="other", payload=2))
    reading = asyncio.ensure_future(h.ask("history", **run))
    await h.settle()
    assert h.engine.core.turns > turns  # computed, and not said
    assert [turn for turn, _ in flights] == [flights[0][0]]  # one flush at a time
    flights[0][1].set_result(None)
    await h.settle()
    assert (first.done(), second.done(), reading.done()) == (True, False, False)
    assert len(flights) == 2
    flights[1][1].set_result(None)
    await h.settle()
    assert [row["kind"] for row in (await reading)["rows"]].count("event.received") == 2
    store.flights = None
    await h.close()


class Broken(SqliteStore):
    """A store whose flush fails from a moment on."""

    broken = False

    async def durable(self, turn: int) -> int:
        if self.broken:
            raise StoreLost("The flush was aborted.")
        return turn


async def test_a_failed_flush_acknowledges_nothing_and_stops_the_engine(house: Make, tmp_path: Path) -> None:
    h = house()
    store = Broken(str(tmp_path / "broken.sqlite"))
    await h.open(store)
    failures: list[BaseException] = []
    h.engine.core.on_failure = failures.append
    store.broken = True
    with pytest.raises(Refused, match="StoreLost"):
        await h.run(flow("return 1"))
    assert [str(failure) for failure in failures] == ["The flush was aborted."]
    with pytest.raises(Refused, match="StoreLost: The engine has stopped"):
        await h.ask("runs")
    store.connection.close()


async def test_derived_tables_come_back_from_history_alone(house: Make) -> None:
    async with house() as h:
        source = flow('await asyncio.gather(step.sleep("nap", "1 hour"), step.wait_for_event("n", "n"))')
        run = await h.run(source)
        await h.ask("send_event", **run, type="other", payload=1)
        before = await h.engine.core.submit(stored)
        assert [len(before[name]) for name in ("instance", "timer", "wait", "inbox")] == [1, 2, 1, 1]

        def wipe(tx: object) -> None:
            for name in before:
                tx.execute(f"delete from {name}")  # type: ignore[attr-defined]
            rebuild(tx)  # type: ignore[arg-type]

        await h.engine.core.submit(wipe)
        assert await h.engine.core.submit(stored) == before == await h.engine.core.submit(derive)
