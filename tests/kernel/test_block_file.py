"""The block file keeps what SQLite committed: across reloads, truncation, checkpoints, kills and other owners."""

from __future__ import annotations

import random
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.kernel.files import Files

BLOCK = 4096


def test_a_flushed_commit_is_there_after_a_kill(tab: Page, database: str) -> None:
    first = Files(tab, database)
    assert first.opened["previous"] == "new"
    assert first.opened["storage"] == "indexeddb"
    assert first.opened["durability"] == "strict"
    first.sql("create table t(v); insert into t values('kept')")
    first.call("flush")
    first.sql("insert into t values('lost')")
    first.kill()
    second = Files(tab, database)
    assert second.sql(query="select v from t") == [["kept"]]
    assert second.opened["epoch"] == first.opened["epoch"] + 1
    assert second.opened["previous"] == "unclean"
    assert second.opened["lastSeen"] > 1_700_000_000_000


def test_an_orderly_close_is_told_to_the_next_owner(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v); insert into t values('kept')")
    first.call("close")
    second = Files(tab, database)
    assert second.opened["previous"] == "clean"
    assert second.sql(query="select v from t") == [["kept"]]
    second.kill()
    assert Files(tab, database).opened["previous"] == "unclean"


def test_a_sign_of_life_dates_the_end_of_an_owner_that_stored_nothing_more(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v)")
    first.call("flush")
    flushed = tab.evaluate("Date.now()")
    tab.wait_for_function("then => Date.now() > then + 300", arg=flushed)
    first.call("beat")
    first.call("statistics")
    first.kill()
    second = Files(tab, database)
    assert flushed + 300 < second.opened["lastSeen"] <= tab.evaluate("Date.now()")
    second.kill()
    assert Files(tab, database).opened["lastSeen"] <= flushed, "a sign of life counts for its own epoch only"


def test_several_files_are_stored_in_one_record(tab: Page, database: str) -> None:
    first = Files(tab, database)
    for name in ("main.sqlite", "a.sqlite", "b.sqlite"):
        first.sql(f"create table t(v); insert into t values('{name}')", name=name)
    first.call("flush")
    assert first.call("statistics")["flushes"] == 1
    first.kill()
    second = Files(tab, database)
    for name in ("b.sqlite", "main.sqlite", "a.sqlite"):
        assert second.sql(query="select v from t", name=name) == [[name]]


@pytest.mark.parametrize("log_bytes", [1, 4 << 20], ids=["checkpoints", "log only"])
def test_vacuum_and_shrinking_survive_a_reload(tab: Page, database: str, log_bytes: int) -> None:
    first = Files(tab, database, logBytes=log_bytes)
    first.sql("create table t(v); create table u(v); insert into u values('small')")
    big = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 300) insert into t select randomblob(3000) from n"
    first.sql(big)
    first.call("flush")
    grown = first.sql(query="pragma page_count")
    first.sql("delete from t; vacuum")
    first.call("flush")
    assert first.sql(query="pragma page_count") < grown
    first.sql(big.replace("< 300", "< 30"))
    first.call("flush")
    assert (first.call("statistics")["checkpoints"] > 0) == (log_bytes == 1)
    first.kill()
    second = Files(tab, database, logBytes=log_bytes)
    assert second.sql(query="pragma integrity_check") == [["ok"]]
    assert second.sql(query="select count(*), sum(length(v)) from t") == [[30, 90_000]]
    assert second.sql(query="select v from u") == [["small"]]


@pytest.mark.parametrize("log_bytes", [1, 4 << 20], ids=["checkpoints", "log only"])
def test_random_unaligned_writes_and_truncations_read_back(tab: Page, database: str, log_bytes: int) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    draw = random.Random(seed)
    expected = bytearray()
    files = Files(tab, database, logBytes=log_bytes)
    for round_ in range(60):
        match draw.randrange(4):
            case 0:
                size = draw.randrange(40 * BLOCK)
                files.call("write", name="raw", truncate=size)
                expected = (expected + bytes(size))[:size]
            case _:
                at, data = draw.randrange(44 * BLOCK), draw.randbytes(draw.randrange(1, 3 * BLOCK))
                files.call("write", name="raw", at=at, bytes=list(data))
                expected = expected + bytes(max(0, at + len(data) - len(expected)))
                expected[at : at + len(data)] = data
        if draw.random() < 0.6 or round_ % 15 == 14:
            files.call("flush")
            if round_ % 15 == 14:
                files.kill()
                files = Files(tab, database, logBytes=log_bytes)
                assert bytes(files.call("read", name="raw")) == bytes(expected)


@pytest.mark.parametrize("reload", [False, True])
def test_a_hole_where_the_file_was_once_longer_reads_as_zeros(tab: Page, database: str, reload: bool) -> None:
    def stored(**write: Any) -> None:
        """Write, then flush twice: the second flush is a checkpoint."""
        files.call("write", name="raw", **write)
        files.call("flush")

    files = Files(tab, database, logBytes=1)
    stored(at=0, bytes=[7] * (48 * BLOCK))  # three segments
    stored(at=0, bytes=[7])
    stored(truncate=BLOCK)
    if reload:
        files.kill()
        files = Files(tab, database, logBytes=1)
    stored(at=0, bytes=[7])
    stored(at=47 * BLOCK, bytes=[7])
    stored(at=0, bytes=[7])
    assert files.call("statistics")["checkpoints"] >= 2
    files.kill()
    content = Files(tab, database).call("read", name="raw")
    assert content == [7] * BLOCK + [0] * (46 * BLOCK) + [7]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("log_bytes", [1, 4 << 20], ids=["checkpoints", "log"])
