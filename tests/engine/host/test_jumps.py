"""A run's own time is moved on to a date, and the delay before a retry is ended, by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.clocks import TestClock
from tests.engine.host.harness import DAY, House, Refused, flow

Make = Callable[..., House]
DRIP = """
for month in range(12):
    @step.do("mail")
    async def mail(): return await self.env.WORLD.mail(month)
    await mail()
    await step.sleep("month", "30 days")
return "over"
"""
FAILING = """
@step.do("one", config={"retries": {"limit": 3, "delay": "1 hour", "backoff": "constant"}})
async def one(ctx):
    if ctx["attempt"] < 3:
        raise ValueError("no")
    return ctx["attempt"]

@step.do("two", config={"retries": {"limit": 3, "delay": "2 hours", "backoff": "constant"}})
async def two(): raise ValueError("never")

async def quiet(step):
    try:
        return await step()
    except ValueError:
        return "gave up"

await asyncio.gather(quiet(one), quiet(two), step.sleep("nap", "1 day"))
"""


async def jump(h: House, run: dict[str, Any], by: int) -> dict[str, bool]:
    """Jump by so many milliseconds of the run's own time."""
    summary = await h.status(run)
    asked = asyncio.create_task(h.ask("jump", **run, to=h.clock.now() + summary["offset"] + by))
    for _ in range(1_000):
        await h.settle()
        if asked.done():
            return dict(await asked)
        await h.clock.advance(20)
    raise AssertionError("the jump never ended")


async def test_a_jump_lets_everything_on_the_way_happen_in_order(house: Make) -> None:
    async with house() as h:
        run, other = await h.run(flow(DRIP)), await h.run(flow(DRIP))
        assert await jump(h, run, 100 * DAY) == {"reached": True}
        assert (await h.ledger())["mail"] == (5, 5), "four of the run that jumped, one of the other"
        rows = (await h.ask("history", **run))["rows"]
        skips = [row for row in rows if row["kind"] == "time_skipped"]
        assert len(skips) == 4
        status = await h.status(run)
        assert 100 * DAY - 5_000 <= status["offset"] <= 100 * DAY
        assert (await h.status(other))["offset"] == 0
        assert status["state"] == "sleeping"
        assert await jump(h, run, 400 * DAY) == {"reached": False}, "it has ended before"
        assert (await h.status(run))["status"] == "complete"
        with pytest.raises(Refused, match="InstanceFinished"):
            await h.ask("jump", **run, to=h.clock.now())


async def test_a_jump_that_was_cut_off_goes_on_when_it_is_asked_again(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(DRIP))
        to = h.clock.now() + 65 * DAY
        first = asyncio.create_task(h.ask("jump", **run, to=to))
        await h.until(lambda: any(event["run"]["offset"] for event in h.events if event["event"] == "rows"))
        await h.crash()
        with pytest.raises(Refused, match="StoreLost"):
            await first
        asked = asyncio.create_task(h.ask("jump", **run, to=to))
        while not asked.done():
            await h.advance(20)
        assert await asked == {"reached": True}
        assert (await h.ledger())["mail"] == (3, 3)


async def test_a_pause_stops_a_jump(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(DRIP))
        await h.ask("pause", **run)
        await h.settle()
        assert await jump(h, run, DAY) == {"reached": False}
        assert (await h.status(run))["offset"] == 0


@pytest.mark.parametrize("to", [None, "tomorrow", 1.5, 5_000_000_000_000])
async def test_a_jump_needs_a_time(house: Make, to: object) -> None:
    async with house() as h:
        run = await h.run(flow(DRIP))
        with pytest.raises(Refused, match="give a time before 2100, in epoch milliseconds"):
            await h.ask("jump", **run, to=to)


async def test_retry_now_ends_the_delay_of_that_step_and_moves_nothing_else(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(FAILING))
        before = await h.status(run)
        assert before["state"] == "retrying"
        assert await h.ask("retry_now", **run, key="do:one-1") == {"keys": ["do:one-1"]}
        await h.settle()
        kinds = await h.kinds(run)
        assert kinds[-3:] == ["delay_skipped do:one-1", "step.started do:one-1 2", "step.failed do:one-1 2"]
        assert "step.started do:two-1 2" not in kinds
        assert (await h.status(run))["offset"] == before["offset"]
        assert await h.ask("retry_now", **run) == {"keys": ["do:two-1", "do:one-1"]}
        await h.settle()
        kinds = await h.kinds(run)
        assert "step.completed do:one-1 3" in kinds
        assert "step.failed do:two-1 2" in kinds
        await h.check_derived()
        await h.crash()
        await h.check_derived()
        with pytest.raises(Refused, match='"do:one-1" does not wait for its next attempt|NothingToRetry'):
            await h.ask("retry_now", **run, key="do:one-1")


async def test_a_delay_that_was_skipped_stays_skipped_over_a_crash(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(FAILING))
        h.engine.core.on_timer = lambda tx, instance, key: None  # the engine ends before it comes to the attempt
        await h.ask("retry_now", **run, key="do:one-1")
        await h.crash()
        await h.settle()
        assert "step.started do:one-1 2" in await h.kinds(run)


async def test_nothing_is_retried_that_does_not_wait_for_it(house: Make) -> None:
    async with house() as h:
        assert isinstance(h.clock, TestClock)
        asleep = await h.run(flow('await step.sleep("nap", "1 day")'))
        with pytest.raises(Refused, match="no step waits for its next attempt: nothing to retry now"):
            await h.ask("retry_now", **asleep)
        paused = await h.run(flow(FAILING))
        await h.ask("pause", **paused)
        await h.settle()
        with pytest.raises(Refused, match="NothingToRetry"):
            await h.ask("retry_now", **paused)
        await h.ask("terminate", **paused)
        with pytest.raises(Refused, match="InstanceFinished"):
            await h.ask("retry_now", **paused)
