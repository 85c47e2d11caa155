"""`panel serve` over a store file: what another process does is seen within a second, and without one runs are acted upon."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import FLAGS, find_chromium
from tests.dashboards.served import Owner, serving

PATIENCE = 60_000


@pytest.fixture
def page() -> Iterator[Page]:
    """Yield a page that may ask nobody but this machine, and on which nothing may go wrong."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if _leaves(request.url) else None)
        yield page
        browser.close()
    assert wrong == []


def _leaves(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname != "localhost"


@pytest.mark.timeout(600)
def test_a_store_is_seen_as_another_process_runs_it_and_acted_upon_when_none_does(
    page: Page, store: Path, source: Path
) -> None:
    owner = Owner(store, source)
    owner.make("order-1")
    with serving(store) as address:
        _look_on(page, owner, address, str(store))
        owner.end()
        _act(page, address)


def _look_on(page: Page, owner: Owner, address: str, place: str) -> None:
    page.goto(address)
    expect(page.get_by_role("status").filter(has_text="Live, read only")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(f"Another process runs {place}.")).to_be_visible()
    expect(page.get_by_role("button", name="1 Waiting")).to_be_visible()
    runs = page.get_by_role("table", name="Runs", exact=True)
    owner.make("order-2")
    began = time.monotonic()
    expect(runs.get_by_role("link", name="order · 2")).to_be_visible(timeout=PATIENCE)
    print(f"\na run that another process made is shown after {1_000 * (time.monotonic() - began):.0f} ms")
    expect(page.get_by_role("button", name="2 Waiting")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("2 runs were created, 0 ended, 2 steps finished"))).to_be_visible()
    runs.get_by_role("link", name="order · 1").click()
    expect(page.get_by_role("heading", name="order · 1")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("reserve stock")).first).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Send"))).to_have_count(0)


def _act(page: Page, address: str) -> None:
    page.goto(f"{address}?tenant=acme&run=order-1")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Pause")).to_have_count(0)
    page.get_by_role("button", name="Resume").click()
    page.get_by_text("Send event…").click()
    page.get_by_label("Payload, JSON").fill("{no json")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("The payload is not JSON")).to_be_visible()
    page.get_by_label("Payload, JSON").fill('"Grace"')
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".head .state")).to_have_text("Sleeping")
    page.get_by_role("button", name="Skip 30 days").click()
    expect(page.locator(".head .state")).to_have_text("Complete")
    expect(page.get_by_role("region", name="Output")).to_contain_text('"by":"Grace"')
    expect(page.get_by_role("button", name="Terminate")).to_have_count(0)
    page.get_by_role("link", name="All runs").click()
    expect(page.get_by_role("button", name="1 Complete")).to_be_visible()
    expect(page).to_have_url(address)
    page.get_by_role("button", name="1 Waiting").click()
    runs = page.get_by_role("table", name="Runs", exact=True)
    expect(runs.get_by_role("link", name=re.compile("^order · "))).to_have_text(["order · 2"])
