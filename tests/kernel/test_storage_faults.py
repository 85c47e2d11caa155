"""What the block file does when the browser refuses, aborts, closes or deletes: nothing acknowledged is lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.kernel.files import Files

DELETE = "name => new Promise(done => { indexedDB.deleteDatabase(name).onsuccess = done; }).then(() => 1)"


def test_one_aborted_transaction_is_tried_again(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v); insert into t values('kept')")
    first.call("sabotage", transactions=1)
    first.call("flush")
    first.kill()
    assert Files(tab, database).sql(query="select v from t") == [["kept"]]


def test_two_aborted_transactions_lose_the_store_for_good(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v); insert into t values('kept')")
    first.call("flush")
    first.sql("insert into t values('unknown')")
    first.call("sabotage", transactions=2)
    for _ in range(2):
        with pytest.raises(Error, match="StoreLost"):
            first.call("flush")
    assert Files(tab, database).sql(query="select v from t") == [["kept"]]


def test_a_full_disk_is_named_and_what_is_stored_can_be_read(page: Page, site: str, database: str) -> None:
    # Another origin than the other tests': Chromium caches the room that is left for half a minute.
    page.goto(site.replace("127.0.0.1", "localhost") + "pages/block.html")
    page.wait_for_function("window.ready")
    session = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin, "quotaSize": 500_000})
    files = Files(page, database)
    files.sql("create table t(v)")
    stored = 0

    def fill() -> None:
        nonlocal stored
        while True:
            files.sql(f"insert into t values({stored}); insert into t values(randomblob(50000))")
            files.call("flush")
            stored += 1

    with pytest.raises(Error, match="StorageFullError"):
        fill()
    assert 0 < stored < 100
    files.kill()
    newest = "select max(v) from t where typeof(v) = 'integer'"
    reader = Files(page, database)
    assert reader.opened["readOnly"], "an owner has to store its epoch first"
    assert reader.sql(query=newest) == [[stored - 1]]
    reader.sql("insert into t values(1e6)")
    for _ in range(2):
        with pytest.raises(Error, match="StorageFullError"):
            reader.call("flush")
    reader.kill()
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin})
    again = Files(page, database)
    assert again.sql(query=newest) == [[stored - 1]]
    assert again.opened["epoch"] == files.opened["epoch"] + 1
    again.call("flush")


def test_a_deleted_database_is_told_at_once_and_not_made_anew(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v)")
    first.call("flush")
    tab.evaluate(DELETE, database)
    tab.wait_for_function("told.includes('StoreErased')")
    first.sql("insert into t values(1)")
    with pytest.raises(Error, match="StoreErased"):
        first.call("flush")
    assert database not in tab.evaluate("indexedDB.databases().then(all => all.map(({name}) => name))")


def test_site_data_cleared_by_the_browser_is_told(page: Page, site: str, database: str) -> None:
    page.goto(site.replace("127.0.0.1", "cleared.localhost") + "pages/block.html")
    page.wait_for_function("window.ready")
    first = Files(page, database)
    first.sql("create table t(v)")
    first.call("flush")
    origin = page.evaluate("location.origin")
    page.context.new_cdp_session(page).send(
        "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "indexeddb"}
    )
    page.wait_for_function("told.includes('StoreErased')")
    first.sql("insert into t values(1)")
    with pytest.raises(Error, match="StoreErased"):
        first.call("flush")


def test_a_connection_that_the_browser_closed_is_made_again(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v); insert into t values('before')")
    first.call("flush")
    # An upgrade that is given up: the browser asks us to close, and everything is as it was.
    tab.evaluate(
        """name => new Promise(done => {
            const opening = indexedDB.open(name, 2);
            opening.onupgradeneeded = () => opening.transaction.abort();
            opening.onerror = () => done(1);
        })""",
        database,
    )
    first.sql("insert into t values('after')")
    first.call("flush")
    assert tab.evaluate("told") == []
    first.kill()
    assert Files(tab, database).sql(query="select v from t") == [["before"], ["after"]]


def upgraded(tab: Page, database: str) -> None:
    """Open the database as a later release with another layout would."""
    tab.evaluate(
        """name => new Promise(done => {
            const opening = indexedDB.open(name, 2);
            opening.onupgradeneeded = () => opening.result.createObjectStore('later');
            opening.onsuccess = () => { opening.result.close(); done(1); };
        })""",
        database,
    )


DUMP = """name => new Promise(done => {
    const opening = indexedDB.open(name);
    opening.onsuccess = async () => {
        const database = opening.result;
        const names = [...database.objectStoreNames];
        const all = await Promise.all(names.map(store => new Promise(told => {
            const request = database.transaction(store).objectStore(store).getAll();
            request.onsuccess = () => told(request.result);
        })));
        database.close();
        done(JSON.stringify([database.version, names, all], (_, value) => value instanceof Uint8Array ? value.join() : value));
    };
})"""


def test_a_newer_layout_ends_this_release_and_is_refused_untouched(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v)")
    first.call("flush")
    upgraded(tab, database)
    tab.wait_for_function("told.includes('StoreTooNew')")
    first.sql("insert into t values(1)")
    with pytest.raises(Error, match="StoreTooNew"):
        first.call("flush")
    before = tab.evaluate(DUMP, database)
    with pytest.raises(Error, match="StoreTooNew"):
        Files(tab, database)
    assert tab.evaluate(DUMP, database) == before


def test_a_newer_schema_is_refused_untouched(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("pragma user_version = 2; create table t(v)")
    first.call("close")
    before = tab.evaluate(DUMP, database)
    with pytest.raises(Error, match="StoreTooNew"):
        Files(tab, database, newest=1)
    assert tab.evaluate(DUMP, database) == before
    assert Files(tab, database, newest=2).opened["previous"] == "clean"


def test_a_database_that_another_tab_keeps_busy_is_told_and_opened_when_it_is_free(tab: Page, database: str) -> None:
    Files(tab, database).call("close")
    # Another tab's connection ignores that somebody wants to delete the database: the deletion waits, and we do.
    tab.evaluate(
        """name => new Promise(done => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => { window.held = opening.result; indexedDB.deleteDatabase(name).onblocked = done; };
        }).then(() => 1)""",
        database,
    )
    number = tab.evaluate("spawn()")
    tab.evaluate(
        "([n, database]) => { window.late = call(n, 'open', {database}).then(opened => window.opened = opened); }",
        [number, database],
    )
    tab.wait_for_function("told.includes('blocked')")
    assert tab.evaluate("window.opened === undefined")
    tab.evaluate("held.close()")
    tab.wait_for_function("window.opened")
    assert tab.evaluate("opened.previous") == "new"


def test_durability_is_read_back_kept_and_switched(tab: Page, database: str) -> None:
    first = Files(tab, database)
    first.sql("create table t(v)")
    first.call("flush")
    assert first.call("ask", wanted="relaxed") == "relaxed"
    first.kill()
    second = Files(tab, database)
    second.sql("insert into t values(1)")
    second.call("flush")
    assert second.call("durability") == "relaxed", "the next owner asks for the same"
    assert second.call("ask", wanted="strict") == "strict"
    second.kill()
    third = Files(tab, database)
    third.sql("insert into t values(1)")
    third.call("flush")
    assert third.call("durability") == "strict"


@pytest.mark.parametrize("log_bytes", [1, 4 << 20], ids=["checkpoints", "log"])
def test_a_flush_torn_by_a_kill_is_whole_or_not_there(tab: Page, database: str, log_bytes: int) -> None:
    """Kill the worker while the transaction of a flush of several files is in the air."""
    names = ("main.sqlite", "a.sqlite", "b.sqlite")
    files = Files(tab, database, logBytes=log_bytes)
    for name in names:
        files.sql("create table t(n, v)", name=name)
    files.call("flush")
    seen: list[Any] = []
    for round_ in range(12):
        for name in names:
            files.sql(f"insert into t values({round_}, randomblob(200000))", name=name)
        tab.evaluate(
            """([n, wait]) => new Promise(done => {
                call(n, 'flush');
                const end = performance.now() + wait;
                const look = () => performance.now() < end ? setTimeout(look) : (terminate(n), done());
                look();
            })""",
            [files.number, round_],
        )
        files = Files(tab, database, logBytes=log_bytes)
        states = [files.sql(query="select count(*), max(n) from t", name=name) for name in names]
        assert states[0] == states[1] == states[2]
        assert all(files.sql(query="pragma integrity_check", name=name) == [["ok"]] for name in names)
        seen.append(states[0])
    print(seen)
