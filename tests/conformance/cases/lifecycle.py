"""Lives of instances: sleeps, events, pauses, restarts, ends."""

from __future__ import annotations

from tests.conformance.case import Stage, case

TWO_STEPS = """
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("first")
        async def first():
            return 1

        @step.do("second")
        async def second(first):
            return first + 1

        await first()
        await step.sleep("nap", "1 hour")
        return await second()
"""


@case(TWO_STEPS)
async def a_sleeper_wakes_at_its_time_and_not_before_also_after_a_crash(s: Stage) -> None:
    run = await s.create()
    await s.advance("30 minutes")
    await s.crash()
    await s.advance("29 minutes")
    assert await s.status(run) == "waiting"
    await s.advance("1 minute")
    assert await s.output(run) == 2
    assert (await s.kinds(run)).count("step.started do:first-1 1") == 1


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        first = await step.wait_for_event("first", "go", timeout="1 day")
        await step.sleep("nap", "1 hour")
        second = await step.wait_for_event("second", "go", timeout="1 day")
        return [first.payload, first.type, second["payload"]]
""")
async def events_are_kept_in_order_and_each_is_delivered_once(s: Stage) -> None:
    run = await s.create()
    await s.send(run, "other", "not for anyone")
    await s.send(run, "go", 1)
    await s.send(run, "go", 2)
    await s.crash()
    await s.advance("1 hour")
    assert await s.output(run) == [1, "go", 2]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        try:
            await step.wait_for_event("approval", "approval", timeout="10 minutes")
        except Exception as error:
            return [type(error).__name__, str(error)]
""")
async def a_wait_that_takes_too_long_times_out_with_its_timeout_in_the_text(s: Stage) -> None:
    run = await s.create()
    await s.advance("10 minutes")
    name, text = await s.output(run)
    assert name == "WorkflowTimeoutError"
    assert "Execution timed out after 600000ms" in text


@case(TWO_STEPS)
async def a_pause_makes_every_timer_later_by_as_long_as_it_lasted(s: Stage) -> None:
    run = await s.create()
    await (await s.handle(run)).pause()
    await s.advance("1 day")
    assert await s.status(run) == "paused"
    await (await s.handle(run)).resume()
    await s.advance("59 minutes")
    assert await s.status(run) == "waiting"
    await s.advance("1 minute")
    assert await s.output(run) == 2


@case(TWO_STEPS)
async def a_restart_runs_from_the_top_and_one_from_a_step_keeps_what_came_before(s: Stage) -> None:
    run = await s.create()
    await s.advance("1 hour")
    await (await s.handle(run)).restart({"from": {"name": "nap", "type": "sleep"}})
    await s.settle()
    assert [kind for kind in await s.kinds(run) if kind.startswith("step")] == [
        "step.started do:first-1 1", "step.completed do:first-1 1",
    ]  # fmt: skip
    await (await s.handle(run)).restart()
    await s.settle()
    assert await s.status(run) == "waiting"
    await s.advance("1 hour")
    assert await s.output(run) == 2


@case(TWO_STEPS)
async def terminate_ends_an_instance_at_once_and_for_good(s: Stage) -> None:
    run = await s.create()
    await (await s.handle(run)).terminate()
    await s.advance("1 day")
    assert await s.status(run) == "terminated"
    assert (await s.kinds(run))[-1] == "terminated"
