"""The states of the page, each by its real cause: what a reader sees when nothing is there, when it runs, when it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror
from tests.playground.test_share import sample

READY = 120_000  # ms
RUN = "[data-act=run] >> visible=true"
FIXED = {"service_workers": "block", "timezone_id": "UTC", "locale": "en-US", "reduced_motion": "reduce"}
State = tuple[str, Page]
Prepare = Callable[[Page], None]


def before_python(open_page: Open, prepare: Prepare) -> Iterator[State]:
    """Yield the states that need no Python."""
    page = _open(open_page, prepare)
    yield "recorded", page
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text("Run queued.")
    yield "queued", page
    page.locator(RUN).click()
    page.locator("#payload-text").fill('{"item": "lamp"\n "euros": 40}')
    page.locator(RUN).click()
    expect(page.locator("#problem")).to_be_visible()
    yield "bad-payload", page
    page.goto(page.url.partition("?")[0] + "?view=examples")
    expect(page.locator("#gallery tbody tr")).to_have_count(12)
    page.wait_for_function("[...document.querySelectorAll('#gallery img')].every(one => one.complete)")
    yield "examples", page
    for name, words in (("shortcuts", "Show shortcuts"), ("about", "About")):
        page.locator("#more-button").click()
        page.get_by_role("menuitem", name=words).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        yield name, page
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#more-button").click()
    yield "menu", page


def sent(open_page: Open, prepare: Prepare) -> Iterator[State]:
    """Yield what a link leads to: whole, kept, cut off, and of a newer format."""
    link = sample("order")["link"]
    page = _open(open_page, prepare, "#" + link)
    expect(page.locator(".notice.shared")).to_contain_text("From a link. It has not run here.")
    expect(page.locator(".tl-row")).to_have_count(6)
    yield "link", page
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator("dialog.share .length")).to_contain_text("characters")
    yield "share", page
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keep a copy").click()
    expect(page.locator("#empty")).to_contain_text("No runs yet. Press Run: steps appear here as they are stored.")
    page.locator("[data-notice=kept] .icon-only").click()
    yield "no-runs", page
    for name, hash in (("link-cut", link[:700]), ("link-newer", "8" + link[1:])):
        page.evaluate("hash => { location.hash = hash; }", hash)
        expect(page.locator("[data-notice=shared-trouble]")).to_be_visible()
        yield name, page


def not_starting(open_page: Open, prepare: Prepare) -> Iterator[State]:
    """Yield what is left where WebAssembly is blocked."""

    def without(page: Page) -> None:
        prepare(page)
        page.add_init_script("delete window.WebAssembly")

    page = _open(open_page, without)
    expect(page.locator(".notice")).to_contain_text(
        "Python could not start: WebAssembly is blocked here.", timeout=READY
    )
    yield "blocked", page


def living(open_page: Open, prepare: Prepare) -> Iterator[State]:
    """Yield the stops of a run's life: in flight, killed and waiting, asleep, complete; then all runs."""
    page = _open(open_page, prepare, kernel=True)
    expect(page.locator("#kernel-state")).to_contain_text("Ready", timeout=READY)
    page.locator(RUN).click()
    _row(page, "step.started", "do:charge card-1")
    page.wait_for_function("document.querySelectorAll('#ledger td.asked').length === 2")
    page.locator("[data-act=kill] >> visible=true").click()
    expect(page.locator("#status")).to_contain_text('Waiting for "approve"', timeout=READY)
    expect(page.locator("#kernel-state")).to_contain_text("Ready", timeout=READY)
    yield "waiting", page
    page.get_by_role("button", name='Send "approve"').first.click()
    expect(page.locator("#status")).to_contain_text("Sleeping until", timeout=READY)
    yield "sleeping", page
    page.get_by_role("button", name="Skip 30 days").first.click()
    expect(page.locator("#summary")).to_contain_text("Complete. Killed once.", timeout=READY)
    yield "complete", page
    page.locator(".tl-row").nth(1).click()
    expect(page.locator(".tl-inspector .tl-panel")).to_be_visible()
    yield "inspector", page
    page.keyboard.press("Escape")
    page.locator("#runs-button").click()
    page.get_by_role("menuitem", name="All runs").click()
    expect(page.get_by_role("grid")).to_contain_text("order · 1")
    yield "runs", page


def _open(open_page: Open, prepare: Prepare, query: str = "", *, kernel: bool = False) -> Page:
    page = open_page(kernel=kernel, **FIXED)
    address = page.url + query
    prepare(page)
    page.goto("about:blank")
    page.goto(address, wait_until="commit")
    codemirror(page)
    page.wait_for_selector(".cm-line .tok-keyword")  # the code has its colours
    page.evaluate("document.fonts.ready.then(() => null)")
    return page


def _row(page: Page, kind: str, key: str, attempt: int = 1) -> None:
    rows = "(document.querySelector('workflow-timeline').data?.rows ?? [])"
    own = "new URLSearchParams(location.search).get('run')"
    wanted = f"row.kind === {json.dumps(kind)} && row.key === {json.dumps(key)} && row.attempt === {attempt}"
    page.wait_for_function(f"{own} && {rows}.some(row => {wanted})", timeout=READY)


GROUPS = (before_python, sent, not_starting, living)
