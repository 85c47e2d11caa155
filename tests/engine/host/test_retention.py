"""Retention: what has ended is deleted when its time is over, and its id is free again (semantics C.5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.binding import Workflow
from dynamic_workflows.host.engine import Limits
from dynamic_workflows.shared.errors import InvalidOptions
from tests.engine.host.harness import DAY, House, Refused, flow
from tests.engine.host.test_engine import Echo

Make = Callable[..., House]
OK = flow("return 1")
BAD = flow("raise ValueError('no')")
WAITS = flow("return (await step.wait_for_event('go', 'go', timeout='36 hours')).payload")


async def left(h: House) -> list[str]:
    await h.settle()
    return [id for (id,) in await rows(h, "select id from instance order by uid")]


async def rows(h: House, sql: str) -> list[Any]:
    return await h.engine.core.submit(lambda tx: tx.query(sql))


def kept(success: Any = None, error: Any = None) -> dict[str, Any]:
    return {"retention": {"successRetention": success, "errorRetention": error}}


async def test_each_end_has_its_own_time(house: Make) -> None:
    async with house() as h:
        await h.run(OK, id="ok", **kept("1 day", "2 days"))
        await h.run(BAD, id="bad", **kept("1 day", "2 days"))
        ended = await h.run(WAITS, id="ended", **kept("1 day", 3 * DAY))
        await h.run(WAITS, id="waits", **kept(0, 0))
        await h.run(OK, id="ever")
        await h.ask("terminate", **ended)
        await h.advance(DAY - 1)
        assert await left(h) == ["ok", "bad", "ended", "waits", "ever"]
        await h.advance(1)
        assert await left(h) == ["bad", "ended", "waits", "ever"]
        await h.advance(DAY)
        assert await left(h) == ["ended", "ever"]  # the wait has timed out, and was kept for no time
        await h.advance(DAY)
        assert await left(h) == ["ever"]
        await h.advance(400 * DAY)
        assert await left(h) == ["ever"]


async def test_nothing_of_it_is_left_and_its_id_is_free_again(house: Make) -> None:
    source = flow(
        """
        @step.do("a", config={"sensitive": "output"})
        def a():
            print("hello")
            return 1
        return await a()
        """
    )
    async with house() as h:
        run = await h.run(source, id="one", **kept("1 hour"))
        with pytest.raises(Refused, match="already exists"):
            await h.run(source, id="one")
        await h.advance(DAY)
        with pytest.raises(Refused, match="not_found"):
            await h.status(run)
        for table in ("history where uid > 0", "timer", "log", "sealed", "wait", "inbox"):
            sql = f"select count(*) from {table}"
            assert await rows(h, sql) == [(0,)]
        await h.run(source, id="one")
        assert (await h.status(run))["status"] == "complete"


async def test_its_time_runs_while_the_engine_is_off_and_starts_anew_after_a_restart(house: Make) -> None:
    async with house() as h:
        run = await h.run(OK, id="one", **kept("2 days"))
        await h.run(OK, id="two", **kept("2 days"))
        await h.advance(DAY)
        await h.ask("restart", **run)
        await h.settle()
        await h.close()
        h.clock.set_wall(h.clock.now() + DAY)
        await h.open()
        assert h.engine.overdue == 0
        assert await left(h) == ["one"]
        await h.advance(DAY)
        assert await left(h) == []


async def test_defaults_come_from_the_engine_the_workflow_and_the_instance_in_this_order(house: Make) -> None:
    async with house(limits=Limits(success_retention=DAY, error_retention=DAY)) as h:
        plain: Workflow = h.engine.bind("plain", Echo)
        own = h.engine.bind("own", Echo, default_retention={"successRetention": "2 days"})
        await plain.create({"id": "day"})
        await own.create({"id": "two-days"})
        await own.create({"id": "week", "retention": {"successRetention": "1 week"}})
        for days, rest in ((1, ["two-days", "week"]), (1, ["week"]), (4, ["week"]), (1, [])):
            await h.advance(days * DAY)
            assert await left(h) == rest


async def test_a_turn_deletes_no_more_than_200_and_only_when_it_is_idle(house: Make) -> None:
    async with house(limits=Limits(success_retention=DAY)) as h:
        echo = h.engine.bind("echo", Echo)
        for _ in range(5):
            await echo.create_batch({"count": 90})
        await h.settle()
        assert len(await left(h)) == 450
        counts: list[int] = []
        busy: list[bool] = []
        end_turn = h.engine.sweeper.end_turn

        def watched(tx: Any, changed: Any) -> None:
            before = tx.query("select count(*) from instance")[0][0]
            busy.append(bool(changed))
            end_turn(tx, changed)
            counts.append(before - tx.query("select count(*) from instance")[0][0])

        h.engine.sweeper.end_turn = watched  # type: ignore[method-assign]
        h.clock.set_wall(h.clock.now() + DAY)
        h.engine.core.look()
        await echo.create({"id": "late"})
        assert await left(h) == ["late"]
        assert [count for count in counts if count] == [200, 200, 50]
        assert not any(count for count, at_work in zip(counts, busy, strict=True) if at_work)
        assert any(busy)


@pytest.mark.parametrize(
    ("retention", "text"),
    [
        ("1 day", "give successRetention, errorRetention or both"),
        ({"success": 5}, "give successRetention, errorRetention or both"),
        ({"successRetention": "soon"}, "retention.successRetention: 'soon' is not a duration"),
        ({"errorRetention": -1}, "retention.errorRetention: -1 is not a duration"),
        ({"errorRetention": "31 days"}, "retention.errorRetention is '31 days': the longest is 30 days."),
    ],
)
async def test_what_cannot_be_asked_for(house: Make, retention: Any, text: str) -> None:
    async with house() as h:
        with pytest.raises(InvalidOptions) as caught:
            await h.engine.bind("echo", Echo).create({"retention": retention})
        assert text in str(caught.value)
