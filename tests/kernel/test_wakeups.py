"""A browser's engine wakes sleepers by its clock: after a jump, a freeze and a reopen, and never before their time."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.kernel.conftest import ready
from tests.kernel.test_kernel import ask, ended
from tests.kernel.workflows import order
from tests.processes import stopped, with_workers

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


# In the engine's worker: the machine's clock, as somebody who sets it, or a suspend, moves it.
SET = "by => { const now = Date.now.bind(Date); Date.now = () => now() + by; }"
TOLD = "id => events.some(event => event.run?.id === id && event.run.status === 'complete')"


def told(page: Page, run: dict[str, Any]) -> bool:
    """Tell whether the page was told of a run's end, without asking: every request looks at the clock."""
    return bool(page.evaluate(TOLD, run["id"]))


def test_a_clock_that_was_set_ahead_is_noticed_although_nobody_looks(page: Page, site: str, database: str) -> None:
    opened(page, site, database)
    month, year = asleep(page, 30 * DAY), asleep(page, 364 * DAY)
    engine = next(worker for worker in page.workers if "engine-worker" in worker.url)
    engine.evaluate(SET, 31 * DAY)
    page.wait_for_function(TOLD, arg=month["id"])
    assert not told(page, year)
    assert ask(page, "status", tenant="acme", workflow="nap", id=year["id"])["status"] == "waiting"


def test_a_clock_set_back_delays_and_wakes_nobody_early_or_twice(page: Page, site: str, database: str) -> None:
    opened(page, site, database)
    run = asleep(page, 2_000)
    due = page.evaluate("performance.now() + 2_000")
    engine = next(worker for worker in page.workers if "engine-worker" in worker.url)
    engine.evaluate(SET, -DAY)
    page.wait_for_function("due => performance.now() > due + 1_500", arg=due)
    assert not told(page, run)
    engine.evaluate(SET, DAY)
    page.wait_for_function(TOLD, arg=run["id"])
    rows = ask(page, "history", tenant="acme", workflow="nap", id=run["id"])["rows"]
    assert [row["kind"] for row in rows].count("sleep.completed") == 1


def test_a_hidden_leader_wakes_sleepers_on_time_and_a_suspended_one_when_it_goes_on(
    page: Page, site: str, database: str
) -> None:
    before = with_workers()
    opened(page, site, database)
    renderers = with_workers() - before
    watcher = page.context.new_page()
    watcher.goto(f"{site}pages/kernel.html?database={database}")
    ready(watcher, "follower")
    session = page.context.new_cdp_session(page)
    session.send("Page.setWebLifecycleState", {"state": "frozen"})
    hidden = asleep(watcher, 1_500)
    watcher.wait_for_function(TOLD, arg=hidden["id"], timeout=15_000)
    session.send("Page.setWebLifecycleState", {"state": "active"})
    suspended = asleep(watcher, 1_000)
    with stopped(renderers):
        watcher.wait_for_function("end => performance.now() > end", arg=watcher.evaluate("performance.now() + 2_500"))
        assert not told(watcher, suspended)
    watcher.wait_for_function(TOLD, arg=suspended["id"], timeout=15_000)
    watcher.close()
