"""``step.do`` as tenants use it: names, counts, parameters, dependencies, and the order of its checks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.guest.driver import Host, Port, flow, kinds, only


def played(body: str, payload: Any = None, **options: Any) -> Host:
    host = Host()
    host.play(flow(body), payload, **options)
    return host


def keys(host: Port, kind: str = "start") -> list[str]:
    return [message["key"] for message in host.said if message["k"] == kind]


def test_the_event_has_attributes_and_keys() -> None:
    host = played(
        "return [event.payload.item, event['payload']['item'], event.instanceId, event.workflowName,"
        " str(event.timestamp), type(event['timestamp']).__name__, event.timestamp.tzinfo]",
        {"item": "lamp"},
    )
    assert host.output == ["lamp", "lamp", "i-1", "flow", "2026-11-21 09:30:00", "datetime", None]


def test_nothing_runs_until_it_is_called_and_awaited() -> None:
    host = played("""
        seen = []
        @step.do("a")
        async def a():
            seen.append(1)
        made = a()
        made.close()
        return seen
    """)
    assert host.output == []
    assert keys(host) == []


def test_names_and_counts() -> None:
    host = played("""
        @step.do("named")
        async def one(): return 1
        @step.do()
        def two(): return 2
        return [await one(), await one(), await two(), one._step_name, two._step_name, await step.do("x")(lambda: 3)()]
    """)
    assert host.output == [1, 1, 2, "named", "two", 3]
    assert keys(host) == ["do:named-1", "do:named-2", "do:two-1", "do:x-1"]


def test_kinds_are_counted_apart() -> None:
    host = played("""
        for _ in range(2):
            await step.do("a")(lambda: 1)()
            await step.sleep("a", 5)
    """)
    assert keys(host) == ["do:a-1", "do:a-2"]
    assert keys(host, "sleep") == ["sleep:a-1", "sleep:a-2"]


def test_parameters_name_the_steps_they_depend_on() -> None:
    host = played("""
        @step.do("ten")
        async def first(): return 10
        @step.do()
        async def five(ten): return ten + 5
        @step.do()
        async def both(ten, ctx, five): return [ten, ctx["step"], five]
        return await both()
    """)
    assert host.output == [10, {"name": "both", "count": 1}, 15]
    assert keys(host) == ["do:ten-1", "do:five-1", "do:both-1"]


def test_a_diamond_runs_its_shared_step_once_even_at_the_same_time() -> None:
    host = played("""
        @step.do()
        async def base(): return 1
        @step.do()
        async def left(base): return base + 1
        @step.do()
        async def right(base): return base + 2
        @step.do(concurrent=True)
        async def top(left, right): return left * right
        return [await top(), await base()]
    """)
    assert host.output == [6, 1]
    assert keys(host) == ["do:base-1", "do:left-1", "do:right-1", "do:top-1", "do:base-2"]


def test_dependencies_run_one_after_the_other_unless_concurrent() -> None:
    body = """
        @step.do()
        async def a(): return 1
        @step.do()
        async def b(): return 2
        @step.do({})
        async def c(a, b): return a + b
        return await c()
    """
    for concurrent in (False, True):
        host = Host()
        host.load(flow(body.replace("{}", f"concurrent={concurrent}")))
        first = host.start()
        assert [m["key"] for m in first if m["k"] == "start"] == ["do:a-1", "do:b-1"][: 1 + concurrent]
        host.answer(first)
        assert host.output == 3


def test_the_older_form_lists_its_dependencies() -> None:
    host = played("""
        @step.do("a")
        async def a(): return 2
        @step.do("b", depends=None)
        async def b(): return 3
        @step.do("c", depends=[a, b], concurrent=True)
        async def c(x, ctx, y): return [x, ctx["attempt"], y]
        seen = [await c()]
        for bad in (step.do("d")(lambda q: 1), step.do("d", depends=[a])(lambda: 1), step.do("d", depends=None)(lambda q: 1)):
            try:
                await bad()
            except TypeError as error:
                seen.append(str(error))
        return seen
    """)
    assert host.output == [
        [2, 1, 3],
        "Received unexpected parameter q",
        "Step declares 0 non-ctx parameter(s) but 'depends' has 1 item(s)",
        "Step has 1 non-ctx parameter(s) but no 'depends' list provided",
    ]


def test_other_signatures() -> None:
    host = played("""
        import functools
        class Callable:
            def __call__(self, ctx): return ctx["attempt"]
            async def method(self, a): return a + 1
        @step.do()
        def a(): return 1
        @step.do()
        def keyword(*, a): return a
        seen = [
            await step.do("object")(Callable())(),
            await step.do("method")(Callable().method)(),
            await step.do("partial")(functools.partial(int, "7"))(),
            await step.do("builtin")(dict)(),
            await keyword(),
        ]
        for wrong in (lambda *args: 1, lambda **kw: 1, lambda a, i=3: 1):
            try:
                await step.do("wrong")(wrong)()
            except TypeError as error:
                seen.append(str(error))
        return seen
    """)
    assert host.output == [1, 2, 7, {}, 1, *[f"Received unexpected parameter {name}" for name in ("args", "kw", "i")]]


def test_a_function_or_a_config_as_second_argument_is_a_type_error() -> None:
    for second in ("lambda: 1", "{'timeout': 5}", "'b'"):
        host = played(f"step.do('a', {second})")
        assert host.error is not None
        assert host.error["name"] == "TypeError"
        assert host.error["message"].startswith("'depends' is a list of steps, not ")


def test_the_older_form_takes_its_arguments_by_position() -> None:
    host = played("""
        @step.do("a", None, False, {"retries": {"limit": 1, "delay": 0}})
        async def a(ctx): return ctx["config"]["retries"]["limit"]
        @step.do(None, [])
        async def b(): return 3
        @step.do("c", [a, b], True)
        async def c(x, ctx, y): return [x, ctx["step"]["name"], y]
        seen = [await c()]
        for bad in (step.do("d", [a])(lambda: 1), step.do("d", [])(lambda q, ctx: 1), step.do("d", (a, b))(lambda q: 1)):
            try:
                await bad()
            except TypeError as error:
                seen.append(str(error))
        return seen
    """)
    assert host.output == [
        [1, "c", 3],
        "Step declares 0 non-ctx parameter(s) but 'depends' has 1 item(s)",
        "Step has 1 non-ctx parameter(s) but no 'depends' list provided",
        "Step declares 1 non-ctx parameter(s) but 'depends' has 2 item(s)",
    ]


def test_a_failed_dependency_stops_its_dependent_and_is_called_again_by_the_next() -> None:
    host = played("""
        ran = []
        @step.do()
        async def shaky(ctx):
            if ctx["step"]["count"] == 1:
                raise ValueError("first")
            return 1
        @step.do()
        async def uses(shaky):
            ran.append("uses")
            return shaky
        try:
            await uses()
        except ValueError as error:
            ran.append(str(error))
        return [ran, await uses()]
    """)
    assert host.output == [["first", "uses"], 1]
    assert keys(host) == ["do:shaky-1", "do:shaky-2", "do:uses-1"]


def test_two_calls_of_one_name_at_once() -> None:
    host = played("""
        async def part(i):
            @step.do("part")
            async def work(): return i
            return await work()
        return await asyncio.gather(*map(part, range(3)))
    """)
    assert host.output == [0, 1, 2]
    assert keys(host) == ["do:part-1", "do:part-2", "do:part-3"]


def test_a_dependent_does_not_inherit_the_cancellation_of_another_caller() -> None:
    host = Host()
    host.load(
        flow("""
        @step.do()
        async def slow(): return await self.env.WORLD.slow()
        @step.do()
        async def uses(slow): return slow
        first = asyncio.create_task(slow())
        await asyncio.sleep(0)
        second = asyncio.create_task(uses())
        await asyncio.sleep(0)
        first.cancel()
        return await second
    """)
    )
    host.answer(host.start())
    assert host.output == {"id": "slow-2"}


def test_the_context_of_a_step() -> None:
    host = played("""
        @step.do("a", config={"retries": {"limit": 1, "delay": "5 minutes"}, "timeout": "1 minute"})
        async def a(ctx): return ctx
        return await a()
    """)
    config = {"retries": {"limit": 1, "delay": "5 minutes", "backoff": "exponential"}, "timeout": "1 minute"}
    assert host.output == {"step": {"name": "a", "count": 1}, "attempt": 1, "config": config}
    assert only(host.said, "start")["config"] == config


@pytest.mark.parametrize(
    ("call", "name", "text"),
    [
        ("step.do('a\\n')(f)()", "WorkflowFatalError", "invalid characters found"),
        ("step.do('a', config={'retry': 1})(f)()", "WorkflowFatalError", 'Step config for "a" is in a invalid format'),
        ("step.do('a')(None)()", "WorkflowFatalError", 'Step "a" requires a callback function'),
        ("step.do(5)(f)()", "WorkflowFatalError", 'Step name "5" exceeds'),
        ("step.sleep('a', 'soon')", "WorkflowFatalError", "is not a duration"),
        ("step.sleep_until('a', '2030-01-01')", "WorkflowFatalError", "give a datetime"),
        ("step.wait_for_event('a', 'b.c')", "InvalidEventType", "workflow.invalid_event_type"),
        ("step.wait_for_event('a', event_type='b')", "TypeError", "positional-only"),
        ("step.do('a', config={'sensitive': 'input'})(f)()", "WorkflowFatalError", "is in a invalid format"),
        (
            "step.do('a', config={'retries': {'limit': 1, 'delay': '[dynamic]'}})(f)()",
            "WorkflowFatalError",
            "is in a invalid format",
        ),
    ],
)
def test_rules_that_are_broken_raise_where_the_call_is_and_can_be_caught(call: str, name: str, text: str) -> None:
    host = played(f"""
        def f(): return 1
        try:
            await {call}
        except Exception as error:
            return [type(error).__name__, str(error)]
    """)
    assert host.output[0] == name
    assert text in host.output[1]
    assert kinds(host.said) == ["loaded", "returned"]


def test_the_limit_is_checked_before_the_name_and_the_name_before_the_config() -> None:
    host = played(
        """
        seen = []
        for name, config in (("a", None), ("b\\n", {"x": 1}), ("c", {"x": 1}), ("d\\n", {"x": 1})):
            try:
                await step.do(name, config=config)(lambda: 1)()
            except Exception as error:
                seen.append(str(error)[:12])
        return seen
        """,
        steps=3,
    )
    assert host.output == ['Step name "b', "Step config ", "The limit of"]


def test_the_step_limit_counts_steps_answered_from_history_too() -> None:
    files = flow("""
        for i in range(4):
            await step.do("a")(lambda: i)()
    """)
    host = Host()
    host.play(files, steps=3)
    assert host.error is not None
    assert host.error["message"].startswith("The limit of 3 steps has been reached.")
    again = Host()
    again.memo = host.memo
    again.play(files, steps=3)
    assert again.error is not None
    assert keys(again) == []


def test_sleeps_start_unawaited_and_can_be_made_tasks() -> None:
    host = Port()
    host.load(
        flow("""
        from datetime import datetime
        nap = step.sleep("nap", "3 days")
        later = asyncio.create_task(step.sleep_until("later", datetime(2030, 1, 1)))
        await step.do("a")(lambda: 1)()
        await asyncio.gather(nap, later, step.sleep("zero", 0))
    """)
    )
    said = host.start()
    assert [m for m in said if m["k"] == "sleep"] == [
        {"k": "sleep", "run": 1, "key": "sleep:nap-1", "duration": 259_200_000},
        {"k": "sleep", "run": 1, "key": "sleep:later-1", "until": 1_893_456_000_000},
    ]
    host.send({"k": "settle", "run": 1, "key": "do:a-1", "order": 1})
    said = host.send(
        *(
            {"k": "settle", "run": 1, "key": f"sleep:{name}-1", "order": i}
            for i, name in enumerate(("nap", "later", "zero"), 2)
        )
    )
    assert only(said, "returned")["value"] == "null"


def test_an_event_arrives_with_its_payload_time_and_type() -> None:
    host = Port()
    host.load(
        flow("""
        got = await step.wait_for_event("approval", "approve", timeout="3 days")
        return [got.payload.by, got["type"], got.timestamp.year]
    """)
    )
    said = host.start()
    assert only(said, "wait") == {
        "k": "wait", "run": 1, "key": "wait:approval-1", "type": "approve", "timeout": 259_200_000
    }  # fmt: skip
    value = '{"payload":{"by":"ada"},"timestamp":{"$":"datetime","v":"2026-11-21T10:00:00"},"type":"approve"}'
    said = host.send({"k": "settle", "run": 1, "key": "wait:approval-1", "order": 1, "value": value})
    assert only(said, "returned")["value"] == '["ada","approve",2026]'
    again = Port()
    again.load(flow('await step.wait_for_event("a", "go")'))
    assert only(again.start(), "wait")["timeout"] == 86_400_000


def test_results_have_attributes_and_are_what_was_stored() -> None:
    host = played("""
        value = await step.do("a")(lambda: {"n": (1, 2.0), "b": b"x", 5: {"deep": None}})()
        return [value.n, type(value.n).__name__, type(value.n[1]).__name__, value.b, value["5"].deep, isinstance(value, dict)]
    """)
    assert host.output == [[1, 2.0], "list", "float", b"x", None, True]


def test_a_run_may_be_a_plain_function() -> None:
    host = Host()
    files = {
        "flow.py": "from workers import WorkflowEntrypoint\nclass Flow(WorkflowEntrypoint):\n    def run(self, event, step): return 7\n"
    }
    host.play(files)
    assert host.output == 7


def test_a_step_inside_a_step() -> None:
    host = played("""
        @step.do("outer")
        async def outer():
            return 1 + await step.do("inner")(lambda: 2)()
        return await outer()
    """)
    assert host.output == 3


def test_only_do_counts_toward_the_step_limit() -> None:
    host = Host()
    host.play(
        flow("""
        for n in range(5):
            await step.sleep("nap", 0)
            await step.sleep_until("then", 1_900_000_000_000)
        return await step.do("only")(lambda: 1)()
        """),
        steps=1,
    )
    assert host.output == 1