def test_every_operation_of_sqlite_reads_back_from_indexeddb(tab: Page, database: str, log_bytes: int) -> None:
    names = tab.evaluate(
        "import('./scenarios.js').then(({SCENARIOS}) => SCENARIOS.filter(s => !s.slow).map(s => s.name))"
    )
    assert len(names) > 10
    for name in names:
        files = Files(tab, f"{database} {name}", logBytes=log_bytes)
        assert files.call("scenario", name=name, database=f"{database} {name}", logBytes=log_bytes) is None, name
        files.kill()


@pytest.mark.timeout(240)
def test_a_database_of_more_than_100_mb_reads_back_from_indexeddb(tab: Page, database: str) -> None:
    files = Files(tab, database)
    files.sql("create table t(k integer primary key, v)")
    for _ in range(13):
        files.sql(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9) insert into t(v) select randomblob(900000) from n"
        )
        files.call("flush")
    files.sql("update t set v = zeroblob(5) where k % 50 = 0")
    files.call("flush")
    found = files.sql(query="select count(*), sum(length(v)) from t")
    assert found[0][1] > 100_000_000
    files.kill()
    again = Files(tab, database)
    assert again.sql(query="select count(*), sum(length(v)) from t") == found
    assert again.sql(query="pragma integrity_check") == [["ok"]]
    again.kill()
    tab.evaluate("name => { indexedDB.deleteDatabase(name); }", database)


def test_flushes_called_together_share_one_transaction(tab: Page, database: str) -> None:
    files = Files(tab, database)
    files.sql("create table t(v)")
    tab.evaluate("n => Promise.all([1, 2, 3, 4, 5].map(() => call(n, 'flush')))", files.number)
    assert files.call("statistics")["flushes"] == 1
    files.sql("insert into t values(1)")
    tab.evaluate("n => Promise.all([1, 2, 3].map(() => call(n, 'flush')))", files.number)
    assert files.call("statistics")["flushes"] == 2


def test_a_second_owner_makes_the_first_ones_flush_fail(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v); insert into t values('first')")
    first.call("flush")
    second = Files(tab, database)
    first.sql("insert into t values('stale')")
    with pytest.raises(Error, match="Fenced"):
        first.call("flush")
    with pytest.raises(Error, match="Fenced"):
        first.call("flush")  # for good
    second.sql("insert into t values('second')")
    second.call("flush")
    second.kill()
    assert Files(tab, database).sql(query="select v from t") == [["first"], ["second"]]


def test_a_second_owner_makes_the_first_ones_checkpoint_fail(tab: Page, database: str) -> None:
    first = Files(tab, database, logBytes=1)
    first.sql("create table t(v); insert into t values('first')")
    first.call("flush")
    Files(tab, database).call("flush")
    first.sql("insert into t values('stale')")
    with pytest.raises(Error, match="Fenced"):
        first.call("flush")
    assert Files(tab, database).sql(query="select v from t") == [["first"]]


def test_without_indexeddb_the_files_live_in_memory_and_say_so(tab: Page, database: str) -> None:
    number = tab.evaluate("spawn()")
    tab.evaluate(
        "n => call(n, 'python', {code: `import js; js.Object.defineProperty(js.self, 'indexedDB', js.Object.new()); None`})",
        number,
    )
    opened = tab.evaluate("([n, database]) => call(n, 'open', {database})", [number, database])
    assert opened["storage"] == "memory"
    tab.evaluate("n => call(n, 'sql', {script: 'create table t(v)'})", number)
    tab.evaluate("n => call(n, 'flush')", number)


@pytest.mark.timeout(240)
def test_no_acknowledged_commit_is_lost_by_ten_kills_under_load(tab: Page, database: str) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    draw = random.Random(seed)
    start = 0
    for round_ in range(10):
        files = Files(tab, database, logBytes=400_000)
        for name in ("main.sqlite", "tenant.sqlite"):
            assert files.sql(query="pragma integrity_check", name=name) == [["ok"]]
        if round_:
            acknowledged = tab.evaluate("acknowledged")
            (main,), (tenant,) = (
                files.sql(query="select count(*), max(k) from h", name=name)
                for name in ("main.sqlite", "tenant.sqlite")
            )
            assert main == tenant, "both files are of the same flush"
            assert main[1] >= acknowledged
            assert main[0] == main[1] + 1, "no gap"
            start = main[1] + 1
        files.kill()
        files = Files(tab, database, logBytes=400_000)
        tab.evaluate("([n, from]) => { call(n, 'load', {from}); }", [files.number, start])
        tab.wait_for_function("from => acknowledged > from + 20", arg=start)
        tab.evaluate("ms => new Promise(done => setTimeout(done, ms))", draw.random() * 300)  # a random moment
        files.kill()
