"""What clients are told of changes, and what a list of runs says of each."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dynamic_workflows.host.desk.pushes import ROWS_MAX
from dynamic_workflows.host.desk.summaries import Summaries
from tests.engine.host.harness import House, flow

Make = Callable[..., House]
WAIT = 'return (await step.wait_for_event("n", "n")).payload'


def watched(h: House, every: int) -> list[dict[str, Any]]:
    """Return the list that pushes will be added to from now on."""
    said: list[dict[str, Any]] = []
    h.desk.watch(lambda text: said.append(json.loads(text)), every=every)
    said.clear()
    return said


async def test_a_change_after_a_quiet_time_is_told_at_once_and_the_next_ones_together(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(WAIT))
        await h.advance(100)
        said = watched(h, 16)
        for number in range(3):
            await h.ask("send_event", **run, type="other", payload=number)
        await h.settle()
        assert [len(push["rows"]) for push in said] == [1]
        await h.advance(15)
        assert len(said) == 1
        await h.advance(1)
        assert [len(push["rows"]) for push in said] == [1, 2]
        assert said[-1]["run"]["seq"] == said[-1]["rows"][-1]["seq"]


async def test_changes_of_several_runs_are_one_push(house: Make) -> None:
    async with house() as h:
        runs = [await h.run(flow(WAIT)) for _ in range(3)]
        await h.advance(100)
        said = watched(h, 16)
        for run in runs:
            await h.ask("send_event", **run, type="other", payload=1)
        await h.advance(20)
        assert [push["event"] for push in said] == ["rows", "batch"]
        assert [event["run"]["id"] for event in said[1]["events"]] == [run["id"] for run in runs[1:]]


async def test_too_many_rows_are_left_out_and_said_to_be(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(WAIT))
        await h.advance(100)
        said = watched(h, 16)
        for number in range(ROWS_MAX + 2):
            await h.ask("send_event", **run, type="other", payload=number)
        await h.advance(20)
        assert (said[-1]["gap"], said[-1]["rows"]) == (True, [])
        rows = (await h.ask("history", **run))["rows"]
        assert said[-1]["run"]["seq"] == rows[-1]["seq"]


async def test_of_a_run_deleted_before_the_push_only_its_end_is_told(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(WAIT))
        await h.advance(100)
        said = watched(h, 16)
        await h.ask("send_event", **run, type="other", payload=1)
        await h.ask("send_event", **run, type="other", payload=2)
        await h.ask("delete", **run)
        await h.advance(20)
        assert [(push["event"], push["run"]["id"]) for push in said[1:]] == [("deleted", run["id"])]


ENDS = [
    "return {'a': 1}",
    "raise ValueError('no')",
    "await step.sleep('nap', '1 day')",
    WAIT,
    """
        async def undo(given): pass
        @step.do("one", rollback=undo)
        async def one(): return 1
        await one()
        raise ValueError("undone")
""",
]


async def test_a_summary_from_the_tables_says_what_one_from_memory_says(house: Make) -> None:
    async with house() as h:
        runs = [await h.run(flow(body)) for body in ENDS]
        paused = await h.run(flow(WAIT))
        await h.ask("pause", **paused)
        gone = await h.run(flow(WAIT))
        await h.ask("terminate", **gone)
        await h.ask("skip", **runs[2])
        await h.settle()
        core = h.engine.core
        uids = [uid for (uid,) in await core.submit(lambda tx: tx.query("select uid from instance order by uid"))]
        assert len(uids) == len(ENDS) + 2

        def both(tx: Any) -> tuple[list[Any], list[Any]]:
            held = {uid: core._memory.pop(uid, None) for uid in uids}
            from_tables = Summaries(core).listed(tx, uids)
            for uid, entry in held.items():
                if entry is not None:
                    core._memory[uid] = entry
            return from_tables, [(uid, Summaries(core).of(tx, core.instance(tx, uid))) for uid in uids]

        from_tables, from_memory = await core.submit(both)
        assert from_tables == from_memory
        assert {summary["status"] for _, summary in from_tables} >= {"complete", "errored", "waiting", "paused"}
        assert [summary["number"] for _, summary in from_tables] == list(range(1, len(uids) + 1))
