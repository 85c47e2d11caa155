"""What the kernel does when storage fails, is full, is denied or goes away, and how its database leaves and comes back."""

from __future__ import annotations

import contextlib
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, Route

from tests.browser import FLAGS, find_chromium
from tests.kernel.conftest import ready
from tests.kernel.test_kernel import address, ask, ended
from tests.kernel.workflows import WAIT, order

LARGE = """
import os
from workers import WorkflowEntrypoint

class Large(WorkflowEntrypoint):
    async def run(self, event, step):
        for n in range(event["payload"] or 40):
            @step.do(f"large {n}")
            async def large():
                return os.urandom(100_000).hex()
            await large()
"""
databases = itertools.count()
Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: BrowserContext, site: str) -> Iterator[Open]:
    """Yield a function that opens a page on a database of this test's own, on an origin of its own when asked."""
    pages: list[Page] = []
    name = f"storage{next(databases)}"

    def open_(origin: str = "127.0.0.1", database: str = name, query: str = "") -> Page:
        page = browser.new_page()
        pages.append(page)
        page.on("console", lambda message: print("console:", message.text))
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"{site.replace('127.0.0.1', origin)}pages/kernel.html?database={database}{query}")
        return page

    yield open_
    for page in pages:
        if not page.is_closed():
            page.close()


def storage(page: Page, verb: str, **args: Any) -> Any:
    return page.evaluate("([verb, args]) => kernel.storage(verb, args)", [verb, args])


def exported(page: Page, path: Path, tenant: str | None = None) -> Path:
    """Export to a file."""
    script = "async tenant => Array.from(await kernel.storage('copy', {tenant}))"
    path.write_bytes(bytes(page.evaluate(script, tenant)))
    return path


def imported(page: Page, content: bytes) -> Any:
    script = "bytes => kernel.storage('merge', {bytes: Uint8Array.from(bytes)})"
    return page.evaluate(script, list(content))


def ids(page: Page) -> list[str]:
    return sorted(run["id"] for run in ask(page, "runs"))


# -- full -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def full(page: Page, site: str) -> Iterator[Callable[[], object]]:
    """Let the browser allow an origin 700 kB, and yield what lifts the limit."""
    # Before anything is stored there: Chromium remembers the room that is left for half a minute.
    page.goto(f"{site.replace('127.0.0.1', 'full.localhost')}pages/block.html")
    origin = {"origin": page.evaluate("location.origin")}
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 700_000})
    yield lambda: session.send("Storage.overrideQuotaForOrigin", origin)
    session.send("Storage.overrideQuotaForOrigin", origin)


@pytest.mark.timeout(200)
def test_a_full_disk_pauses_what_is_stored_and_goes_on_when_there_is_room(
    open_page: Open, full: Callable[[], object]
) -> None:
    page = ready(open_page("full.localhost"))
    wait = address(ask(page, "run", **order(WAIT)))
    page.wait_for_function("events.some(event => event.rows?.some(row => row.kind === 'wait.started'))")
    first = ask(page, "run", **order())
    ended(page, first)
    large = address(ask(page, "run", **order(LARGE)))
    page.wait_for_function("kernel.state.readOnly && kernel.state.stage === 'ready'")
    assert page.evaluate("kernel.state.unstored") in (1, 2), "a result that found no room, and the step begun with it"
    told = page.evaluate(
        "events.flatMap(event => event.rows ?? []).filter(row => row.kind === 'step.completed').length"
    )
    stored = [row for row in ask(page, "history", **large)["rows"] if row["kind"] == "step.completed"]
    assert 0 < len(stored) < 40
    assert told <= len(stored) + 2, "nothing was told that is not stored"
    known = ids(page)
    assert known == sorted([wait["id"], first["id"], large["id"]])
    history = ask(page, "history", **wait)["rows"]
    changes: dict[str, Any] = {"send_event": {**wait, "type": "approve"}, "terminate": wait, "run": order()}
    for verb, args in changes.items():
        with pytest.raises(Error, match="The disk is full: nothing more is stored until there is room"):
            ask(page, verb, **args)
    with pytest.raises(Error, match="The disk is full"):
        imported(page, b"")
    follower = ready(open_page("full.localhost"), "follower")
    assert follower.evaluate("kernel.state.readOnly")
    assert ids(follower) == known
    follower.evaluate("kernel.reopen()")
    tries = "states.filter(state => state.readOnly && state.stage === 'ready').length > 1"
    page.wait_for_function(tries, timeout=60_000)
    full()
    page.wait_for_function("!kernel.state.readOnly && kernel.state.stage === 'ready'", timeout=90_000)
    assert ids(page) == known
    assert ask(page, "history", **wait)["rows"][: len(history)] == history
    ask(page, "send_event", **wait, type="approve", payload=1)
    assert ended(page, wait)["status"] == "complete"
    assert ended(page, large)["status"] == "complete"
    assert [row for row in ask(page, "history", **large)["rows"] if row["kind"] == "step.completed"][
        : len(stored)
    ] == stored


