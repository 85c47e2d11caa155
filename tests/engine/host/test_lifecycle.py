"""Pause, resume, restart and delete (semantics C.2, C.3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.engine import Limits
from dynamic_workflows.shared.errors import InvalidBatch
from tests.engine.host.harness import DAY, SECOND, House, Refused, flow

Make = Callable[..., House]

TWO = flow(
    """
    calls = self.env.WORLD

    @step.do("first")
    async def first():
        return await calls.first()

    @step.do("second")
    async def second():
        return await calls.second()

    try:
        return [await first(), await second()]
    except Exception:
        return "swallowed"
    """
)
OUTPUT = [{"id": "first-1"}, {"id": "second-1"}]


async def output(h: House, run: dict[str, Any]) -> Any:
    text = (await h.status(run))["output"]
    return None if text is None else json.loads(text)


def start(name: str, **fields: Any) -> dict[str, Any]:
    """Return the argument of a restart from a step."""
    return {"from": {"name": name, **fields}}


async def test_a_pause_lets_the_attempt_in_flight_finish_and_begins_nothing_else(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(TWO)
        await h.ask("pause", **run)
        assert (await h.status(run))["status"] == "waitingForPause"
        await h.advance(1_000)
        assert (await h.status(run))["status"] == "paused"
        assert (await h.kinds(run))[-3:] == ["pausing", "step.completed do:first-1 1", "paused"]
        await h.advance(60_000)
        assert await h.ledger() == {"first": (1, 1)}
        await h.ask("resume", **run)
        await h.advance(1_000)
        assert await output(h, run) == OUTPUT


async def test_a_pause_that_is_called_off_goes_on_where_it_was(house: Make) -> None:
    source = flow(
        """
        async def one(n):
            @step.do(f"one {n}")
            async def work():
                return await self.env.WORLD.work(n, key=str(n))
            await work()
            @step.do(f"two {n}")
            async def more():
                return n
            return await more()
        await asyncio.sleep(0)
        a = asyncio.create_task(one(1))
        await asyncio.sleep(0.5)
        return [await a, await one(2)]
        """
    )
    async with house(world_delay=1_000) as h:
        run = await h.run(source)
        await h.ask("pause", **run)
        await h.ask("resume", **run)
        await h.advance(5_000)
        assert await output(h, run) == [1, 2]
        assert await h.ledger() == {"work": (2, 2)}
        assert not [kind for kind in await h.kinds(run) if kind.startswith("step.failed")]


async def test_a_crash_while_pausing_leaves_the_run_paused(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(TWO)
        await h.ask("pause", **run)
        await h.crash()
        assert (await h.status(run))["status"] == "paused"
        await h.advance(5_000)
        await h.ask("resume", **run)
        await h.advance(2_000)
        assert [receipt["id"] for receipt in await output(h, run)] == ["first-2", "second-1"]


async def test_timers_are_later_by_as_long_as_the_pause_lasted(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.sleep("nap", "10 seconds")\nreturn 1'))
        await h.advance(4 * SECOND)
        await h.ask("pause", **run)
        assert (await h.status(run))["status"] == "paused"
        await h.advance(100 * SECOND)
        await h.crash()
        assert (await h.status(run))["status"] == "paused"
        await h.ask("resume", **run)
        await h.advance(6 * SECOND - 1)
        assert (await h.status(run))["status"] == "waiting"
        await h.advance(1)
        assert (await h.status(run))["status"] == "complete"


async def test_events_that_arrive_in_a_pause_are_kept_and_delivered_after_it(house: Make) -> None:
    source = flow('return [(await step.wait_for_event(n, "n")).payload for n in "ab"]')
    async with house() as h:
        run = await h.run(source)
        await h.ask("pause", **run)
        for n in (1, 2):
            await h.ask("send_event", **run, type="n", payload=n)
        await h.settle()
        assert (await h.kinds(run))[-2:] == ["event.received", "event.received"]
        await h.ask("resume", **run)
        await h.settle()
        assert await output(h, run) == [1, 2]


async def test_pause_and_resume_leave_alone_what_they_do_not_apply_to(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow("return 1"))
        before = await h.kinds(run)
        await h.ask("pause", **run)
        await h.ask("resume", **run)
        assert await h.kinds(run) == before


async def test_a_paused_run_can_be_terminated(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.sleep("nap", "10 seconds")'))
        await h.ask("pause", **run)
        await h.ask("terminate", **run)
        assert (await h.status(run))["status"] == "terminated"


async def test_restart_runs_from_the_top_in_any_status(house: Make) -> None:
    async with house() as h:
        run = await h.run(TWO)
        assert await output(h, run) == OUTPUT
        await h.ask("restart", **run)
        await h.settle()
        assert [receipt["id"] for receipt in await output(h, run)] == ["first-2", "second-2"]
        assert (await h.kinds(run))[0] == "restarted"
        await h.crash()
        assert [receipt["id"] for receipt in await output(h, run)] == ["first-2", "second-2"]


async def test_restart_of_a_running_instance_cuts_its_attempt_off(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(TWO)
        await h.advance(300)
        await h.ask("restart", **run)
        await h.advance(5_000)
        assert [receipt["id"] for receipt in await output(h, run)] == ["first-2", "second-1"]


async def test_restart_from_a_step_keeps_what_started_before_it(house: Make) -> None:
    source = flow(
        """
        @step.do("first")
        async def first():
            return await self.env.WORLD.first()
        one = await first()
        got = (await step.wait_for_event("e", "e")).payload
        @step.do("second")
        async def second():
            return await self.env.WORLD.second()
        return [one, got, await second()]
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.ask("send_event", **run, type="e", payload=7)
        await h.settle()
        assert await output(h, run) == [{"id": "first-1"}, 7, {"id": "second-1"}]
        await h.ask("restart", **run, **start("second"))
        await h.settle()
        assert await output(h, run) == [{"id": "first-1"}, 7, {"id": "second-2"}]
        with pytest.raises(Refused, match='Step "third" not found in execution history'):
            await h.ask("restart", **run, **start("third"))
        with pytest.raises(Refused, match='Step "e" not found in execution history'):
            await h.ask("restart", **run, **start("e"))
        assert await output(h, run) == [{"id": "first-1"}, 7, {"id": "second-2"}]
        await h.ask("restart", **run, **start("e", type="waitForEvent"))
        await h.settle()
        assert (await h.status(run))["status"] == "waiting"


