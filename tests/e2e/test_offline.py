"""After the first visit the site needs no network, a new build waits for Reload, and nothing is left after an erase."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.axe import check
from tests.e2e.playground import Playground
from tests.e2e.served import Site, served

pytestmark = pytest.mark.timeout(300)
Launch = Callable[[], BrowserContext]
QUICK = "?world-delay=50"
KEPT = "() => caches.keys().then(names => names.filter(name => name.startsWith('dynamic-workflows')).sort())"
BUILD = "() => JSON.parse(document.querySelector('#content').textContent).build"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """Yield a site of this test's own."""
    with served(tmp_path / "served") as site:
        yield site


@pytest.fixture
def site(own: Site) -> str:
    """The address that the browser may ask, and no other."""
    return own.address


def kept(page: Page) -> None:
    """Wait until the service worker has everything and answers this page."""
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'", timeout=120_000)


def gallery(page: Page) -> None:
    """Look at the gallery, whose script is loaded on demand, and leave it."""
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="All examples").click()
    expect(page.locator("#gallery tbody tr")).to_have_count(12)
    page.get_by_role("button", name="Back to the code").click()


def test_after_the_first_visit_everything_works_without_a_network_until_it_is_erased(
    launch: Launch, own: Site, site: str
) -> None:
    page = launch().new_page()
    p = Playground(page, site, QUICK)
    p.ready()
    kept(page)
    own.stop()
    page.reload()
    p.ready()
    p.run()
    p.expect_status('Waiting for "approve"')
    p.kill()
    p.button('Send "approve"').click()
    p.button("Skip 30 days").click()
    p.expect_status("Complete")
    gallery(page)
    page.goto(f"{site}?example=saga")
    expect(page.locator("#status")).to_contain_text("Recorded run.")
    expect(page.locator("workflow-timeline")).to_contain_text("book flight")
    page.goto(f"{site}docs/never-visited.html")
    expect(page.locator("body")).to_contain_text("Not available offline yet.")
    page.get_by_role("link", name="Open the playground").click()
    p.ready()
    own.start()
    page.locator("#more-button").click()
    page.get_by_role("menuitem", name="Storage").click()
    page.get_by_role("button", name="Erase everything…").click()
    page.get_by_role("button", name="Erase everything", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("Everything is erased.")
    assert page.evaluate(KEPT) == []
    assert page.evaluate("() => navigator.serviceWorker.getRegistrations().then(all => all.length)") == 0


def test_a_new_build_waits_for_reload_and_an_open_page_keeps_its_own(launch: Launch, own: Site, site: str) -> None:
    context = launch()
    page, other = context.new_page(), context.new_page()
    p, q = Playground(page, site, QUICK), Playground(other, site, QUICK)
    for one in (p, q):
        one.ready()
        kept(one.page)
    old = page.evaluate(BUILD)
    new = own.renew()
    page.evaluate("() => navigator.serviceWorker.getRegistration().then(one => one.update())")
    notice = page.locator("[data-notice=update]")
    expect(notice).to_contain_text("A new version is ready.", timeout=60_000)
    expect(other.locator("[data-notice=update]")).to_contain_text("A new version is ready.")
    check(other, "update")
    gallery(page)  # its script is on the server no more
    p.run()
    p.expect_status('Waiting for "approve"')
    p.kill()
    p.expect_status('Waiting for "approve"')
    third = context.new_page()
    third.goto(site)
    assert third.evaluate(BUILD) == old
    third.close()
    notice.get_by_role("button", name="Reload").click()
    page.wait_for_function(f"() => ({BUILD})() === '{new}'")
    p.ready()
    p.expect_status('Waiting for "approve"')
    assert other.evaluate(BUILD) == old
    gallery(other)
    assert len([name for name in page.evaluate(KEPT) if " build " in name]) == 2
    other.close()
    page.reload()
    p.ready()
    page.wait_for_function(
        f"() => ({KEPT})().then(names => names.filter(name => name.includes(' build ')).length === 1)"
    )
    gallery(page)
    expect(page.locator("[data-notice=update]")).to_have_count(0)


@pytest.mark.parametrize(
    "refusal",
    [
        "delete Navigator.prototype.serviceWorker",
        "if (isSecureContext && origin !== 'null')"
        " navigator.serviceWorker.register = () => Promise.reject(new DOMException('denied', 'SecurityError'))",
    ],
    ids=["there are none", "they are refused"],
)
def test_where_service_workers_are_refused_nothing_breaks(launch: Launch, site: str, refusal: str) -> None:
    context = launch()
    context.add_init_script(refusal)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    p = Playground(page, site, QUICK)
    p.ready()
    p.run()
    p.expect_status('Waiting for "approve"')
    gallery(page)
    assert errors == []


@pytest.mark.parametrize("compresses", [False, True], ids=["plain", "compressed"])
def test_the_bytes_that_the_header_shows_are_those_that_were_served(
    launch: Launch, own: Site, site: str, compresses: bool
) -> None:
    own.compresses = compresses
    page = launch().new_page()
    page.add_init_script(
        "window.shown = []; new MutationObserver(() => { const words = document.querySelector('#kernel-state .words')?.textContent;"
        " if (words && shown.at(-1) !== words) shown.push(words); }).observe(document, {subtree: true, childList: true, characterData: true});"
    )
    p = Playground(page, site, QUICK)
    p.ready()
    manifest = json.loads((own.folder / "some/where/runtime/manifest.json").read_bytes())
    served_bytes = sum(own.sent[path][0] for path in manifest["first"])
    state = page.evaluate("() => window.dynamicWorkflows.kernel.state")
    assert (state["bytes"], state["total"]) == (served_bytes, served_bytes)
    said = [re.search(r"([\d.]+) of ([\d.]+) MB", words) for words in page.evaluate("shown")]
    totals = [float(one[2]) for one in said if one]
    assert totals
    assert totals[-1] == round(served_bytes / 1_000_000, 1)
    assert "runtime/sandbox.wasm" not in own.sent
    wasm = manifest["assets"]["pyodide.asm.wasm"]["path"]
    assert len(own.sent[wasm]) <= 2  # the engine's, and at most once more for all sandboxes
