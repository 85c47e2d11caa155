"""The docs as a reader meets them: every page opens without an error, and all examples of a page share one kernel."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from playground.serve import DIST
from tests.e2e.axe import check

Launch = Callable[[], BrowserContext]
LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.href)"
IDS = "() => [...document.querySelectorAll('[id]')].map(one => one.id)"
DRAWN = "() => [...document.querySelectorAll('dynamic-workflow')].every(one => one.shadowRoot?.querySelector('.status')?.textContent)"
KINDS = "index", "tutorial/first-workflow", "concepts/step", "errors/index", "reference/tenant", "conformance"
TEN = 10
MORE = """ten => { const all = () => document.querySelectorAll('dynamic-workflow');
  const own = [...all()];
  while (all().length < ten) {
    const one = own[all().length % own.length];
    one.after(document.createRange().createContextualFragment(one.outerHTML));
  } }"""


def pages() -> list[str]:
    return sorted(path.relative_to(DIST).as_posix() for path in (DIST / "docs").rglob("*.html"))


@pytest.mark.timeout(600)
def test_every_page_opens_without_an_error_and_every_link_leads_to_a_place(launch: Launch, site: str) -> None:
    page = launch().new_page()
    said = listening(page)
    linked: set[str] = set()
    places: dict[str, set[str]] = {}  # of every page of the docs
    for name in pages():
        page.goto(site + name)
        page.wait_for_function(DRAWN)
        assert page.locator("h1").count() == 1, name
        assert said == [], name
        linked |= {link for link in page.evaluate(LINKS) if link.startswith(site)}
        places[site + name] = {"", *page.evaluate(IDS)}
    assert len(linked) > len(places)
    split = {link: urldefrag(link) for link in linked}
    assert [
        link for link, (address, place) in split.items() if unquote(place) not in places.get(address, {unquote(place)})
    ] == []
    for address in {address for address, _ in split.values()} - places.keys():
        assert page.request.get(address).status == 200, address


def test_anybody_can_read_a_page_of_each_kind(launch: Launch, site: str) -> None:
    page = launch().new_page()
    page.goto(f"{site}docs/index.html")
    page.get_by_role("combobox").fill("rollb")
    expect(page.get_by_role("option").first).to_contain_text("Rollback")
    for name in KINDS:
        page.goto(f"{site}docs/{name}.html")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for width, height in ((390, 844), (1280, 800)):
            page.set_viewport_size({"width": width, "height": height})
            check(page, f"{name}, {width} px")


def test_a_block_is_copied_and_of_a_console_the_commands(launch: Launch, site: str) -> None:
    context = launch()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site + "docs/howto/run-on-cpython.html")
    block = page.locator(".code-frame", has_text="dynamic-workflows send-event")
    block.get_by_role("button", name="Copy").click()
    expect(block.get_by_role("button")).to_have_text("Copied")
    commands = ["dynamic-workflows send-event order-1 approve", "dynamic-workflows run order.py --id order-1"]
    assert page.evaluate("navigator.clipboard.readText()") == "\n".join(commands)
    page.goto(site + "docs/howto/embed-in-docs.html")
    page.locator(".code-frame", has_text="site_name").get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("site_name: Handbook\nextra_javascript:\n")


@pytest.mark.timeout(600)
def test_ten_examples_of_a_page_share_one_kernel(launch: Launch, site: str) -> None:
    name = max(pages(), key=lambda one: (DIST / one).read_text(encoding="utf-8").count("<dynamic-workflow"))
    page = launch().new_page()
    said = listening(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(urljoin(site, name))
    examples = page.locator("dynamic-workflow")
    page.evaluate(MORE, TEN)  # a longer page than there is: the same examples again
    assert examples.count() == TEN
    page.wait_for_function(DRAWN)
    assert [url for url in asked if "/runtime/" in url] == [], "recorded runs need no Python"
    for example in examples.all():
        example.scroll_into_view_if_needed()
        example.locator("[data-act=run]").click()
    for example in examples.all():
        expect(example.locator("[data-act=run]")).to_have_text("Run again", timeout=120_000)
    frames = [frame for frame in page.frames if urlsplit(frame.url).path.endswith("/embed.html")]
    assert len(frames) == 1
    workers = [worker.url for worker in page.workers if "engine-worker" in worker.url]
    assert len(workers) == 1
    assert said == []


def own_text(url: str) -> bool:
    """Tell whether a request asks for what a page holds itself; such a one ends with the sandbox that asked."""
    return url.startswith("blob:")


def listening(page: Page) -> list[str]:
    """Return what the page says went wrong, from now on."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: None if own_text(request.url) else said.append(f"{request.url} failed"))
    return said