async def test_delete_removes_every_trace_and_frees_the_id(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(TWO, id="one")
        await h.ask("delete", **run)
        await h.advance(5_000)
        with pytest.raises(Refused, match="instance.not_found"):
            await h.status(run)
        rows = await h.engine.core.submit(lambda tx: tx.query("select count(*) from history where uid > 0"))
        assert rows == [(0,)]
        await h.run(TWO, id="one")
        await h.advance(5_000)
        assert (await h.status(run))["status"] == "complete"


async def test_delete_batch_answers_for_every_position(house: Make) -> None:
    async with house() as h:
        await h.run(TWO, id="one")
        binding = h.engine.workflow("flow").scoped("acme")
        missing = {"id": "two", "code": 10400, "message": "workflows.api.error.instance.not_found"}
        assert await binding.delete_batch(["one", "two", "one", "two"]) == {
            "deleted": [{"id": "one"}, {"id": "one"}], "errors": [missing, missing],
        }  # fmt: skip
        for ids, text in (([], "at least 1"), (["x"] * 101, "only supports 100"), ("x", "invalid"), (["?"], "invalid")):
            with pytest.raises(InvalidBatch, match=text):
                await binding.delete_batch(ids)


@pytest.mark.parametrize("finished", [False, True])
async def test_an_instance_that_is_terminated_in_a_pause_stays_terminated(house: Make, finished: bool) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(TWO)
        await h.ask("pause", **run)
        await h.advance(1_000 if finished else 0)
        assert (await h.status(run))["status"] == ("paused" if finished else "waitingForPause")
        await h.ask("terminate", **run)
        await h.ask("resume", **run)
        await h.advance(5_000)
        assert (await h.status(run))["status"] == "terminated"
        assert (await h.kinds(run))[-1] == "terminated"


async def test_a_resume_right_behind_the_pause_goes_on(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(flow('return await self.env.WORLD.call(key="one")'))
        operations, resumed = h.engine.operations, list[str]()

        def resume(text: str) -> None:  # in the turn after the pause, before the run it dropped has ended
            if '"paused"' in text and not resumed:
                resumed.append(text)
                h.engine.core.post(
                    lambda tx: operations.resume(tx, operations.find(tx, run["workflow"], run["tenant"], run["id"]))
                )

        h.desk.watch(resume)
        await h.advance(100)
        await h.ask("pause", **run)
        await h.advance(2 * SECOND)
        assert resumed
        assert await output(h, run) == {"id": "call-1"}


@pytest.mark.parametrize(("moment", "taken"), [(1_500, "first"), (2_500, "second"), (4_000, "second")])
async def test_an_event_that_comes_after_a_deadline_is_not_for_that_wait_although_a_pause_hid_it(
    house: Make, moment: int, taken: str
) -> None:
    source = flow(
        """
        slow = asyncio.ensure_future(step.do("slow")(lambda: self.env.WORLD.slow())())
        try:
            return ["first", (await step.wait_for_event("first", "go", timeout="2 seconds"))["payload"]]
        except Exception as error:
            return ["second", (await step.wait_for_event("second", "go"))["payload"], str(error)]
        """
    )
    async with house(world_delay=3_000) as h:
        run = await h.run(source)
        await h.advance(1_000)
        await h.ask("pause", **run)  # until the attempt in flight has finished, at 3 seconds
        await h.advance(moment - 1_000)
        await h.ask("send_event", **run, type="go", payload=1)
        await h.advance(5_000)
        assert (await h.status(run))["status"] == "paused"
        await h.ask("resume", **run)
        await h.settle()
        expected = ["first", 1] if taken == "first" else ["second", 1, "Execution timed out after 2000ms"]
        assert await output(h, run) == expected


async def test_a_sleeper_that_was_resumed_gives_its_slot_back(house: Make) -> None:
    async with house(limits=Limits(slots=1)) as h:
        run = await h.run(flow('await step.sleep("nap", "1 day")'))
        await h.ask("pause", **run)
        await h.settle()
        await h.ask("resume", **run)
        await h.settle()
        assert h.engine.scheduler.running == 0
        other = await h.run(flow("return 1"))
        assert (await h.status(other))["status"] == "complete"
        await h.advance(DAY)
        assert (await h.status(run))["status"] == "complete"


async def test_a_pause_in_the_turn_in_which_a_retry_falls_due_is_recorded(house: Make) -> None:
    async with house() as h:
        config = '{"retries": {"limit": 1, "delay": 4_000}}'
        run = await h.run(flow(f'return await step.do("a", config={config})(lambda: self.env.WORLD.a(fail_first=1))()'))
        await h.settle()
        h.clock._move(5_000)  # due, and nobody has looked yet
        await h.ask("pause", **run)
        assert (await h.status(run))["status"] == "paused"
        await h.ask("resume", **run)
        await h.advance(5_000)
        assert (await h.status(run))["status"] == "complete"
