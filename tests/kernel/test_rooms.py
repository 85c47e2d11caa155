"""How many sandboxes a tab has, and whose go: four, more only while attempts keep all of them, least recently used first."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page

from dynamic_workflows.shared.limits import SANDBOX_TURN_MS, SANDBOXES
from tests.kernel.conftest import ready
from tests.kernel.test_kernel import address, ask, ended
from tests.kernel.workflows import order

SPARES = 2
HOLD_MS = SANDBOX_TURN_MS + 15_000  # a busy machine takes its time to start all of them
# Says by which sandbox it was run, and keeps that one busy for as long as it is told.
TENANT = """
import asyncio, os
from workers import WorkflowEntrypoint

SANDBOX = os.urandom(8).hex()

class Tenant(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("hold", config={"timeout": 60_000})
        async def hold():
            await asyncio.sleep(event["payload"] / 1000)
            return SANDBOX
        return await hold()
"""


def start(page: Page, tenant: str, hold: int = 0) -> dict[str, Any]:
    run: dict[str, Any] = ask(page, "run", **order(f"{TENANT}# of {tenant}\n", tenant, payload=hold))
    return run


def sandbox(page: Page, tenant: str) -> str:
    """Run a tenant's code once and return by which sandbox it was."""
    return str(json.loads(ended(page, start(page, tenant))["output"]))


def began(page: Page, run: dict[str, Any]) -> int:
    rows = ask(page, "history", **address(run))["rows"]
    return next(int(row["at"]) for row in rows if row["kind"] == "step.started")


def frames(page: Page, count: int) -> None:
    page.wait_for_function("count => document.querySelectorAll('iframe').length === count", arg=count)


def test_there_are_more_while_attempts_keep_all_and_the_least_recently_used_goes(
    page: Page, site: str, database: str
) -> None:
    page.goto(f"{site}pages/kernel.html?database={database}")
    ready(page)
    runs = [start(page, f"t{n}", HOLD_MS) for n in range(SANDBOXES)]
    for run in runs:
        page.wait_for_function(
            "id => events.some(event => event.run?.id === id && event.rows.some(row => row.kind === 'step.started'))",
            arg=run["id"],
        )
    late = start(page, "late")
    ended(page, late)
    waited = began(page, late) - max(began(page, run) for run in runs)
    assert SANDBOX_TURN_MS <= waited < HOLD_MS, "all four were kept for five seconds, then there was a fifth"
    frames(page, SANDBOXES + SPARES)  # and it was given up again when nobody needed it
    before = [json.loads(ended(page, run)["output"]) for run in runs]
    assert [sandbox(page, "t0"), sandbox(page, "t1")] == before[:2]
    sandbox(page, "new")  # in the room of t2, the least recently used by now
    assert [sandbox(page, "t0"), sandbox(page, "t1")] == before[:2]
    assert sandbox(page, "t2") != before[2]  # in that of t3
    assert sandbox(page, "t3") != before[3]
    frames(page, SANDBOXES + SPARES)
