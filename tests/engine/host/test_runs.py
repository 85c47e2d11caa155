"""A run from create to its end: steps, sleeps, waits, retries, and what history says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.engine import Limits
from tests.engine.host.harness import DAY, SECOND, House, Refused, flow

Make = Callable[..., House]

ORDER = flow(
    """
    order, world = event["payload"], self.env.WORLD
    key = event["instanceId"]

    @step.do("reserve stock")
    async def reserve():
        return await world.reserve(order["item"], key=key)

    @step.do("charge card")
    async def charge():
        return await world.charge(order["euros"], key=key)

    await reserve()
    await charge()
    await step.wait_for_event("approval", "approve", timeout="3 days")
    await step.sleep("time to try it", "30 days")
    return "done"
    """,
    name="Order",
)
PAYLOAD = {"item": "lamp", "euros": 40}


async def test_an_order_runs_to_its_end(house: Make) -> None:
    async with house() as h:
        run = await h.run(ORDER, PAYLOAD)
        assert run["workflow"] == "order"
        assert (await h.status(run))["status"] == "waiting"
        await h.ask("send_event", **run, type="approve", payload={"by": "ada"})
        await h.settle()
        assert (await h.ask("skip", **run)) == {"by": 30 * DAY}
        await h.settle()
        status = await h.status(run)
        assert (status["status"], json.loads(status["output"])) == ("complete", "done")
        assert await h.kinds(run) == [
            "queued", "started", "step.started do:reserve stock-1 1", "step.completed do:reserve stock-1 1",
            "step.started do:charge card-1 1", "step.completed do:charge card-1 1", "wait.started wait:approval-1",
            "event.received", "wait.completed wait:approval-1", "sleep.started sleep:time to try it-1",
            "time_skipped", "sleep.completed sleep:time to try it-1", "completed",
        ]  # fmt: skip
        assert await h.ledger() == {"reserve": (1, 1), "charge": (1, 1)}


async def test_a_kill_in_a_step_tries_that_step_again_and_no_other(house: Make) -> None:
    async with house(world_delay=1_500) as h:
        run = await h.run(ORDER, PAYLOAD)
        await h.advance(1_500)
        await h.advance(700)
        assert (await h.kinds(run))[-1] == "step.started do:charge card-1 1"
        await h.crash()
        await h.settle()
        assert (await h.kinds(run))[-2:] == ["step.failed do:charge card-1 1", "step.started do:charge card-1 2"]
        await h.advance(1_500)
        assert (await h.kinds(run))[-2:] == ["step.completed do:charge card-1 2", "wait.started wait:approval-1"]
        assert await h.ledger() == {"reserve": (1, 1), "charge": (2, 1)}
        rows = (await h.ask("history", **run))["rows"]
        assert [json.loads(row["data"])["previous"] for row in rows if row["kind"] == "engine_started"] == ["unclean"]


async def test_a_call_without_a_key_is_done_again_after_a_kill(house: Make) -> None:
    source = flow(
        """
        @step.do("mail")
        async def mail():
            return await self.env.WORLD.email("ada")
        return await mail()
        """
    )
    async with house(world_delay=1_500) as h:
        run = await h.run(source)
        await h.advance(100)
        await h.crash()
        await h.advance(1_500)
        assert (await h.status(run))["output"] == '{"id":"email-2"}'
        assert await h.ledger() == {"email": (2, 2)}


async def test_a_sleeper_wakes_at_its_time_and_not_before_also_after_a_crash(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.sleep("nap", "30 days")\nreturn 1'))
        await h.advance(29 * DAY)
        await h.crash()
        await h.advance(DAY - 1)
        assert (await h.status(run))["status"] == "waiting"
        await h.advance(1)
        assert (await h.status(run))["status"] == "complete"


async def test_what_fell_due_while_closed_is_counted_and_runs_at_once(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.sleep("nap", "1 hour")\nreturn 1'))
        await h.close()
        h.clock.set_wall(h.clock.now() + 2 * 3_600_000)
        await h.open()
        assert [event["due_while_closed"] for event in h.events if event["event"] == "started"] == [0, 1]
        await h.settle()
        assert (await h.status(run))["status"] == "complete"


async def test_sleep_until_a_past_moment_is_an_error_and_a_finished_one_replays(house: Make) -> None:
    source = flow(
        """
        await step.sleep_until("soon", event["payload"])
        await step.wait_for_event("go", "go")
        try:
            await step.sleep_until("past", event["payload"])
        except Exception as error:
            return str(error)
        """
    )
    async with house() as h:
        run = await h.run(source, h.clock.now() + 5 * SECOND)
        await h.advance(6 * SECOND)
        await h.crash()
        await h.settle()
        await h.ask("send_event", **run, type="go")
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == "You can't sleep until a time in the past, time-traveler"


async def test_events_go_to_the_oldest_waiter_in_order_of_arrival(house: Make) -> None:
    source = flow(
        """
        await step.wait_for_event("start", "start")
        first = await step.wait_for_event("a", "n")
        second, third = await asyncio.gather(step.wait_for_event("b", "n"), step.wait_for_event("c", "n"))
        return [first.payload, second.payload, third.payload]
        """
    )
    async with house() as h:
        run = await h.run(source)
        for n in range(3):
            await h.ask("send_event", **run, type="n", payload=n)
        await h.crash()
        await h.ask("send_event", **run, type="start")
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == [0, 1, 2]


async def test_an_event_after_the_deadline_stays_buffered(house: Make) -> None:
    source = flow(
        """
        try:
            await step.wait_for_event("quick", "n", timeout="2 seconds")
        except Exception as error:
            told = str(error)
        return [told, (await step.wait_for_event("slow", "n")).payload]
        """
    )
    async with house() as h:
        run = await h.run(source)
        h.clock._move(2 * SECOND)  # the clock has passed the deadline, no timer has fired yet
        await h.ask("send_event", **run, type="n", payload=5)
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == ["Execution timed out after 2000ms", 5]


RETRIES: list[tuple[str, list[int]]] = [("constant", [1, 1, 1]), ("linear", [1, 2, 3]), ("exponential", [1, 2, 4])]


@pytest.mark.parametrize(("backoff", "delays"), RETRIES)
async def test_a_failing_step_is_tried_again_by_its_config(house: Make, backoff: str, delays: list[int]) -> None:
    config = {"retries": {"limit": 3, "delay": "1 second", "backoff": backoff}}
    source = flow(
        f"""
        @step.do("work", config={config!r})
        async def work(ctx):
            raise ValueError(f"no {{ctx['attempt']}}")
        try:
            await work()
        except ValueError as error:
            return str(error)
        """
    )
    async with house() as h:
        run = await h.run(source)
        start = h.clock.now()
        for delay in delays:
            await h.advance(delay * SECOND - 1)
            rows = (await h.ask("history", **run))["rows"]
            failed = json.loads(rows[-1]["data"])
            assert failed["retry_at"] - rows[-1]["at"] == delay * SECOND
            await h.advance(1)
        assert json.loads((await h.status(run))["output"]) == "no 4"
        assert h.clock.now() - start == sum(delays) * SECOND


@pytest.mark.parametrize(("limits", "delay"), [(None, 10_000), (Limits(retry_delay=1_000), 1_000)])
async def test_the_delay_of_steps_that_say_nothing_can_be_set(house: Make, limits: Limits | None, delay: int) -> None:
    source = flow(
        """
        def undo(given):
            raise ValueError("not undone")
        @step.do("a", config={"timeout": "1 minute"}, rollback=undo)
        async def a(ctx):
            if ctx["attempt"] == 1:
                raise ValueError("no")
            raise NonRetryableError(str(ctx["config"]["retries"]["delay"]))
        await a()
        """
    )
    async with house(limits=limits) as h:
        run = await h.run(source)
        await h.advance(delay - 1)
        assert (await h.status(run))["status"] == "waiting"
        await h.advance(1)
        rows = (await h.ask("history", **run))["rows"]
        error, undone = [json.loads(row["data"]) for row in rows if row["kind"] == "step.failed"][1:]
        assert (error["error"]["message"], undone["delay"]) == (str(delay), delay)


async def test_a_retry_delay_goes_on_after_a_crash(house: Make) -> None:
    source = flow(
        """
        @step.do("work", config={"retries": {"limit": 2, "delay": "10 seconds", "backoff": "constant"}})
        async def work(ctx):
            if ctx["attempt"] == 1:
                raise RuntimeError("once")
            return ctx["attempt"]
        return await work()
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(6 * SECOND)
        await h.crash()
        await h.advance(4 * SECOND - 1)
        assert (await h.status(run))["status"] == "waiting"
        await h.advance(1)
        assert (await h.status(run))["output"] == "2"