def no_room_at_all(route: Route) -> None:
    """Let the next engine find no room even for what makes some."""
    full = """Object.defineProperty(IDBTransaction.prototype, 'error', {get: () => new DOMException('', 'QuotaExceededError')});
const {put} = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function (...args) {
  const request = put.apply(this, args);
  if (this.name === 'log') this.transaction.abort();
  return request;
};
"""
    source = route.fetch(url=route.request.url.replace("making.localhost", "127.0.0.1"))
    route.fulfill(response=source, body=full + source.text())


@pytest.mark.timeout(200)
def test_ended_runs_can_be_deleted_although_the_disk_is_full(open_page: Open, page: Page, site: str) -> None:
    page.goto(f"{site.replace('127.0.0.1', 'making.localhost')}pages/block.html")
    origin = {"origin": page.evaluate("location.origin")}
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {**origin, "quotaSize": 3_000_000})
    leader = ready(open_page("making.localhost"))
    small = address(ended(leader, ask(leader, "run", **order(LARGE, payload=4))))
    large = address(ask(leader, "run", **order(LARGE)))
    leader.wait_for_function("kernel.state.readOnly && kernel.state.stage === 'ready'")
    follower = ready(open_page("making.localhost"), "follower")
    page.context.route("**/kernel/**/engine-worker.js", no_room_at_all)
    with pytest.raises(Error, match="StorageFullError: The disk is full"):
        ask(follower, "delete_ended", runs=[small], shrink=False)
    page.context.unroute("**/kernel/**/engine-worker.js")
    assert ids(leader) == sorted([small["id"], large["id"]]), "what could not be deleted is there"
    assert ask(follower, "delete_ended", runs=[small], shrink=False) == {"deleted": 1, "left": 0}
    assert ids(leader) == [large["id"]]
    session.send("Storage.overrideQuotaForOrigin", origin)


def test_a_database_that_takes_much_of_the_memory_is_told_to_every_tab(open_page: Open) -> None:
    page = ready(open_page(query="&budget=1500000"))
    assert page.evaluate("kernel.state.crowd") is None
    first = address(ended(page, ask(page, "run", **order(LARGE, payload=6))))
    page.wait_for_function("kernel.state.crowd")
    ended(page, ask(page, "run", **order(LARGE, payload=2)))
    page.wait_for_function("kernel.state.crowd.bytes > kernel.state.crowd.budget")
    follower = ready(open_page(query="&budget=1500000"), "follower")
    assert follower.evaluate("kernel.state.crowd.budget") == 1_500_000
    with pytest.raises(Error, match=r"StorageFullError: The runs take 1\.\d MB of the 1\.5 MB that this page holds"):
        ask(follower, "run", **order())
    assert ask(follower, "delete_ended", runs=[first]) == {"deleted": 1, "left": 0}
    for tab in (page, follower):
        tab.wait_for_function("kernel.state.crowd === null")
    ended(follower, ask(follower, "run", **order()))


# -- gone -------------------------------------------------------------------------------------------------------------


