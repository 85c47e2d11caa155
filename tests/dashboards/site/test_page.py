"""/dashboard/ in the built site: real figures before Python is there, then Panel, live, and controls that act."""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.served import BELOW, served
from tests.notebooks.site import START

LIVE = "() => window.dynamicWorkflows?.live ?? null"


def ready(page: Page, site: str, query: str = "?world-delay=0") -> None:
    """Open the playground."""
    page.goto(f"{site}{query}")
    expect(page.locator("#kernel-state")).to_have_text(re.compile("Ready|Connected"), timeout=START)


def run(page: Page) -> None:
    """Start a run in the playground."""
    page.locator("[data-act=run] >> visible=true").first.click()


def live(page: Page) -> float:
    """Wait for the dashboards and return after how many milliseconds they were there."""
    return float(page.wait_for_function(LIVE, timeout=START).json_value())


@pytest.mark.timeout(600)
def test_a_run_of_the_playground_shows_at_once_and_is_acted_upon(
    browser: BrowserContext, allowed: set[str], tmp_path: Path
) -> None:
    with served(tmp_path / "served") as site:  # an origin of its own: no runs yet
        allowed.add(urlsplit(site.address).netloc)
        page = browser.new_page()
        ready(page, site.address)
        run(page)
        expect(page.locator("#status")).to_contain_text('Waiting for "approve"', timeout=START)
        page.locator("#more-button").click()
        with browser.expect_page() as opened:
            page.get_by_role("menuitem", name="Dashboards").click()
        dash = opened.value
        errors: list[str] = []
        dash.on("pageerror", lambda error: errors.append(str(error)))

        first = dash.locator("#first")
        expect(first.locator(".tone-waiting .dash-number")).to_have_text("1", timeout=START)
        expect(first.get_by_role("row").nth(1)).to_contain_text("order · 1")
        assert dash.evaluate(LIVE) is None, "figures are there before Python is"
        print(f"\ndashboards live after {live(dash):.0f} ms")
        expect(first).to_have_count(0)
        expect(dash.get_by_text("order · 1").first).to_be_visible(timeout=START)

        page.bring_to_front()
        pressed = time.monotonic()
        run(page)
        expect(dash.get_by_text("order · 2").first).to_be_visible(timeout=60_000)
        print(
            f"a run of the playground is on the dashboard {(time.monotonic() - pressed) * 1000:.0f} ms after Run was pressed"
        )

        dash.get_by_text("order · 1").first.click()
        expect(dash.get_by_role("heading", name="order · 1")).to_be_visible(timeout=START)
        assert re.search(r"[?&]run=\w+", dash.url), "the address names the run"
        dash.reload()
        live(dash)
        dash.get_by_role("button", name="Pause").click(timeout=START)
        expect(dash.get_by_role("button", name="Resume")).to_be_visible(timeout=START)
        dash.get_by_role("button", name="Resume").click()
        dash.get_by_role("button", name='Send "approve"').first.click(timeout=START)
        expect(dash.get_by_text("Sleeping").first).to_be_visible(timeout=START)
        dash.get_by_role("link", name="Playground").click()
        expect(dash.locator("#kernel-state")).to_have_text(re.compile("Ready|Connected"), timeout=START)
        assert errors == []
        dash.close()
        page.close()


@pytest.mark.timeout(600)
def test_below_a_path_the_page_hosts_the_engine_and_opens_again_without_a_network(
    browser: BrowserContext, allowed: set[str], tmp_path: Path
) -> None:
    with served(tmp_path / "served") as site:
        allowed.add(urlsplit(site.address).netloc)
        page = browser.new_page()
        page.goto(f"{site.address}dashboard/index.html")
        live(page)
        expect(page.get_by_role("heading", name="Fleet")).to_be_visible(timeout=START)
        assert page.evaluate("window.dynamicWorkflows.kernel.state.leads")
        assert page.evaluate("window.dynamicWorkflows.kept"), "a service worker keeps what the page consists of"
        site.stop()
        page.goto(f"{site.address}dashboard/index.html?run=nowhere")
        live(page)
        expect(page.get_by_role("heading", name="nowhere")).to_be_visible(timeout=START)
        page.close()


@pytest.mark.timeout(600)
def test_a_page_whose_python_fails_says_so_and_keeps_its_figures(
    browser: BrowserContext, allowed: set[str], tmp_path: Path
) -> None:
    with served(tmp_path / "served") as site:
        allowed.add(urlsplit(site.address).netloc)
        (wheel,) = (site.folder / BELOW / "wheels").glob("panel-*.whl")
        gone = wheel.rename(tmp_path / wheel.name)
        page = browser.new_page()
        page.goto(f"{site.address}dashboard/index.html")
        problem = page.locator("#problem")
        expect(problem).to_contain_text("The dashboards could not start.", timeout=START)
        expect(problem).to_contain_text("did not arrive")
        expect(page.locator("#first")).to_contain_text("No runs yet", timeout=START)
        gone.rename(wheel)
        problem.get_by_role("button", name="Reload").click()
        live(page)
        page.close()
