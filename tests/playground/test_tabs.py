"""What a page says of other tabs: that it works through one, that one does not answer, that one has taken over."""

from __future__ import annotations

import contextlib
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect

from tests.browser import FLAGS, find_chromium
from tests.playground.conftest import Open
from tests.playground.look import look
from tests.playground.test_storage import ORDER, READY, notice, origin, press, ran, ready
from tests.processes import stopped, with_workers

STATE = "#kernel-state"
THROUGH = "Connected through another tab."


def follower(page: Page) -> Page:
    """Open a second tab and wait until it works through the first."""
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.locator(STATE)).to_have_text(THROUGH, timeout=READY)
    return second


def test_a_frozen_tab_is_replaced_by_a_press_and_says_so_when_it_wakes(open_page: Open) -> None:
    before = with_workers()
    # A service worker would live in the process that is stopped, and with it requests of the other tab.
    page = ready(open_page("?world-delay=0", kernel=True, service_workers="block"))
    ran(page, ORDER)
    frozen = with_workers() - before
    second = follower(page)
    expect(second.locator("#runs-button")).to_have_text("Runs 1")
    look(second, "follower")
    silent = notice(second, "silent")
    with stopped(frozen):
        expect(silent).to_contain_text("The other tab does not answer.", timeout=60_000)
        expect(second.locator(STATE)).to_have_text("The other tab does not answer.")
        look(second, "silent")
        silent.get_by_role("button", name="Take over here").click()
        ready(second)
        expect(silent).to_have_count(0)
    expect(notice(page, "replaced")).to_have_text("Another tab has taken over. This one works through it.")
    expect(page.locator(STATE)).to_have_text(THROUGH, timeout=60_000)
    look(page, "replaced")
    press(page, 'Send "approve"')
    expect(second.locator("#runs-button")).to_have_text("Runs 1")
    expect(page.locator("#status")).to_contain_text("Sleeping until", timeout=30_000)


def test_an_engine_of_this_tab_that_hangs_is_restarted_by_a_press(open_page: Open) -> None:
    page = ready(open_page("?world-delay=0", kernel=True))
    ran(page, ORDER)
    engine = next(worker for worker in page.workers if "engine-worker" in worker.url)
    engine.evaluate("() => { setTimeout(() => { const end = Date.now() + 60_000; while (Date.now() < end); }); }")
    silent = notice(page, "silent")
    expect(silent).to_contain_text("The engine does not answer.", timeout=60_000)
    look(page, "hangs")
    silent.get_by_role("button", name="Restart engine").click()
    ready(page)
    expect(silent).to_have_count(0)
    expect(page.locator("#status")).to_contain_text('Waiting for "approve"', timeout=30_000)


def test_a_follower_is_told_that_the_storage_was_emptied_and_puts_it_back(open_page: Open) -> None:
    page = ready(open_page("?world-delay=0", kernel=True))
    ran(page, ORDER)
    second = follower(page)
    clear = {"origin": origin(page), "storageTypes": "indexeddb"}
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", clear)
    erased = notice(second, "erased")
    expect(erased).to_contain_text("What ran here is still in memory.", timeout=30_000)
    erased.get_by_role("button", name="Put it back").click()
    for tab in (page, second):
        expect(notice(tab, "erased")).to_have_count(0, timeout=30_000)
        expect(tab.locator("#runs-button")).to_have_text("Runs 1")
    session.send("Storage.clearDataForOrigin", clear)
    expect(erased).to_contain_text("What ran here is still in memory.", timeout=30_000)
    page.close()
    ready(second)
    expect(erased).to_contain_text("was emptied from outside this page, and the runs with it.")
    look(second, "emptied-gone")


def test_without_locks_a_page_says_that_another_has_its_runs_and_takes_them_back(
    playwright: Playwright, site: str, tmp_path: Path
) -> None:
    context = playwright.chromium.launch_persistent_context(
        tmp_path, executable_path=find_chromium(), headless=True,
        args=[*FLAGS, "--host-resolver-rules=MAP plain.test 127.0.0.1"],
    )  # fmt: skip
    with contextlib.closing(context):
        old, new = context.new_page(), context.new_page()
        where = site.replace("127.0.0.1", "plain.test").replace("localhost", "plain.test") + "?world-delay=0"
        old.goto(where)
        ready(old)
        ran(old, ORDER)
        new.goto(where)
        ready(new)
        expect(new.locator("#runs-button")).to_have_text("Runs 1")
        press(old, 'Send "approve"')
        failed = notice(old, "failed")
        expect(failed).to_contain_text(
            "Another tab has opened these runs. This one stores nothing more.", timeout=30_000
        )
        look(old, "fenced")
        failed.get_by_role("button", name="Take over here").click()
        ready(old)
        expect(failed).to_have_count(0)
        expect(old.locator("#status")).to_contain_text("Sleeping until", timeout=30_000)


def test_an_engine_that_does_not_start_in_another_tab_is_tried_here(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True, failing=True)
    page.context.route("**/runtime/*/engine.zip", lambda route: route.fulfill(status=404))
    page.reload(wait_until="commit")
    second = page.context.new_page()
    second.goto(page.url)
    for tab in (page, second):
        expect(notice(tab, "failed")).to_contain_text("engine.zip could not be loaded: status 404.", timeout=READY)
    page.context.unroute("**/runtime/*/engine.zip")
    notice(second, "failed").get_by_role("button", name="Try again").click()
    ready(second)
    expect(page.locator(STATE)).to_have_text(THROUGH, timeout=READY)
    for tab in (page, second):
        expect(notice(tab, "failed")).to_have_count(0)
