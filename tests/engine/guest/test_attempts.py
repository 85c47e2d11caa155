"""Attempts: retries, refusals, abandonment, and what becomes of what stale code says."""

from __future__ import annotations

from typing import Any

from tests.engine.guest.driver import Host, Port, flow, kinds, only

WAITING = """
    @step.do("a")
    async def a(ctx):
        try:
            print("begin", ctx["attempt"])
            got = await self.env.WORLD.charge(ctx["attempt"])
            print("got", got)
            return got
        finally:
            print("end", ctx["attempt"])
            await self.env.WORLD.clean(ctx["attempt"])
    return await a()
"""


def started(body: str, **options: Any) -> tuple[Port, list[Any]]:
    host = Port()
    host.load(flow(body))
    return host, host.start(**options)


def test_start_is_posted_before_the_callback_runs() -> None:
    host, _ = started("await step.do('a')(lambda: 1)()\nawait step.do('b')(lambda: 1)()")
    first, second = host.frames[1:3]
    assert (kinds(first["m"]), first["more"]) == (["start"], True)
    assert (kinds(second["m"]), "more" in second) == (["finish"], False)


def test_a_frame_with_more_is_always_followed_by_one_without() -> None:
    host, _ = started("await step.do('a')(lambda: asyncio.sleep(5))()")
    assert [frame.get("more", False) for frame in host.frames[1:]] == [True, False]
    assert host.frames[-1]["m"] == []


def test_callbacks_wait_until_nothing_else_is_runnable() -> None:
    host, _ = started("""
        async def part(name):
            await asyncio.sleep(0)
            return await step.do(name)(lambda: print(name))()
        await asyncio.gather(*map(part, "abc"))
    """)
    assert [kinds(frame["m"]) for frame in host.frames[1:]] == [["start"] * 3, ["log", "finish"] * 3]


def test_retries_run_when_the_engine_says() -> None:
    host = Host()
    host.retries = 2
    host.play(
        flow("""
        @step.do("a")
        def a(ctx):
            if ctx["attempt"] < 3:
                raise ValueError(ctx["attempt"])
            return ctx["attempt"]
        return await a()
    """)
    )
    assert host.output == 3
    starts = [message for message in host.said if message["k"] == "start"]
    assert [(message["attempt"], message["config"] is None) for message in starts] == [(1, False), (2, True), (3, True)]


