"""axe-core finds nothing in any state of the page that a reader comes to, light or dark, wide or narrow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.axe import violations
from tests.e2e.playground import STEPS, Playground

pytestmark = pytest.mark.timeout(600)
Launch = Callable[[], BrowserContext]

FAILS = """\
from workers import WorkflowEntrypoint


class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("charge", config={"retries": {"limit": 1, "delay": "1 hour"}})
        async def charge():
            raise ValueError("card refused")

        await charge()
"""


def check(page: Page, state: str, *, phone: bool = True) -> None:
    """Look at a state in both colour schemes, and on a phone."""
    found = []
    sizes = [(1280, 800), (390, 844)] if phone else [(1280, 800)]
    for width, height in sizes:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("() => Promise.all(document.getAnimations().map(one => one.finished.catch(() => {})))")
            found += [f"{state}, {width} px, {scheme}: {rule}" for rule in violations(page)]
    page.set_viewport_size({"width": 1280, "height": 800})
    assert found == [], "\n".join(found)


def test_the_story_from_the_recorded_run_to_complete(page: Page, site: str) -> None:
    p = Playground(page, site)
    check(page, "recorded run")
    p.ready()
    p.run()
    p.expect_row("step.started do:charge card-1 1")
    p.kill()
    p.expect_status("Engine killed.")
    check(page, "killed", phone=False)
    p.expect_status('Waiting for "approve"')
    check(page, "waiting")
    p.button('Send "approve"').click()
    p.expect_status("Sleeping until")
    check(page, "sleeping")
    p.button("Skip 30 days").click()
    p.expect_status("Complete")
    check(page, "complete")
    page.goto(f"{site}?view=runs")
    expect(page.get_by_role("grid")).to_contain_text("order · 1", timeout=STEPS)
    check(page, "runs")
    page.goto(f"{site}?view=examples")
    expect(page.get_by_role("heading", name="Examples")).to_be_visible()
    check(page, "examples")


def test_troubles_and_what_opens_over_the_page(page: Page, site: str) -> None:
    p = Playground(page, site)
    p.ready()
    p.pay('{"item": "lamp"\n "euros": 40}')
    page.locator("[data-act=run] >> visible=true").first.click()
    expect(page.locator("#problem")).to_be_visible()
    check(page, "a bad payload")
    p.pay("{}")
    p.write(FAILS)
    p.run()
    p.expect_status(re.compile("Attempt 2|Retrying"))
    check(page, "retrying")
    p.button("Retry now").click()
    p.expect_status("Errored")
    check(page, "errored")
    for name in ("About", "Storage", "Show shortcuts"):
        page.locator("#more-button").click()
        check(page, "menu", phone=False)
        page.get_by_role("menuitem", name=name).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        check(page, name)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("#share-button").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page, "share")


def test_the_docs(page: Page, site: str) -> None:
    page.locator("#more-button").click()
    with page.context.expect_page() as opened:
        page.get_by_role("menuitem", name="Docs").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Docs")
    opened.value.get_by_role("combobox").fill("rollb")
    expect(opened.value.get_by_role("option").first).to_contain_text("Rollback")
    opened.value.close()
    for name in (
        "index",
        "tutorial/first-workflow",
        "concepts/step",
        "errors/index",
        "reference/tenant",
        "conformance",
    ):
        page.goto(f"{site}docs/{name}.html")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        check(page, name)