def test_a_database_cleared_by_the_browser_is_said_and_can_be_put_back(open_page: Open) -> None:
    page = ready(open_page("gone.localhost"))
    run = ask(page, "run", **order())
    ended(page, run)
    page.context.new_cdp_session(page).send(
        "Storage.clearDataForOrigin", {"origin": page.evaluate("location.origin"), "storageTypes": "indexeddb"}
    )
    page.wait_for_function("kernel.state.erased && kernel.state.stage === 'ready'")
    assert ids(page) == []
    page.evaluate(
        "kernel.storage('salvage').then(bytes => kernel.storage('merge', {bytes})).then(counts => { window.counts = counts; })"
    )
    page.wait_for_function("window.counts && !kernel.state.erased && kernel.state.stage === 'ready'")
    assert page.evaluate("counts") == {"added": 1, "kept": 0}
    assert ids(page) == [run["id"]]
    page.reload()
    assert ids(ready(page)) == [run["id"]]


def test_a_newer_release_ends_the_engine_and_is_not_touched(open_page: Open) -> None:
    page = ready(open_page())
    ended(page, ask(page, "run", **order()))
    name = page.evaluate("kernel.host.names.database")
    page.evaluate(
        """name => new Promise(done => {
            const opening = indexedDB.open(name, 2);
            opening.onupgradeneeded = () => opening.result.createObjectStore('later');
            opening.onsuccess = () => { opening.result.close(); done(1); };
        })""",
        name,
    )
    page.wait_for_function("kernel.state.stage === 'failed' && kernel.state.error.name === 'StoreTooNew'")
    page.reload()
    page.wait_for_function("kernel.state.stage === 'failed' && kernel.state.error.name === 'StoreTooNew'")
    stores = page.evaluate(
        """name => new Promise(done => { indexedDB.open(name).onsuccess = event => {
            const database = event.target.result;
            done([database.version, [...database.objectStoreNames]]);
            database.close();
        }; })""",
        name,
    )
    assert stores == [2, ["alive", "base", "head", "later", "log"]]


def test_a_database_that_another_tab_keeps_busy_is_said_until_it_is_free(open_page: Open) -> None:
    page = ready(open_page())
    name = page.evaluate("kernel.host.names.database")
    page.evaluate("kernel.close()")
    page.evaluate(
        """name => new Promise(done => {
            const opening = indexedDB.open(name);
            opening.onsuccess = () => { window.held = opening.result; indexedDB.deleteDatabase(name).onblocked = done; };
        }).then(() => 1)""",
        name,
    )
    other = open_page()
    other.wait_for_function("kernel.state.blocked")
    page.evaluate("held.close()")
    assert not ready(other).evaluate("kernel.state.blocked")


def test_a_tab_that_stands_still_in_the_middle_of_a_commit_is_said_until_it_ends(open_page: Open) -> None:
    page = ready(open_page())
    run = ask(page, "run", **order(WAIT))
    page.evaluate("kernel.close()")
    page.evaluate(
        """() => new Promise(done => { indexedDB.open(kernel.host.names.database).onsuccess = event => {
            const store = event.target.result.transaction('head', 'readwrite').objectStore('head');
            const on = () => { if (!window.enough) store.get(0).onsuccess = on; done(1); };
            on();
        }; })"""
    )
    other = open_page()
    other.wait_for_function("kernel.state.blocked")
    page.evaluate("window.enough = true")
    assert not ready(other).evaluate("kernel.state.blocked")
    assert ids(other) == [run["id"]]


# -- denied -----------------------------------------------------------------------------------------------------------


def test_where_the_browser_blocks_site_data_a_kill_loses_nothing(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    (tmp_path / "Default").mkdir()
    preferences = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), headless=True, args=FLAGS
    )
    with contextlib.closing(context):
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("console", lambda message: print("console:", message.text))
        page.on("pageerror", lambda error: print("page error:", error))
        page.goto(f"{site}pages/kernel.html?database=denied")
        ready(page)
        assert page.evaluate("kernel.state.storage") == "memory"
        run = ask(page, "run", **order(WAIT))
        done = ask(page, "run", **order())
        ended(page, done)
        page.evaluate("kernel.kill('engine')")
        page.wait_for_function("kernel.state.stage === 'ready' && kernel.state.epoch > 1")
        assert ids(page) == sorted([run["id"], done["id"]])
        assert ask(page, "status", **address(run))["status"] == "waiting"
        content = exported(page, tmp_path / "memory.sqlite").read_bytes()
        assert imported(page, content) == {"added": 0, "kept": 2}
        page.wait_for_function("kernel.state.stage === 'ready'")
        assert ids(page) == sorted([run["id"], done["id"]])


