"""What the page says and offers when storage is full, denied, emptied or newer; export, import and erasing."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser import FLAGS, find_chromium
from tests.e2e.axe import check
from tests.kernel.filler import FILL
from tests.playground.conftest import Open, codemirror
from tests.playground.look import look

RUN = "[data-act=run] >> visible=true"
READY = 120_000


def ready(page: Page) -> Page:
    expect(page.locator("#kernel-state")).to_have_text("Ready", timeout=READY)
    return page


def notice(page: Page, name: str) -> Any:
    return page.locator(f"[data-notice={name}]")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def open_storage(page: Page) -> Any:
    page.locator("#more-button").click()
    page.get_by_role("menuitem", name="Storage…").click()
    dialog = page.get_by_role("dialog", name="Storage")
    expect(dialog.locator("dt").first).to_have_text("Runs")
    return dialog


def ran(page: Page, payload: str = "{}") -> None:
    """Start the open example and wait until its first step is stored."""
    page.locator("#payload-text").fill(payload)
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text("order ·", timeout=30_000)
    expect(page.locator("#status")).to_contain_text('Waiting for "approve"', timeout=30_000)


LARGE = json.dumps({"item": "lamp", "euros": 1, "customer": "ada@example.com", "more": "x" * 60_000})
ORDER = '{"item": "lamp", "euros": 40, "customer": "ada@example.com"}'


def origin(page: Page) -> str:
    return str(page.evaluate("location.origin"))


FILLED = """() => caches.keys().then(names => Promise.all(names.map(async name => (await (await caches.open(name)).keys()).length)))
  .then(counts => counts.reduce((sum, count) => sum + count, 0))"""


END_ALL = """async () => {
  const {kernel} = dynamicWorkflows;
  for (const {tenant, workflow, id} of await kernel.request('runs', {})) await kernel.request('terminate', {tenant, workflow, id});
}"""


CLEAR = """async () => {
  await (await navigator.serviceWorker.getRegistration()).unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}"""


def kept(page: Page) -> None:
    """Let the service worker keep the page for offline use."""
    page.evaluate("void navigator.serviceWorker.register('offline.js')")
    page.wait_for_function("navigator.serviceWorker.controller?.state === 'activated'", timeout=READY)


def test_what_is_kept_for_offline_use_leaves_room_to_what_the_reader_writes_and_runs(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    kept(page)
    session = page.context.new_cdp_session(page)
    usage = "() => navigator.storage.estimate().then(({usage}) => usage)"
    used = page.evaluate(usage)
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin(page), "quotaSize": used + 1_000_000})
    page.evaluate(FILL)
    page.locator(".cm-content").click()
    page.keyboard.type("# mine")  # a reader's text comes first, too
    expect(notice(page, "spared")).to_be_visible()
    expect(page.locator("#saved")).to_have_text("Saved")
    assert page.evaluate(FILLED) == 0
    page.evaluate(CLEAR)
    page.wait_for_function(f"async used => await ({usage})() < used / 2", arg=used)
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin(page), "quotaSize": used + 2_000_000})
    page.reload()  # it is controlled no more
    codemirror(page)
    kept(page)
    assert page.evaluate(FILLED) == 0, "two of the four megabytes would be left"
    assert page.evaluate("caches.keys().then(names => names.map(name => name.replace(/.* /, '')))") == ["up"]
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin(page)})


def stored(page: Page) -> int:
    return int(page.locator("#runs-button").inner_text().split()[1])


def run_one(page: Page, *seen: Any) -> None:
    """Start a run with a large payload and wait until it is stored, or one of the notices is there."""
    known = stored(page)
    page.locator("#payload-text").fill(LARGE)
    page.locator(RUN).click()
    deadline = time.monotonic() + 60
    while stored(page) == known and not any(notice.count() for notice in seen):
        assert time.monotonic() < deadline, "nothing was stored, and nothing was said"
        page.wait_for_timeout(50)


def run_until(page: Page, seen: Any) -> int:
    """Start such runs until a notice is there, and return how many are stored."""
    while not seen.count():
        run_one(page, seen)
    return stored(page)


@pytest.mark.timeout(240)
def test_a_full_disk_takes_what_is_kept_for_offline_use_then_says_so_and_goes_on(open_page: Open) -> None:
    page = open_page("?world-delay=0")  # without Python, nothing is stored yet: Chromium remembers the room it found
    codemirror(page)
    kept(page)
    assert page.evaluate(FILLED) > 50
    session = page.context.new_cdp_session(page)
    used = session.send("Storage.getUsageAndQuota", {"origin": origin(page)})["usage"]
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin(page), "quotaSize": used + 4_000_000})
    page.unroute_all()
    page.reload()
    ready(page)
    full, spared = notice(page, "full"), notice(page, "spared")
    run_until(page, spared)
    expect(spared).to_contain_text("this page gave up what it had kept for use without a network")
    run_one(page)  # and the runs go on
    expect(full).to_have_count(0)
    assert page.evaluate(FILLED) == 0
    check(page, "spared")
    expect(open_storage(page).locator("dd").nth(3)).to_contain_text("the disk was full, and the runs needed the room.")
    check(page, "spared-storage")
    page.keyboard.press("Escape")
    page.reload()  # over the network, through a service worker that keeps nothing now
    ready(page)
    assert page.evaluate(FILLED) == 0
    page.evaluate(END_ALL)
    page.evaluate(FILL)  # now there is nothing else to give up
    run_until(page, full)
    expect(full).to_contain_text("the disk is full. Runs are paused and lose nothing.")
    assert full.get_by_role("button").all_inner_texts() == ["Free space…", "Export", "Try again"]
    ready(page)
    check(page, "full")
    with page.expect_download() as download:
        press(page, "Export")
    with contextlib.closing(sqlite3.connect(download.value.path())) as file:
        assert file.execute("select count(*) from instance").fetchone()[0] > 1
    full.get_by_role("button", name="Free space…").click()
    dialog = page.get_by_role("dialog", name="Free space")
    expect(dialog).to_contain_text("The browser refuses to store more.")
    dialog.locator(".all input").check()
    check(page, "full-dialog")
    dialog.locator(".row .filled").click()
    expect(notice(page, "removed")).to_contain_text("deleted:", timeout=90_000)
    expect(full).to_have_count(0, timeout=90_000)
    ready(page)
    run_one(page)
    expect(full).to_have_count(0)
    page.evaluate(FILL)
    run_until(page, full)
    expect(open_storage(page).locator("dd").nth(1)).to_contain_text(
        "and the browser refuses more. Free space on this device"
    )
    page.keyboard.press("Escape")
    expect(full).to_be_visible()
    session.send("Storage.overrideQuotaForOrigin", {"origin": origin(page)})
    press(page, "Try again")
    expect(full).to_have_count(0, timeout=90_000)
    dialog = open_storage(page)
    dialog.get_by_role("button", name="Keep again").click()
    expect(dialog.locator("dd").nth(3)).to_have_text(
        "This page opens without a network, once it has been open with one.", timeout=READY
    )
    assert page.evaluate(FILLED) > 50
    page.keyboard.press("Escape")
    page.locator("#payload-text").fill(ORDER)
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text('Waiting for "approve"', timeout=30_000)


def test_storage_is_shown_asked_for_and_its_durability_switched(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    page.evaluate(
        "() => { window.asked = 0; const persist = navigator.storage.persist;"
        "navigator.storage.persist = function () { asked += 1; return persist.call(this); }; }"
    )
    ready(page)
    assert page.evaluate("asked") == 0
    ran(page, ORDER)
    ran(page, ORDER)
    assert page.evaluate("asked") == 1, "after the first saved run, once"
    dialog = open_storage(page)
    expect(dialog.locator("dd").nth(1)).to_contain_text("in use; the browser names")
    expect(dialog.locator("dd").nth(2)).to_contain_text("The browser may remove this when the disk is short.")
    expect(dialog.get_by_label("strict")).to_be_checked()
    look(page, "storage")
    dialog.get_by_text("relaxed").click()
    page.wait_for_function("dynamicWorkflows.kernel.storage('facts').then(facts => facts.durability === 'relaxed')")
    page.reload()
    ready(page)
    expect(open_storage(page).get_by_label("relaxed")).to_be_checked()


def test_everything_and_one_tenant_are_exported_and_imported(open_page: Open, tmp_path: Path) -> None:
    page = ready(open_page("?world-delay=0", kernel=True))
    ran(page, ORDER)
    open_storage(page)
    with page.expect_download() as one:
        press(page, "Export acme")
    assert one.value.suggested_filename.startswith("acme-20")
    with page.expect_download() as download:
        press(page, "Export everything")
    assert download.value.suggested_filename.endswith(".sqlite")
    for file in (one, download):
        with contextlib.closing(sqlite3.connect(file.value.path())) as database:
            assert database.execute("select tenant, status from instance").fetchall() == [("acme", "waiting")]
    path = tmp_path / "export.sqlite"
    download.value.save_as(path)

    page.keyboard.press("Escape")

    def take(other: Page, file: Path) -> None:
        open_storage(other)
        with other.expect_file_chooser() as chooser:
            press(other, "Import…")
        chooser.value.set_files(file)

    take(page, path)
    expect(notice(page, "import")).to_have_text("0 runs were imported. 1 was here already and stays as it is.")
    other = ready(open_page("?world-delay=0", kernel=True))
    (tmp_path / "bad.sqlite").write_bytes(b"nothing of ours")
    take(other, tmp_path / "bad.sqlite")
    expect(notice(other, "import")).to_contain_text("The file was not imported: it is not a SQLite file.")
    look(other, "import-refused")
    content = path.read_bytes()
    (tmp_path / "newer.sqlite").write_bytes(content[:60] + (99).to_bytes(4, "big") + content[64:])
    take(other, tmp_path / "newer.sqlite")
    expect(notice(other, "import")).to_contain_text("a newer version of this page wrote it. Nothing has changed.")
    take(other, path)
    expect(notice(other, "import")).to_contain_text("1 run was imported.")
    expect(other.locator("#runs-button")).to_have_text("Runs 1", timeout=30_000)
    ready(other)


def test_erasing_everything_leaves_nothing(open_page: Open) -> None:
    page = ready(open_page("?world-delay=0", kernel=True))
    ran(page, ORDER)
    page.locator(".cm-content").click()
    page.keyboard.type("# mine")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.evaluate("caches.open('dynamic-workflows-offline').then(cache => cache.put('/x', new Response('x')))")
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.locator("#kernel-state")).to_have_text("Connected through another tab.", timeout=READY)
    open_storage(page)
    press(page, "Erase everything…")
    dialog = page.get_by_role("dialog", name="Erase everything")
    expect(dialog).to_contain_text("1 run, of 1 tenant")
    look(page, "erase")
    with page.expect_download():
        dialog.get_by_role("button", name="Export everything").click()
    dialog.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("dialog", name="Everything is erased.")).to_be_visible(timeout=30_000)
    look(page, "erased")
    expect(second.get_by_role("dialog", name="Everything was erased in another tab.")).to_be_visible()
    session = page.context.new_cdp_session(page)
    site = {"securityOrigin": origin(page)}
    assert session.send("IndexedDB.requestDatabaseNames", site)["databaseNames"] == []
    assert session.send("CacheStorage.requestCacheNames", site)["caches"] == []
    for local in (True, False):
        items = session.send("DOMStorage.getDOMStorageItems", {"storageId": {**site, "isLocalStorage": local}})
        assert items["entries"] == []
    second.close()
    press(page, "Start anew")
    ready(page)
    expect(page.locator("#runs-button")).to_have_text("Runs 0")
    assert "# mine" not in page.locator(".cm-content").inner_text()


def test_where_site_data_is_blocked_the_page_says_so_and_offers_export(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    (tmp_path / "Default").mkdir()
    preferences = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), headless=True, args=FLAGS
    )
    with contextlib.closing(context):
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(site + "?world-delay=0")
        ready(page)
        denied = notice(page, "storage")
        expect(denied).to_contain_text("This window cannot store runs. They last until you close it.")
        ran(page, ORDER)
        page.locator("[data-act=kill] >> visible=true").first.click()
        ready(page)
        expect(page.locator("#status")).to_contain_text('Waiting for "approve"', timeout=30_000)
        with page.expect_download() as download:
            denied.get_by_role("button", name="Export").click()
        with contextlib.closing(sqlite3.connect(download.value.path())) as file:
            assert file.execute("select count(*) from instance").fetchone() == (1,)
        expect(denied).to_be_visible()
        look(page, "denied")
        expect(open_storage(page).locator("dd").nth(2)).to_have_text("Only until you close this window.")
        page.keyboard.press("Escape")
        open_storage(page)
        press(page, "Erase everything…")
        page.get_by_role("dialog", name="Erase everything").get_by_role("button", name="Erase everything").click()
        expect(page.get_by_role("dialog", name="Everything is erased.")).to_be_visible(timeout=30_000)
        press(page, "Start anew")
        ready(page)
        expect(page.locator("#runs-button")).to_have_text("Runs 0")
        assert errors == []


def test_storage_that_was_emptied_is_said_and_put_back(open_page: Open) -> None:
    page = ready(open_page("?world-delay=0", kernel=True))
    ran(page, ORDER)
    page.context.new_cdp_session(page).send(
        "Storage.clearDataForOrigin", {"origin": origin(page), "storageTypes": "indexeddb"}
    )
    erased = notice(page, "erased")
    expect(erased).to_contain_text(
        "This site's storage was emptied from outside this page. What ran here is still in memory.", timeout=30_000
    )
    ready(page)
    expect(notice(page, "trouble")).to_have_count(0)
    look(page, "emptied")
    press(page, "Put it back")
    expect(erased).to_have_count(0, timeout=30_000)
    page.reload()
    ready(page)
    expect(page.locator("#runs-button")).to_have_text("Runs 1")


UPGRADE = """name => new Promise(done => {
    const opening = indexedDB.open(name, 2);
    opening.onupgradeneeded = () => opening.result.createObjectStore('later');
    opening.onsuccess = () => { opening.result.close(); done(1); };
})"""
BUSY = """name => new Promise(done => {
    const opening = indexedDB.open(name);
    opening.onsuccess = () => { window.held = opening.result; indexedDB.deleteDatabase(name).onblocked = done; };
}).then(() => 1)"""


@pytest.mark.parametrize(
    ("cause", "name", "text", "action"),
    [
        (
            UPGRADE,
            "failed",
            "A newer version of this page has stored runs in this browser. They are untouched.",
            "Reload",
        ),
        (BUSY, "blocked", "Another tab keeps this site's storage busy. Close the other tabs of this site.", None),
    ],
    ids=["newer", "busy"],
)
def test_a_database_that_cannot_be_opened_is_said(
    open_page: Open, cause: str, name: str, text: str, action: str | None
) -> None:
    page = ready(open_page("?world-delay=0", kernel=True))
    database = page.evaluate("dynamicWorkflows.kernel.host.names.database")
    page.evaluate("dynamicWorkflows.kernel.close()")
    page.evaluate(cause, database)
    other = page.context.new_page()
    other.goto(page.url)
    expect(notice(other, name)).to_contain_text(text, timeout=30_000)
    if action:
        expect(notice(other, name).get_by_role("button")).to_have_text(action)
    look(other, f"database-{name}")
    if name == "blocked":
        page.evaluate("held.close()")
        ready(other)
        expect(notice(other, name)).to_have_count(0)
