"""What tenant code sees: the entrypoint, the event, the forms of ``step.do``, and the errors of their misuse."""

from __future__ import annotations

from tests.conformance.case import Stage, case

REAL_TIME = dict.fromkeys(("processes", "browser"), "asyncio's own timers run in real time there")


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        event["payload"]["seen"] = True
        await step.sleep("nap", 60_000)
        return {
            "payload": [event["payload"]["n"], event.payload.n, event.payload.nested.deep, event.payload["none"]],
            "seen": "seen" in event.payload,
            "keys": sorted(event),
            "naive": event.timestamp.tzinfo is None and isinstance(event.timestamp, datetime),
            "ids": [event.instanceId, event["workflowName"]],
            "alias": hasattr(event, "instance_id"),
        }
""")
async def the_event_has_camel_case_keys_and_attributes_and_is_new_at_every_replay(s: Stage) -> None:
    run = await s.create({"n": 1, "nested": {"deep": [2]}, "none": None}, id="mine")
    await s.crash()
    await s.advance("1 minute")
    seen = await s.output(run)
    assert seen == {
        "payload": [1, 1, [2], None], "seen": True, "naive": True, "alias": False, "ids": ["mine", "flow"],
        "keys": ["instanceId", "payload", "timestamp", "workflowName"],
    }  # fmt: skip


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        return event["payload"]
""")
async def a_payload_that_was_left_out_is_an_empty_dict(s: Stage) -> None:
    assert await s.output(await s.create()) == {}


@case("""
class Base:
    def __init__(self, ctx, env):
        super().__init__(ctx, env)
        self.made = self.env is env and self.ctx is ctx

    def run(self, event, step):
        return [type(self).__name__, self.made]

class Flow(Base, WorkflowEntrypoint):
    pass
""")
async def a_class_may_inherit_a_plain_run_and_define_its_constructor(s: Stage) -> None:
    assert await s.output(await s.create()) == ["Flow", True]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        ran = []

        @step.do("fetch data")
        async def fetch():
            ran.append("fetch")
            return 10

        @step.do("a")
        async def b():
            return 20

        @step.do()
        async def named(a=7):
            return a + 1

        @step.do("a")
        async def c():
            return 30

        wrapper = step.do("plain")(lambda: "sync")
        first, second = await wrapper(), await wrapper()
        return [ran, await named(), first, second, await fetch(), ran, wrapper._step_name]
""")
async def parameters_are_step_names_the_latest_definition_counts_and_nothing_runs_before_it_is_called(s: Stage) -> None:
    run = await s.create()
    assert await s.output(run) == [["fetch"], 31, "sync", "sync", 10, ["fetch"], "plain"]
    started = [kind.split()[1] for kind in await s.kinds(run) if kind.startswith("step.started")]
    assert started == ["do:plain-1", "do:plain-2", "do:a-1", "do:named-1", "do:fetch"]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do()
        async def ten(): return 10

        @step.do()
        async def add(ten): return ten + 5

        @step.do()
        async def two(): return 2

        @step.do()
        async def three(): return 3

        @step.do(concurrent=True)
        async def product(two, ctx, three): return [two * three, ctx["step"]["count"]]

        @step.do("legacy", [ten, two], True)
        async def legacy(x, ctx, y): return [x, ctx["step"]["name"], y]

        return [await add(), await product(), await legacy()]
""")
async def dependencies_are_found_by_parameter_name_or_listed_one_by_one(s: Stage) -> None:
    run = await s.create()
    assert await s.output(run) == [15, [6, 1], [10, "legacy", 2]]
    started = [kind for kind in await s.kinds(run) if kind.startswith("step.started")]
    assert len(started) == 6, "a dependency that has run is not run again"


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        said = []

        async def try_(make):
            try:
                await make()
            except Exception as error:
                said.append([type(error).__name__, str(error)])

        def nothing(): return 1

        @step.do("ok")
        async def ok(): return 1

        async def misuse():
            @step.do
            async def bare(): return 1
            await bare()

        await try_(misuse)
        await try_(lambda: step.do("x", nothing)())
        await try_(step.do("b")(lambda q: 1))
        await try_(step.do("c", [ok])(lambda: 1))
        await try_(step.do("d", depends=None)(lambda q: 1))
        await try_(step.do("e", ["ok"])(lambda q: 1))
        await try_(step.do("f")("no function"))
        await try_(step.do("g\\n", config={"x": 1})(nothing))
        await try_(step.do("h", config={"x": 1})(nothing))
        return said