# -- copies -----------------------------------------------------------------------------------------------------------


def test_everything_leaves_as_a_file_that_sqlite_opens_and_comes_back(open_page: Open, tmp_path: Path) -> None:
    page = ready(open_page())
    first = ask(page, "run", **order())
    ended(page, first)
    second = ask(page, "run", **order(WAIT, tenant="globex"))
    follower = ready(open_page(), "follower")
    path = exported(follower, tmp_path / "all.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as file:
        assert file.execute("pragma integrity_check").fetchone() == ("ok",)
        assert file.execute("select tenant, status from instance order by uid").fetchall() == [
            ("acme", "complete"),
            ("globex", "waiting"),
        ]
    other = ready(open_page(database=f"other{next(databases)}"))
    with pytest.raises(Error, match=r"NotAStore: The file was not imported: it is not a SQLite file"):
        imported(other, b"something else")
    epoch = other.evaluate("kernel.state.epoch")
    assert imported(other, path.read_bytes()) == {"added": 2, "kept": 0}
    other.wait_for_function("epoch => kernel.state.stage === 'ready' && kernel.state.epoch > epoch", arg=epoch)
    assert ids(other) == sorted([first["id"], second["id"]])
    other.reload()
    ready(other)
    ask(other, "send_event", tenant="globex", workflow="wait", id=second["id"], type="approve", payload=1)
    assert ended(other, second)["status"] == "complete"


def test_one_tenant_leaves_alone(open_page: Open, tmp_path: Path) -> None:
    page = ready(open_page())
    ended(page, ask(page, "run", **order()))
    ended(page, ask(page, "run", **order(tenant="globex")))
    path = exported(page, tmp_path / "globex.sqlite", "globex")
    assert b"acme" not in path.read_bytes()
    with contextlib.closing(sqlite3.connect(path)) as file:
        assert file.execute("select tenant, status from instance").fetchall() == [("globex", "complete")]
        assert file.execute("select distinct tenant from ledger").fetchall() == [("globex",)]


def test_a_refused_file_leaves_the_engine_running(open_page: Open, tmp_path: Path) -> None:
    page = ready(open_page())
    run = ask(page, "run", **order(WAIT))
    content = exported(page, tmp_path / "all.sqlite").read_bytes()
    newer = content[:60] + (99).to_bytes(4, "big") + content[64:]
    epoch = page.evaluate("kernel.state.epoch")
    for bad, name in ((newer, "StoreTooNew"), (content[:9000], "NotAStore")):
        with pytest.raises(Error, match=name):
            imported(page, bad)
    ask(page, "send_event", tenant="acme", workflow="wait", id=run["id"], type="approve", payload=1)
    assert ended(page, run)["status"] == "complete"
    assert page.evaluate("kernel.state.epoch") == epoch


# -- settings and the end -------------------------------------------------------------------------------------------


def test_durability_is_shown_and_switched_for_good(open_page: Open) -> None:
    page = ready(open_page())
    assert storage(page, "facts")["durability"] == "strict"
    assert storage(page, "durability", wanted="relaxed") == "relaxed"
    ended(page, ask(page, "run", **order()))
    page.reload()
    ready(page)
    ended(page, ask(page, "run", **order()))
    assert storage(page, "facts")["durability"] == "relaxed"
    follower = ready(open_page(), "follower")
    assert storage(follower, "durability", wanted="strict") == "strict"


def test_erasing_leaves_nothing_and_every_tab_starts_anew(open_page: Open) -> None:
    leader, follower = ready(open_page("erase.localhost")), ready(open_page("erase.localhost"), "follower")
    ended(leader, ask(leader, "run", **order()))
    leader.evaluate("kernel.addEventListener('left', () => location.reload())")
    follower.evaluate("kernel.erase()")
    assert follower.evaluate("indexedDB.databases().then(all => all.length)") in (0, 1)
    ready(leader)
    assert ids(leader) == []
    assert leader.evaluate("kernel.state.epoch") == 1
    leader.evaluate("kernel.erase()")
    assert leader.evaluate("Promise.all([indexedDB.databases(), caches.keys()])") == [[], []]
    assert leader.evaluate("localStorage.length + sessionStorage.length") == 0
