"""The engine is killed at each named crash point: what is stored then is what the point's name says."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from playwright.sync_api import Error

from dynamic_workflows.host.history.crash_points import POINTS
from tests.crash.tab import Tab

ONE = """
from workers import WorkflowEntrypoint

class One(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("pay")
        async def pay():
            return (await self.env.WORLD.pay(1, key=event["instanceId"]))["id"]
        paid = await pay()
        await step.sleep("nap", 300)
        said = await step.wait_for_event("answer", "answer")
        return [paid, said["payload"]]
"""
# Point: rows of the run that the killed engine had stored, and how often the outside was asked after all.
STORED = {
    "before-start": ["queued", "started"],
    "after-effect": ["queued", "started", "step.started"],
    "after-store": ["queued", "started", "step.started", "step.completed"],
    "in-sleep": ["queued", "started", "step.started", "step.completed", "sleep.started"],
    "in-event": [
        "queued", "started", "step.started", "step.completed", "sleep.started", "sleep.completed", "wait.started",
    ],
    "in-flush": [],
}  # fmt: skip
ASKED = {"after-effect": 2}


def order(id: str) -> dict[str, Any]:
    return {"tenant": "acme", "files": {"one.py": ONE}, "main": "one.py", "id": id}


def kinds(tab: Tab, run: dict[str, Any]) -> list[str]:
    return [row["kind"] for row in tab.ask("history", **run)["rows"]]


def start(tab: Tab, id: str) -> None:
    """Ask for a run; the answer may come from the next engine."""
    tab.page.evaluate(
        "args => { window.asked = kernel.request('run', args).catch(error => ({error: String(error)})); }", order(id)
    )


def until(tab: Tab, run: dict[str, Any], kind: str) -> None:
    script = "([id, kind]) => events.some(event => event.run?.id === id && event.rows.some(row => row.kind === kind))"
    tab.page.wait_for_function(script, arg=[run["id"], kind])


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_each_point_loses_nothing_and_repeats_only_what_was_not_stored(tab: Tab, point: str) -> None:
    run = {"tenant": "acme", "workflow": "one", "id": "killed"}
    if point == "in-event":
        start(tab, "killed")
        until(tab, run, "wait.started")
    tab.kill_engine(point)
    if point == "in-event":
        tab.page.evaluate(
            "run => { window.sent = kernel.request('send_event', {...run, type: 'answer', payload: 7}); }", run
        )
    else:
        start(tab, "killed")
    tab.ready(1)
    stages = [stage for stage, _ in itertools.groupby(tab.page.evaluate("states.map(state => state.stage)"))]
    assert stages[-4:] == ["killed", "python", "engine", "ready"]
    assert tab.page.evaluate("asked")["id"] == "killed"
    if point == "in-event":
        assert tab.page.evaluate("sent") == {}
    else:
        until(tab, run, "wait.started")
        tab.ask("send_event", **run, type="answer", payload=7)
    summary = tab.ended(run)
    found = kinds(tab, run)
    before = found.index("engine_started") if "engine_started" in found else 0
    assert found[:before] == STORED[point]
    assert found.count("step.completed") == found.count("event.received") == found.count("sleep.completed") == 1
    assert json.loads(summary["output"]) == ["pay-1", 7]
    assert [(row["asked"], row["done"]) for row in tab.ask("ledger")] == [(ASKED.get(point, 1), 1)]


def test_somebody_who_sleeps_already_is_reason_enough(tab: Tab) -> None:
    start(tab, "sleeper")
    until(tab, {"id": "sleeper"}, "sleep.started")
    tab.kill_engine("in-sleep")
    tab.ready(1)


def test_a_point_that_does_not_exist_is_said(tab: Tab) -> None:
    with pytest.raises(Error, match="There is no crash point 'nowhere'; there are before-start, after-effect"):
        tab.kill_engine("nowhere")
    assert tab.epoch == 1


def test_points_have_one_name_each(tab: Tab) -> None:
    names = tab.page.evaluate("import('../kernel/crash-points.js').then(points => points.CRASH_POINTS)")
    assert names == list(POINTS) == list(STORED)