async def test_an_attempt_that_takes_too_long_fails_and_its_late_result_does_not_exist(house: Make) -> None:
    source = flow(
        """
        @step.do("slow", config={"retries": {"limit": 1, "delay": 0, "backoff": "constant"}, "timeout": "1 second"})
        async def slow(ctx):
            await asyncio.sleep(5 if ctx["attempt"] == 1 else 0)
            return ctx["attempt"]
        return await slow()
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(SECOND)
        assert (await h.status(run))["output"] == "2"
        rows = (await h.ask("history", **run))["rows"]
        errors = [json.loads(row["data"])["error"] for row in rows if row["kind"] == "step.failed"]
        assert [(e["name"], e["message"]) for e in errors] == [
            ("WorkflowTimeoutError", "Execution timed out after 1000ms")
        ]


async def test_limit_0_means_at_most_once(house: Make) -> None:
    source = flow(
        """
        @step.do("once", config={"retries": {"limit": 0, "delay": 0}})
        async def once():
            await self.env.WORLD.pay(1)
        try:
            await once()
        except Exception as error:
            return type(error).__name__ + ": " + str(error)
        """
    )
    async with house(world_delay=1_000) as h:
        run = await h.run(source)
        await h.crash()
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == (
            "WorkflowInternalError: Attempt failed due to internal workflows error"
        )
        assert await h.ledger() == {"pay": (1, 1)}


async def test_the_twentieth_interruption_in_a_row_fails_the_step(house: Make) -> None:
    source = flow(
        """
        @step.do("unlucky")
        async def unlucky():
            await self.env.WORLD.pay(1, key="k")
        await unlucky()
        """
    )
    async with house(world_delay=1_000) as h:
        run = await h.run(source)
        for _ in range(19):
            await h.crash()
            await h.settle()
        assert (await h.status(run))["status"] == "running"
        await h.crash()
        await h.settle()
        status = await h.status(run)
        assert status["status"] == "errored"
        assert "cut off 20 times in a row" in status["error"]["message"]


async def test_a_non_retryable_error_is_final_and_remembered(house: Make) -> None:
    source = flow(
        """
        @step.do("work")
        async def work():
            await self.env.WORLD.try_it()
            raise NonRetryableError("no use")
        try:
            await work()
        except NonRetryableError as error:
            told = str(error)
        await step.sleep("nap", "1 hour")
        return told
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.crash()
        await h.advance(3_600_000)
        assert json.loads((await h.status(run))["output"]) == "no use"
        assert await h.ledger() == {"try_it": (1, 1)}


async def test_an_uncaught_error_ends_the_run_with_its_name_and_message(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('raise LookupError("nothing there")'))
        error = (await h.status(run))["error"]
        assert (error["name"], error["message"]) == ("LookupError", "nothing there")
        assert 'flow.py", line' in error["traceback"]


async def test_a_value_that_cannot_be_stored_ends_the_run(house: Make) -> None:
    source = flow(
        """
        @step.do("odd")
        async def odd():
            return object()
        try:
            await odd()
        except Exception:
            return "swallowed"
        """
    )
    async with house() as h:
        run = await h.run(source)
        status = await h.status(run)
        assert status["status"] == "errored"
        assert status["error"]["message"].endswith('the step "odd" returned a value which is not serialisable')


async def test_parallel_steps_run_together_and_replay_in_order(house: Make) -> None:
    source = flow(
        """
        async def one(n):
            @step.do(f"part {n}")
            async def part():
                return await self.env.WORLD.work(n, key=str(n))
            return await part()
        order = []
        for done in asyncio.as_completed([one(n) for n in range(4)]):
            order.append((await done)["id"])
        await step.sleep("nap", "1 hour")
        return order
        """
    )
    async with house(world_delay=100) as h:
        run = await h.run(source)
        await h.advance(100)
        await h.crash()
        await h.advance(3_600_000)
        output = json.loads((await h.status(run))["output"])
        assert sorted(output) == ["work-1", "work-2", "work-3", "work-4"]
        assert await h.ledger() == {"work": (4, 4)}


async def test_terminate_ends_a_run_at_once_and_for_good(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(ORDER, PAYLOAD)
        await h.ask("terminate", **run)
        await h.advance(5_000)
        assert (await h.status(run))["status"] == "terminated"
        assert (await h.kinds(run))[-2:] == ["step.failed do:reserve stock-1 1", "terminated"]
        with pytest.raises(Refused, match="InstanceCannotTerminate: .instance.cannot_terminate. Cannot terminate"):
            await h.ask("terminate", **run)
        with pytest.raises(Refused, match="InstanceFinished"):
            await h.ask("send_event", **run, type="approve")
        with pytest.raises(Refused, match="InstanceFinished"):
            await h.ask("skip", **run)


async def test_skip_moves_one_run_only(house: Make) -> None:
    source = flow('await step.sleep("nap", "30 days")\nreturn 1')
    async with house() as h:
        one, other = await h.run(source), await h.run(source)
        await h.ask("skip", **one)
        await h.settle()
        assert (await h.status(one))["status"] == "complete"
        assert (await h.status(other))["status"] == "waiting"
        with pytest.raises(Refused, match="NothingToSkip|InstanceFinished"):
            await h.ask("skip", **one)


async def test_a_skip_of_one_sleep_asked_for_twice_skips_no_other(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('for _ in range(3):\n    await step.sleep("nap", "30 days")\nreturn 1'))
        assert await h.ask("skip", **run, key="sleep:nap-1") == {"by": 30 * DAY}
        await h.settle()
        assert await h.ask("skip", **run, key="sleep:nap-1") == {"by": 0}
        assert (await h.kinds(run))[-1] == "sleep.started sleep:nap-2"
        with pytest.raises(Refused, match='does not wait for the time of "?.sleep:nap-3.: nothing to skip'):
            await h.ask("skip", **run, key="sleep:nap-3")
        await h.ask("pause", **run)
        with pytest.raises(Refused, match="NothingToSkip"):
            await h.ask("skip", **run, key="sleep:nap-2")
        await h.ask("resume", **run)
        for nap in (2, 3):
            await h.ask("skip", **run, key=f"sleep:nap-{nap}")
            await h.settle()
        assert (await h.status(run))["status"] == "complete"
        assert await h.ask("skip", **run, key="sleep:nap-3") == {"by": 0}
        await h.check_derived()


async def test_a_skip_of_the_longer_of_two_sleeps_ends_both(house: Make) -> None:
    source = flow(
        """
        naps = [step.sleep("short", "1 day"), step.sleep("long", "30 days")]
        await asyncio.gather(*naps)
        return 1
        """
    )
    async with house() as h:
        run = await h.run("import asyncio\n" + source)
        assert await h.ask("skip", **run, key="sleep:long-1") == {"by": 30 * DAY}
        await h.settle()
        ended = [kind for kind in await h.kinds(run) if kind.startswith("sleep.completed")]
        assert ended == ["sleep.completed sleep:short-1", "sleep.completed sleep:long-1"]
        assert (await h.status(run))["status"] == "complete"


async def test_a_request_that_is_sent_again_is_carried_out_once(house: Make) -> None:
    async with house() as h:
        source = flow('return (await step.wait_for_event("n", "n")).payload')
        args: dict[str, Any] = {"tenant": "acme", "files": {"flow.py": source}, "main": "flow.py"}
        first = await h.ask("run", request="r1", **args)
        await h.crash()
        again = await h.ask("run", request="r1", **args)
        assert first["id"] == again["id"]
        assert len(await h.ask("runs")) == 1
        run = {name: first[name] for name in ("tenant", "workflow", "id")}
        await h.ask("send_event", request="e1", **run, type="n", payload=1)
        await h.ask("send_event", request="e1", **run, type="n", payload=1)
        await h.settle()
        assert (await h.kinds(run)).count("event.received") == 1


async def test_watchers_hear_every_row_once_and_in_order(house: Make) -> None:
    async with house() as h:
        run = await h.run(ORDER, PAYLOAD)
        heard = [row["seq"] for event in h.events if event["event"] == "rows" for row in event["rows"]]
        rows = (await h.ask("history", **run))["rows"]
        assert heard == [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        assert sum(len(event.get("ledger", [])) for event in h.events) == 2


async def test_a_memo_longer_than_a_frame_is_replayed(house: Make) -> None:
    source = flow(
        """
        async def one(n):
            @step.do(f"big {n}")
            async def big():
                return str(n) * 1_000_000
            return len(await big())
        sizes = [await one(n) for n in range(10)]
        await step.sleep("nap", "1 hour")
        return sizes
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.crash()
        await h.advance(3_600_000)
        assert json.loads((await h.status(run))["output"]) == [1_000_000] * 10