""")
async def misuse_is_told_where_it_happens_and_leaves_no_trace(s: Stage) -> None:
    run = await s.create()
    invalid = "See https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/"
    assert await s.output(run) == [
        ["TypeError", 'step.do is called before it decorates: write @step.do() or @step.do("name")'],
        ["TypeError", "'depends' is a list of steps, not function: step.do() is a decorator"],
        ["TypeError", "Received unexpected parameter q"],
        ["TypeError", "Step declares 0 non-ctx parameter(s) but 'depends' has 1 item(s)"],
        ["TypeError", "Step has 1 non-ctx parameter(s) but no 'depends' list provided"],
        ["TypeError", "'depends' lists steps, the results of @step.do(), not str"],
        ["WorkflowFatalError", 'Step "f" requires a callback function'],
        ["WorkflowFatalError", 'Step name "g\n" exceeds max length (256 chars) or invalid characters found'],
        ["WorkflowFatalError", f'Step config for "h" is in a invalid format. {invalid}'],
    ]
    assert await s.kinds(run) == ["queued", "started", "completed"]


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        step.sleep("unawaited", "1 hour")
        step.do("never")(lambda: 1)().close()
        await step.sleep("awaited", "1 minute")
        return "done"
""")
async def an_unawaited_sleep_starts_and_an_unawaited_step_does_not(s: Stage) -> None:
    run = await s.create()
    await s.advance("1 minute")
    assert await s.output(run) == "done"
    assert [kind for kind in await s.kinds(run) if "sleep.started" in kind or "never" in kind] == [
        "sleep.started sleep:unawaited-1", "sleep.started sleep:awaited-1",
    ]  # fmt: skip


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("outer", config={"retries": {"limit": 1, "delay": event.payload}})
        async def outer(ctx):
            inner = await step.do("inner")(lambda: "inner")()
            if ctx["attempt"] == 1:
                raise ValueError("again")
            return [inner, ctx["attempt"]]
        return await outer()
""")
async def a_step_inside_a_step_is_a_step_of_its_own_counted_in_the_order_of_calls(s: Stage) -> None:
    parked = await s.create(60_000)
    await s.advance("1 minute")
    assert await s.output(parked) == ["inner", 2]
    assert "step.started do:inner-2 1" not in await s.kinds(parked), "a replay counts from the start and finds it again"
    run = await s.create(0)
    assert await s.output(run) == ["inner", 2]
    assert [kind for kind in await s.kinds(run) if kind.startswith("step.")] == [
        "step.started do:outer-1 1", "step.started do:inner-1 1", "step.completed do:inner-1 1",
        "step.failed do:outer-1 1", "step.started do:outer-1 2", "step.started do:inner-2 1",
        "step.completed do:inner-2 1", "step.completed do:outer-1 2",
    ]  # fmt: skip


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        async def slow():
            await asyncio.sleep(5)

        asyncio.create_task(step.do("left behind")(slow)())
        await step.do("first")(lambda: 1)()
        return "done"
""")
async def a_step_in_flight_when_run_returns_is_recorded_as_cut_off(s: Stage) -> None:
    run = await s.create()
    assert await s.output(run) == "done"
    assert (await s.kinds(run))[-2:] == ["step.failed do:left behind-1 1", "completed"]


@case(
    """
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        async def bad():
            raise ValueError("no")

        async def slow():
            await asyncio.sleep(1)
            return "finished"

        once = {"retries": {"limit": 0, "delay": 0}}
        seen = []
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(step.do("slow")(slow)())
                group.create_task(step.do("bad", config=once)(bad)())
        except* ValueError as found:
            seen += [str(error) for error in found.exceptions]
        await step.sleep("nap", "1 minute")
        return seen
""",
    not_over=REAL_TIME,
)
async def a_task_group_that_fails_leaves_its_other_steps_to_finish(s: Stage) -> None:
    run = await s.create()
    await s.advance("1 second")
    await s.crash()
    await s.advance("1 minute")
    assert await s.output(run) == ["no"]
    assert [kind for kind in await s.kinds(run) if "slow" in kind] == [
        "step.started do:slow-1 1", "step.completed do:slow-1 1",
    ]  # fmt: skip


@case(
    """
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        async def slow():
            await asyncio.sleep(5)
            return "late"

        work = step.do("slow")(slow)
        try:
            async with asyncio.timeout(1):
                await work()
        except TimeoutError:
            pass
        await step.sleep("nap", "1 minute")
        return "went on"
""",
    not_over=REAL_TIME,
)
async def code_that_gives_up_on_a_step_goes_on_and_the_step_finishes(s: Stage) -> None:
    run = await s.create()
    await s.advance("1 second")
    await s.advance("1 minute")
    assert await s.output(run) == "went on"
    assert "step.completed do:slow-1 1" in await s.kinds(run)


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        raise NonRetryableError("stop")
""")
async def a_non_retryable_error_out_of_run_is_recorded_by_its_name_and_message(s: Stage) -> None:
    assert await s.error(await s.create()) == {"name": "NonRetryableError", "message": "stop"}


@case("""
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        if event.payload:
            return {"bad": object()}
        async def generator():
            yield 1
        return generator()
""")
async def what_run_returns_is_a_value(s: Stage) -> None:
    for payload in (True, False):
        error = await s.error(await s.create(payload))
        assert error["name"] == "NotSerialisable"
        assert error["message"].startswith("Value returned from run is not serialisable: ")
