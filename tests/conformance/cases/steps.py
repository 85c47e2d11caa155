"""Steps: what they keep, when they are tried again, and what their values look like."""

from __future__ import annotations

from tests.conformance.case import Stage, case


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("read")
        async def read():
            return {"item": event["payload"]["item"], "raw": b"\\x00\\xff", "at": datetime(2026, 1, 2), "tags": {"a", "b"}}

        @step.do("use")
        async def use(read):
            return [read["item"], read.raw, read["at"] + timedelta(days=1), sorted(read["tags"]), 1.0, 2**60, None]

        return await use()
""")
async def values_keep_their_types_from_step_to_step_and_out(s: Stage) -> None:
    run = await s.create({"item": "lamp"})
    item, raw, at, tags, one, big, nothing = await s.output(run)
    assert (item, raw, at.isoformat(), tags) == ("lamp", b"\x00\xff", "2026-01-03T00:00:00", ["a", "b"])
    assert (type(one), big, nothing) == (float, 2**60, None)
    assert await s.kinds(run) == [
        "queued", "started", "step.started do:read-1 1", "step.completed do:read-1 1",
        "step.started do:use-1 1", "step.completed do:use-1 1", "completed",
    ]  # fmt: skip


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("try", config={"retries": {"limit": 3, "delay": "1 second", "backoff": "exponential"}})
        async def attempt(ctx):
            if ctx["attempt"] < 4:
                raise KeyError(f"attempt {ctx['attempt']}")
            return ctx["attempt"]

        return await attempt()
""")
async def a_failing_step_is_tried_again_after_delays_that_double(s: Stage) -> None:
    run = await s.create()
    for delay, attempts in ((999, 1), (1, 2), (1_999, 2), (1, 3), (3_999, 3), (1, 4)):
        await s.advance(delay)
        assert sum(kind.startswith("step.started") for kind in await s.kinds(run)) == attempts
    assert await s.output(run) == 4


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("check")
        async def check():
            raise NonRetryableError("no such card")

        @step.do("apologise")
        async def apologise():
            return "sorry"

        try:
            await check()
        except NonRetryableError as error:
            await step.sleep("breathe", "1 minute")
            return [str(error), await apologise()]
""")
async def a_non_retryable_error_is_raised_once_remembered_and_can_be_caught(s: Stage) -> None:
    run = await s.create()
    await s.crash()
    await s.advance("1 minute")
    assert await s.output(run) == ["no such card", "sorry"]
    assert [kind for kind in await s.kinds(run) if "check" in kind] == [
        "step.started do:check-1 1", "step.failed do:check-1 1",
    ]  # fmt: skip


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        def part(n):
            @step.do("part")
            async def one():
                return n * n

            return one()

        first = await asyncio.gather(*(part(n) for n in range(5)))
        await step.sleep("between", "1 hour")
        return first + await asyncio.gather(*(part(n) for n in range(5, 7)))
""")
async def parallel_steps_of_one_name_keep_their_own_results_also_after_a_crash(s: Stage) -> None:
    run = await s.create()
    await s.crash()
    await s.advance("1 hour")
    assert await s.output(run) == [0, 1, 4, 9, 16, 25, 36]
    kinds = await s.kinds(run)
    assert [f"step.started do:part-{n} 1" in kinds for n in range(1, 8)] == [True] * 7
    assert len([kind for kind in kinds if kind.startswith("step.started")]) == 7


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("bad")
        async def bad():
            return object()

        try:
            return await bad()
        except Exception:
            return "caught"
""")
async def a_value_that_cannot_be_stored_ends_the_instance(s: Stage) -> None:
    run = await s.create()
    assert (await s.error(run))["name"] == "WorkflowFatalError"