def test_guests_with_direct_effects_wait_for_the_engines_word() -> None:
    host, said = started("return await step.do('a')(lambda ctx: ctx['attempt'])()", effects="direct")
    assert kinds(said) == ["start"]
    assert host.send({"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 7}) == []
    assert kinds(host.send({"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 1})) == ["finish"]
    assert host.send({"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 1}) == []
    said = host.send({"k": "settle", "run": 1, "key": "do:a-1", "retry": 1})
    assert said == []
    assert kinds(host.send({"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2})) == ["start"]
    said = host.send({"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 2})
    assert only(said, "finish")["value"] == "2"


def test_a_refused_attempt_raises_at_the_call() -> None:
    host, _ = started(
        """
        try:
            await step.do("a")(lambda: print("ran"))()
        except Exception as error:
            return [type(error).__name__, str(error)]
        """,
        effects="direct",
    )
    error = {"name": "WorkflowFatalError", "message": "no"}
    said = host.send({"k": "refused", "run": 1, "key": "do:a-1", "attempt": 1, "error": error})
    assert kinds(said) == ["returned"]
    assert said[0]["value"] == '["WorkflowFatalError","no"]'


def test_a_refused_attempt_that_ran_already_does_not_exist() -> None:
    host, said = started(WAITING)
    assert kinds(said) == ["start", "log", "call"]
    error = {"name": "WorkflowFatalError", "message": "no"}
    said = host.send({"k": "refused", "run": 1, "key": "do:a-1", "attempt": 1, "error": error})
    assert kinds(said) == ["raised"]


def test_a_refusal_of_another_attempt_or_key_changes_nothing() -> None:
    host, _ = started(WAITING)
    error = {"name": "WorkflowFatalError", "message": "no"}
    assert host.send({"k": "refused", "run": 1, "key": "do:a-1", "attempt": 3, "error": error}) == []
    assert host.send({"k": "refused", "run": 1, "key": "do:b-1", "error": error}) == []
    assert kinds(host.send({"k": "result", "re": 1, "value": "1"})) == ["log", "log", "call"]


def test_a_refused_sleep_raises_at_the_call() -> None:
    host, _ = started("await step.sleep_until('past', 5)")
    error = {"name": "WorkflowFatalError", "message": "You can't sleep until a time in the past, time-traveler"}
    said = host.send({"k": "refused", "run": 1, "key": "sleep:past-1", "error": error})
    assert said[0]["error"]["message"].endswith("time-traveler")


def test_an_attempt_that_timed_out_is_cancelled_and_silent() -> None:
    host, _ = started(WAITING)
    said = host.send(
        {"k": "settle", "run": 1, "key": "do:a-1", "retry": 1},
        {"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2},
    )
    assert kinds(said) == ["start", "log", "call"]  # nothing of the first one's "finally"
    assert (said[1]["text"], said[2]["attempt"]) == ("begin 2", 2)
    assert host.send({"k": "result", "re": 1, "value": '"late"'}) == []
    said = host.send({"k": "result", "re": said[2]["n"], "value": '"now"'})
    assert [message.get("text") for message in said] == ["got now", "end 2", None]


def test_a_final_timeout_raises_and_silences_the_last_attempt() -> None:
    host, _ = started(WAITING)
    error = {"name": "WorkflowTimeoutError", "message": "Execution timed out after 5ms"}
    said = host.send({"k": "settle", "run": 1, "key": "do:a-1", "order": 3, "error": error})
    assert kinds(said) == ["raised"]
    assert said[0]["error"]["name"] == "WorkflowTimeoutError"


def test_stale_code_that_swallows_its_cancellation_stays_silent() -> None:
    host, _ = started("""
        @step.do("a")
        async def a(ctx):
            if ctx["attempt"] == 2:
                return "second"
            try:
                await asyncio.sleep(1000)
            except BaseException:
                print("still here")
            await step.do("inner")(lambda: print("inner"))()
            return "first"
        return await a()
    """)
    said = host.send(
        {"k": "settle", "run": 1, "key": "do:a-1", "retry": 1},
        {"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2},
    )
    assert kinds(said) == ["start", "finish"]
    assert said[1]["value"] == '"second"'


def test_an_abandoned_callback_that_has_not_begun_never_begins() -> None:
    host = Port()
    host.load(flow("await step.do('a')(lambda: print('ran'))()"))
    host.start(effects="direct")
    said = host.send(
        {"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 1},
        {"k": "settle", "run": 1, "key": "do:a-1", "retry": 1},
    )
    assert said == []


def test_a_caller_who_gives_up_does_not_stop_the_step() -> None:
    host, _ = started("""
        @step.do("slow")
        async def slow():
            return await self.env.WORLD.slow()
        try:
            await asyncio.wait_for(slow(), 1)
        except TimeoutError:
            await step.sleep("on", 5)
    """)
    assert kinds(host.advance(1_000)) == ["sleep"]
    assert kinds(host.send({"k": "result", "re": 1, "value": "1"})) == ["finish"]
    assert host.send({"k": "settle", "run": 1, "key": "do:slow-1", "order": 1}) == []


def test_what_a_callback_leaves_behind_counts_as_its_runs() -> None:
    host = Host()
    host.play(
        flow("""
        @step.do("a")
        async def a():
            async def later():
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                await self.env.WORLD.late()
            asyncio.create_task(later())
        await a()
        await step.sleep("nap", 1)
    """)
    )
    call = only(host.said, "call")
    assert "key" not in call


def test_callbacks_that_end_with_any_exception_fail_their_attempt() -> None:
    for raising, name in (
        ("raise SystemExit(3)", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("raise asyncio.CancelledError", "CancelledError"),
        ("raise StopIteration(1)", "RuntimeError"),
        ("return (lambda f: f(f))(lambda f: f(f))", "RecursionError"),
    ):
        host, said = started(f"@step.do('a')\nasync def a():\n    {raising}\nawait a()")
        finish = only(said, "finish")
        assert finish["error"]["name"] == name
        error = {"k": "settle", "run": 1, "key": "do:a-1", "order": 1, "error": finish["error"]}
        assert only(host.send(error), "raised")["error"]["message"] == finish["error"]["message"]


def test_an_abandoned_attempt_learns_of_it_and_waits_for_ever_if_it_goes_on() -> None:
    host, said = started("""
        @step.do("a")
        async def a(ctx):
            if ctx["attempt"] == 2:
                return seen
            early = self.env.WORLD.early()
            try:
                await asyncio.sleep(1000)
            except asyncio.CancelledError:
                seen.append("cancelled")
            await early
            seen.append("went on")
        seen = []
        return await a()
    """)
    call = only(said, "call")
    host.send({"k": "settle", "run": 1, "key": "do:a-1", "retry": 1})
    assert host.send({"k": "result", "re": call["n"], "value": "1"}) == []
    said = host.send({"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2})
    assert only(said, "finish")["value"] == '["cancelled"]'


def test_news_of_an_earlier_attempt_does_not_disturb_the_one_in_flight() -> None:
    host, _ = started("return await step.do('a')(lambda ctx: self.env.WORLD.charge(ctx['attempt']))()")
    host.send({"k": "settle", "run": 1, "key": "do:a-1", "retry": 1})
    [start, call] = host.send({"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2})
    assert (start["attempt"], call["args"]) == (2, "[2]")
    assert host.send({"k": "settle", "run": 1, "key": "do:a-1", "retry": 1}) == []
    assert kinds(host.send({"k": "result", "re": call["n"], "value": "1"})) == ["finish"]
