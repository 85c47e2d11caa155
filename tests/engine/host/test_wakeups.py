"""Due work is computed from the clock: whatever happens to alarms, nothing wakes early and nothing stays asleep."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dynamic_workflows.host.history.timers import HOUR
from tests.engine.host.harness import DAY, SECOND, House, flow

Make = Callable[..., House]

NAP = flow('await step.sleep("nap", event["payload"])\nreturn "awake"')
WAIT = flow('await step.wait_for_event("answer", "answer", timeout=event["payload"])')


async def state(h: House, run: dict[str, str]) -> str:
    return str((await h.status(run))["status"])


@pytest.mark.parametrize("days", [25, 30, 364])
async def test_a_sleep_beyond_what_a_browsers_timer_can_wait_ends_at_its_time(house: Make, days: int) -> None:
    async with house() as h:
        run = await h.run(NAP, days * DAY)
        delays: list[int] = []
        call_later = h.clock.call_later

        def noted(delay: int, callback: Callable[[], None]) -> Callable[[], None]:
            delays.append(delay)
            return call_later(delay, callback)

        h.clock.call_later = noted  # type: ignore[method-assign]
        h.clock.set_wall(h.clock.now() + days * DAY - 2 * HOUR)
        await h.advance(2 * HOUR - 1)
        assert await state(h, run) == "waiting"
        assert max(delays) <= HOUR
        await h.advance(1)
        assert await state(h, run) == "complete"


async def test_a_clock_that_jumps_ahead_is_noticed_when_somebody_looks_and_within_the_hour(house: Make) -> None:
    async with house() as h:
        looked, left = await h.run(NAP, 3 * DAY), await h.run(NAP, 6 * DAY)
        h.clock.set_wall(h.clock.now() + 3 * DAY)  # the machine was suspended: no alarm has run meanwhile
        await h.ask("tenants")  # a request is a turn, and every turn looks at the clock
        await h.settle()
        assert await state(h, looked) == "complete"
        h.clock.set_wall(h.clock.now() + 3 * DAY)
        h.engine.core.look()
        await h.settle()
        rows = await h.engine.core.submit(lambda tx: tx.query("select count(*) from timer"))
        assert rows == [(0,)]
        third = await h.run(NAP, 2 * DAY)
        h.clock.set_wall(h.clock.now() + 2 * DAY)
        kinds: list[str] = []
        h.engine.watch(lambda tx, changed: kinds.extend(row.kind for row in tx.rows))
        await h.advance(HOUR)
        assert "completed" in kinds
        assert [await state(h, run) for run in (left, third)] == ["complete"] * 2


async def test_a_clock_set_back_delays_and_never_wakes_early_or_twice(house: Make) -> None:
    async with house() as h:
        run, waits = await h.run(NAP, 10 * SECOND), await h.run(WAIT, 10 * SECOND)
        h.clock.set_wall(h.clock.now() - HOUR)
        await h.advance(10 * SECOND)
        assert [await state(h, run), await state(h, waits)] == ["waiting", "waiting"]
        await h.advance(HOUR)
        assert [await state(h, run), await state(h, waits)] == ["complete", "errored"]
        assert (await h.kinds(run)).count("sleep.completed sleep:nap-1") == 1
        later = await h.run(NAP, 10 * SECOND)
        h.clock.set_wall(h.clock.now() + 10 * SECOND)
        h.engine.core.look()
        await h.settle()
        assert await state(h, later) == "complete"
        h.clock.set_wall(h.clock.now() - HOUR)
        await h.crash()
        await h.advance(2 * HOUR)
        assert (await h.kinds(later)).count("sleep.completed sleep:nap-1") == 1


async def test_what_fell_due_while_the_store_was_closed_runs_first(house: Make) -> None:
    h = house()
    await h.open()
    runs = [await h.run(NAP, days * DAY) for days in (40, 2, 3)]
    await h.close()
    h.clock.set_wall(h.clock.now() + 5 * DAY)
    await h.open()
    assert h.engine.overdue == 2
    await h.settle()
    assert [await state(h, run) for run in runs] == ["waiting", "complete", "complete"]
    await h.close()
