"""What can be done to a run: from its name, from its rows, in dialogs; and the engine killed at a named moment."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import check
from tests.playground.conftest import Open, write

HEAD = "from workers import WorkflowEntrypoint\n\n\nclass Order(WorkflowEntrypoint):\n    async def run(self, event, step):\n"
RUN = "[data-act=run] >> visible=true"
KILL_MORE = "[data-act=kill-more] >> visible=true"
READY = 120_000
STEP = 60_000
UNDONE = """        async def undo(given):
            await self.env.WORLD.refund(key="refund")

        @step.do("charge card", rollback=undo)
        async def charge():
            return await self.env.WORLD.charge(40, key="charge")

        await charge()
        await step.wait_for_event("approval", "approve", timeout="3 days")
        await step.sleep("time to try it", "30 days")
        return "tried"
"""
FAILING = """        @step.do("charge card", config={"retries": {"limit": 1, "delay": "50 minutes", "backoff": "constant"}})
        async def charge():
            raise ValueError("declined")

        @step.do("reserve stock")
        async def reserve():
            return 1

        await reserve()
        await charge()
"""
pytestmark = pytest.mark.timeout(300)


def begun(page: Page, source: str) -> None:
    """Run code, once the page is ready."""
    expect(page.locator("#kernel-state")).to_have_text("Ready", timeout=READY)
    write(page, HEAD + source)
    page.locator(RUN).click()
    page.wait_for_url(re.compile("run="))


def state(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#status .state")).to_have_text(words, timeout=STEP)


def menu(page: Page) -> list[str]:
    """Open the menu of the run and return what it offers."""
    page.locator(".run-name").click()
    return page.get_by_role("menuitem").all_inner_texts()


def do(page: Page, verb: str) -> None:
    """Choose a verb of the run."""
    menu(page)
    page.get_by_role("menuitem", name=verb, exact=True).click()


def kinds(page: Page) -> list[str]:
    rows: list[str] = page.evaluate("document.querySelector('#timeline').data.rows.map(row => row.kind)")
    return rows


def notice(page: Page, text: str) -> Locator:
    return page.locator(".notice", has_text=text)


def test_the_name_of_a_run_holds_the_verbs_that_apply(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    begun(page, UNDONE)
    state(page, 'Waiting for "approve"')
    rest = ["Rename", "Copy id", "Delete"]
    live = ["Pause", "Jump to a date…", "Send event…", "Restart", "Terminate with rollback", "Terminate at once", *rest]
    assert menu(page) == live
    page.keyboard.press("Escape")

    # Renamed where it stands; Escape keeps the old name.
    do(page, "Rename")
    page.keyboard.type("The first lamp")
    page.keyboard.press("Escape")
    expect(page.locator(".run-name")).to_have_text("order · 1")
    expect(page.locator(".run-name")).to_be_focused()
    do(page, "Rename")
    page.keyboard.type("The lamp \u202e<b>")
    page.keyboard.press("Enter")
    expect(page.locator(".run-name")).to_have_text("The lamp \\u202e<b>")
    assert "The lamp \\u202e<b>" in page.title()
    do(page, "Rename")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator(".run-name")).to_have_text("order · 1")

    # A pause lets nothing begin; an event that comes before anything waits for it is kept.
    do(page, "Pause")
    state(page, "Paused")
    assert menu(page)[:2] == ["Resume", "Send event…"]
    page.keyboard.press("Escape")
    do(page, "Send event…")
    expect(page.locator("#event-type")).to_have_value("approve")
    page.locator("#event-type").fill("later")
    expect(page.locator("#event-early")).to_have_text(
        "Nothing waits for this type now. It is kept until something does."
    )
    page.get_by_role("button", name="Send", exact=True).click()
    do(page, "Resume")
    state(page, 'Waiting for "approve"')
    assert "event.received" in kinds(page)

    # A date on which the wait has timed out.
    do(page, "Jump to a date…")
    page.locator("#jump-to").fill("2001-01-01T00:00")
    page.get_by_role("button", name="Jump", exact=True).click()
    expect(page.locator("#jump-problem")).to_have_text("Choose a time after the one that this run has.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name='Send "approve"').click()
    state(page, re.compile("Sleeping until"))
    do(page, "Jump to a date…")
    page.get_by_role("button", name="Jump", exact=True).click()
    expect(page.locator("#summary")).to_have_text("Complete. Every outside call was done once.", timeout=STEP)
    assert menu(page) == ["Restart", *rest]
    page.keyboard.press("Escape")

    # Restarted, and terminated with what it did undone.
    do(page, "Restart")
    state(page, 'Waiting for "approve"')
    do(page, "Terminate with rollback")
    state(page, "Terminated")
    expect(page.locator("#ledger")).to_contain_text("refund")

    # Deleted, brought back, deleted for good.
    do(page, "Delete")
    expect(page.locator("#runs-button")).to_have_text("Runs 0")
    expect(page.locator("#status")).to_have_text("Recorded run. Press Run to make your own.")
    notice(page, "order · 1 is deleted.").get_by_role("button", name="Undo").click()
    state(page, "Terminated")
    expect(page.locator("#runs-button")).to_have_text("Runs 1")
    do(page, "Delete")
    page.reload()
    page.wait_for_function(
        "async () => (await dynamicWorkflows.kernel.request('runs')).length === 0", timeout=READY, polling=500
    )
    expect(page.locator("#runs-button")).to_have_text("Runs 0")


def test_a_step_that_waits_for_its_next_attempt_is_tried_at_once_and_a_run_restarted_from_it(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    begun(page, FAILING)
    state(page, re.compile("Attempt 2 of 2 in"))
    do(page, "Retry now")
    expect(page.locator("#failure")).to_contain_text("ValueError: declined", timeout=STEP)
    assert "delay_skipped" in kinds(page)
    again = page.get_by_role("button", name="Restart from here: charge card")
    expect(again).to_have_text("Restart from here")
    again.click()
    state(page, re.compile("Attempt 2 of 2 in"))
    keys = page.evaluate(
        "document.querySelector('#timeline').data.rows.filter(row => row.life === 2 && row.kind === 'step.started')"
        ".map(row => row.key)"
    )
    assert keys == ["do:reserve stock-1", "do:charge card-1"]
    expect(page.locator("#failure")).to_be_hidden()


def test_the_engine_is_killed_at_the_moment_that_was_chosen_unless_that_is_taken_back(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    begun(page, UNDONE)
    state(page, 'Waiting for "approve"')
    page.locator(KILL_MORE).click()
    points = page.get_by_role("menuitemradio").all_inner_texts()
    assert points == json.loads(
        '["before the step starts", "after its effect, before it is stored",'
        ' "after it is stored, before the workflow hears", "while sleeping", "while an event arrives",'
        ' "while writing to disk"]'
    )
    page.get_by_role("menuitemradio", name="while writing to disk").click()
    armed = page.locator("#status .armed")
    expect(armed).to_contain_text("The engine will be killed while writing to disk.")
    armed.get_by_role("button", name="Take back").click()
    expect(armed).to_have_count(0)
    do(page, "Pause")
    state(page, "Paused")
    do(page, "Resume")
    state(page, 'Waiting for "approve"')
    page.locator(KILL_MORE).click()
    page.get_by_role("menuitemradio", name="while an event arrives").click()
    expect(armed).to_be_visible()
    page.get_by_role("button", name='Send "approve"').click()
    expect(page.locator(".tl-cut-label.tone-fail")).to_contain_text("back after", timeout=STEP)
    state(page, re.compile("Sleeping until"))
    expect(armed).to_have_count(0)
    assert kinds(page).count("event.received") == 1


def test_a_kill_says_how_many_other_runs_it_interrupts(open_page: Open) -> None:
    page = open_page("?world-delay=20000", kernel=True)
    begun(page, UNDONE)
    state(page, "Running, step 1")
    page.locator(RUN).click()
    expect(page.locator(".run-name")).to_have_text("order · 2", timeout=STEP)
    state(page, "Running, step 1")
    page.keyboard.press("Control+.")
    state(page, "Engine killed. 1 other run was interrupted.")
    check(page, "killed")
    expect(page.locator(".tl-cut-label.tone-fail")).to_contain_text("back after", timeout=STEP)


def test_what_was_due_while_the_page_was_closed_is_told_and_goes_on(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    begun(page, '        await step.sleep("nap", 3000)\n        return "slept"\n')
    state(page, re.compile("Sleeping until"))
    address, due = page.url, page.evaluate("Date.now() + 3500")
    page.goto("about:blank")
    page.wait_for_function("due => Date.now() > due", arg=due)
    page.goto(address, wait_until="commit")
    expect(page.locator(".notice")).to_contain_text(
        "1 run was due while this page was closed. It is running now.", timeout=READY
    )
    check(page, "due while closed")
    expect(page.locator("#output")).to_contain_text("slept", timeout=STEP)
