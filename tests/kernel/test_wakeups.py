"""A browser's engine wakes sleepers by its clock: after a jump, a freeze and a reopen, and never before their time."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.kernel.conftest import ready
from tests.kernel.test_kernel import ask, ended
from tests.kernel.workflows import order

DAY = 86_400_000
NAP = """
from workers import WorkflowEntrypoint

class Nap(WorkflowEntrypoint):
    async def run(self, event, step):
        await step.sleep("nap", event["payload"])
        return "awake"
"""


def asleep(page: Page, span: int) -> dict[str, Any]:
    """Return a run that has fallen asleep."""
    run: dict[str, Any] = ask(page, "run", **order(NAP, payload=span))
    script = "id => events.some(event => event.run?.id === id && event.rows.some(row => row.kind === 'sleep.started'))"
    page.wait_for_function(script, arg=run["id"])
    return run


def opened(page: Page, site: str, database: str, clock: int = 0) -> Page:
    page.goto(f"{site}pages/kernel.html?database={database}&clock={clock}")
    return ready(page)


def set_clock(page: Page, offset: int) -> None:
    page.evaluate("offset => kernel.storage('clock', {offset})", offset)


def test_a_clock_that_jumps_wakes_who_is_due_and_nobody_else(page: Page, site: str, database: str) -> None:
    opened(page, site, database)
    month, year = asleep(page, 30 * DAY), asleep(page, 364 * DAY)
    set_clock(page, -DAY)
    assert ask(page, "status", tenant="acme", workflow="nap", id=month["id"])["status"] == "waiting"
    set_clock(page, 31 * DAY)
    assert ended(page, month)["output"] == '"awake"'
    assert ask(page, "status", tenant="acme", workflow="nap", id=year["id"])["status"] == "waiting"


def test_a_page_opened_later_says_what_was_due_and_runs_it(page: Page, site: str, database: str) -> None:
    opened(page, site, database)
    run = asleep(page, 30 * DAY)
    opened(page, site, database, 29 * DAY)
    assert page.evaluate("events[0].due_while_closed") == 0
    opened(page, site, database, 31 * DAY)
    assert page.evaluate("events[0].due_while_closed") == 1
    assert ended(page, run)["output"] == '"awake"'


def test_a_frozen_page_goes_on_when_it_is_looked_at_again(page: Page, site: str, database: str) -> None:
    opened(page, site, database)
    run = asleep(page, 1_500)
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    session.send("Page.setWebLifecycleState", {"state": "active"})
    assert ended(page, run)["output"] == '"awake"'
