"""What dashboards read of a whole store: counts, due times, what happened since, and whether anything changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.engine.host.harness import DAY, SECOND, House, Refused, flow
from tests.engine.host.test_listing import one_of_each

Make = Callable[..., House]
HOUR = 3_600_000
STEP = """
@step.do("one", config={"retries": {"limit": 1, "delay": "1 minute"}})
async def one():
    event["payload"].pop()
await one()
"""


async def test_runs_are_counted_by_tenant_and_state_and_due_times_by_how_near_they_are(house: Make) -> None:
    async with house() as h:
        await one_of_each(h)
        await h.run(flow("await step.sleep('nap', '10 days')"))
        seen = await h.ask("overview", within=[HOUR, DAY])
        counts = {(row["tenant"], row["state"]): row["runs"] for row in seen["runs"]}
        assert counts == {
            **{("acme", state): 1 for state in ("complete", "errored", "waiting", "retrying", "paused")},
            ("acme", "sleeping"): 2, ("globex", "terminated"): 1,
        }  # fmt: skip
        for tenant in ("acme", "globex"):
            found = (await h.ask("find_runs", tenant=tenant))["counts"]
            assert found == {state: runs for (owner, state), runs in counts.items() if owner == tenant}
        due = {(row["kind"], row["within"]): row["timers"] for row in seen["due"]["within"]}
        assert due == {("retry", HOUR): 1, ("wait", DAY): 1, ("sleep", DAY): 1, ("sleep", None): 1}, (
            "none of the paused"
        )
        following = [(one["kind"], one["at"] - seen["now"]) for one in seen["due"]["next"]]
        assert following == [("retry", 10 * SECOND), ("sleep", DAY), ("wait", DAY), ("sleep", 10 * DAY)]
        assert (seen["due"]["next"][-1]["name"], seen["due"]["next"][-1]["number"]) == (None, 7)
        assert seen["storage"]["bytes"] > seen["storage"]["free"] >= 0
        with pytest.raises(Refused, match="within is"):
            await h.ask("overview", within=["1 hour"])


async def test_what_happened_is_told_once_and_in_order(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(STEP), [1])
        first = await h.ask("activity")
        shown = [dict(zip(first["columns"], row, strict=True)) for row in first["rows"]]
        assert [row["kind"] for row in shown] == ["queued", "step.started", "step.completed", "completed"]
        assert {(row["tenant"], row["workflow"], row["id"]) for row in shown} == {tuple(run.values())}
        failed = await h.run(flow(STEP), [])
        await h.advance(60 * SECOND)
        later = await h.ask("activity", after=first["pos"])
        shown = [dict(zip(later["columns"], row, strict=True)) for row in later["rows"]]
        assert {row["id"] for row in shown} == {failed["id"]}
        ends = [(row["attempt"], row["final"], row["interrupted"]) for row in shown if row["kind"] == "step.failed"]
        assert ends == [(1, 0, 0), (2, 1, 0)]
        assert (await h.ask("activity", after=later["pos"]))["rows"] == []
        newest = await h.ask("activity", limit=2)
        assert newest["rows"] == later["rows"][-2:]
        assert (newest["gap"], later["gap"], newest["pos"]) == (True, False, later["pos"])
        assert len((await h.ask("activity", since=later["now"]))["rows"]) == 3, "the second attempt and the run's end"
        with pytest.raises(Refused, match="after is"):
            await h.ask("activity", after="now")


async def test_a_question_for_changes_is_answered_by_the_next_one_and_not_before(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow("await step.wait_for_event('approval', 'approve')"))
        cursor = (await h.ask("changes"))["cursor"]
        assert (await h.ask("changes", cursor="of another engine"))["cursor"] == cursor
        assert (await h.ask("changes", cursor=cursor, wait=0))["cursor"] == cursor
        asked = asyncio.ensure_future(h.ask("changes", cursor=cursor))
        await h.settle()
        assert not asked.done()
        await h.ask("history", **run)
        await h.settle()
        assert not asked.done(), "a read changes nothing"
        await h.ask("send_event", **run, type="approve")
        assert (await asked)["cursor"] != cursor
        await h.settle()
        cursor = (await h.ask("changes"))["cursor"]
        asked = asyncio.ensure_future(h.ask("changes", cursor=cursor, wait=30 * SECOND))
        await h.advance(30 * SECOND)
        assert (await asked)["cursor"] == cursor, "the wait is over"
        with pytest.raises(Refused, match="wait is"):
            await h.ask("changes", wait=HOUR)
