"""Rollbacks at the guest's end: registration, the engine's word, and the replay that only looks for handlers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.guest.driver import Host, Message, Port, flow, kinds, only

ERROR = {"name": "ValueError", "message": "no"}
CTX: dict[str, Any] = {"step": {"name": "a", "count": 1}, "attempt": 1, "config": {}}


def ask(key: str = "rollback:a-1", attempt: int = 1, run: int = 1, **fields: Any) -> Message:
    """Return the message that asks for a handler."""
    return {"k": "rollback", "run": run, "key": key, "attempt": attempt, "error": ERROR, "ctx": CTX, **fields}


def test_a_step_says_that_it_can_be_undone_with_its_first_attempt() -> None:
    host = Host()
    host.retries = 1
    host.play(
        flow("""
            async def a(ctx):
                if ctx["attempt"] == 1: raise ValueError("no")
            await step.do("a", rollback=print)(a)()
            await step.do("b")(lambda: 1)()
        """)
    )
    starts = [message for message in host.said if message["k"] == "start"]
    assert [(start["key"], start.get("rollback")) for start in starts] == [
        ("do:a-1", True), ("do:a-1", None), ("do:b-1", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("'\\n', rollback=5, config=5", 'Rollback for "\n" must be a function'),
        ("'a', rollback=f, rollback_config=5, config=5", 'Rollback config for "a" is in a invalid format.'),
        ("'a', rollback=f, config=5", "The limit of 0 steps"),
    ],
)
def test_the_options_of_a_rollback_are_checked_behind_the_callback_and_before_the_rest(options: str, text: str) -> None:
    host = Host()
    output = host.play(
        flow(f"""
            def f(): return 1
            seen = []
            for callback in (None, f):
                try:
                    await step.do({options})(callback)()
                except Exception as error:
                    seen.append([type(error).__name__, str(error)])
            return seen
        """),
        steps=0,
    )
    assert output[0][1].endswith("requires a callback function")
    assert output[1][0] == "WorkflowFatalError"
    assert output[1][1].startswith(text)


RAISES = flow("""
    async def undo(given):
        print(given["stepName"], given.output, given["error"], given["ctx"])
        return object()
    async def other():
        try:
            await asyncio.sleep(3600)
        finally:
            print("unwound")
    task = asyncio.create_task(other())
    await step.do("a", rollback=undo)(lambda: 1)()
    raise ValueError("no")
""")


def test_a_run_that_raises_keeps_its_handlers_until_it_is_dropped() -> None:
    host = Host()
    host.play(RAISES)
    assert only(host.said, "raised")["rollbacks"] is True
    said = host.send(ask(output="1"))
    assert kinds(said) == ["start", "log", "finish"]
    start, log, finish = said
    assert (start["key"], start["name"], start["attempt"]) == ("rollback:a-1", "a", 1)
    assert start["config"]["timeout"] == "10 minutes"
    assert (log["key"], log["text"]) == ("rollback:a-1", f"a-1 1 no {CTX}")
    assert finish["value"] == "null"
    assert kinds(host.send(ask(attempt=2))) == ["start", "log", "finish"]
    assert host.send({"k": "drop", "run": 1}) == []
    assert host.send(ask()) == []


def test_a_run_that_raises_without_handlers_is_over() -> None:
    host = Host()
    host.play(flow("raise ValueError('no')"))
    assert "rollbacks" not in only(host.said, "raised")
    assert host.send(ask()) == []


def test_a_guest_whose_effects_are_direct_waits_for_the_word() -> None:
    host = Port()
    host.load(RAISES)
    host.start(effects="direct")
    host.send({"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 1})
    host.send({"k": "settle", "run": 1, "key": "do:a-1", "order": 1})
    assert kinds(host.send(ask())) == ["start"]
    assert kinds(host.send({"k": "accepted", "run": 1, "key": "rollback:a-1", "attempt": 1})) == ["log", "finish"]


HANGS = flow("""
    async def undo(given):
        print("undoing")
        await asyncio.sleep(1)
        print("undone")
    async def other(name):
        print(name)
        try:
            await self.env.WORLD.call()
        finally:
            print("unwound")
            await step.do("more")(lambda: 1)()
    task = asyncio.create_task(other("outside"))
    async def inside(): await other("inside")
    await asyncio.gather(
        step.do("a", rollback=undo)(inside)(), step.sleep("nap", 5), step.wait_for_event("go", "go")
    )
""")


def test_a_run_that_is_asked_to_roll_back_goes_no_further() -> None:
    host = Port()
    host.load(HANGS)
    said = host.start()
    assert sorted(kinds(said)) == ["call", "call", "log", "log", "sleep", "start", "wait"]
    assert [message["text"] for message in host.send(ask()) if message["k"] == "log"] == ["undoing"]
    late: list[Message] = [
        {"k": "result", "re": 1, "value": "1"}, {"k": "result", "re": 2, "value": "1"},
        {"k": "settle", "run": 1, "key": "sleep:nap-1", "order": 1, "value": "1"},
        {"k": "settle", "run": 1, "key": "do:a-1", "order": 1, "value": "1"},
        {"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2},
    ]  # fmt: skip
    assert host.send(*late) == []
    assert kinds(host.advance(1_000)) == ["log", "finish"]


def test_an_attempt_of_a_handler_that_took_too_long_is_abandoned() -> None:
    host = Port()
    host.load(HANGS)
    host.start()
    host.send(ask())
    assert host.send({"k": "settle", "run": 1, "key": "rollback:a-1", "retry": 1}) == []
    assert host.advance(5_000) == []
    assert kinds(host.send(ask(attempt=2))) == ["start", "log"]
    assert kinds(host.advance(5_000)) == ["log", "finish"]


def test_a_handler_that_was_never_registered_is_missing() -> None:
    host = Port()
    host.load(HANGS)
    host.start()
    assert host.send(ask("rollback:b-1")) == [{"k": "missing", "run": 1, "key": "rollback:b-1"}]


COLD = flow("""
    print("loud")
    async def undo(given):
        print("undone", values)
    async def pause():
        await asyncio.sleep(3)
        print("loud")
        await asyncio.sleep(3)
    async def spin():
        while True:
            await asyncio.sleep(0)
    values = []
    values.append(await step.do("a", rollback=undo)(lambda: print("ran"))())
    await EXTRA
    values.append(await step.do("b", rollback=undo)(lambda: print("ran"))())
    await step.do("c")(lambda: print("ran"))()
""")


def cold(extra: str, *memo: list[Any]) -> list[Message]:
    """Replay for the handlers alone and ask for that of step a."""
    host = Port()
    host.load({name: text.replace("EXTRA", extra) for name, text in COLD.items()})
    said = host.start(None, memo=list(memo), mode="rollback")
    return said + host.send(ask()) + host.advance(20_000)


A = ["do:a-1", 3, {"v": "1", "u": True}]
B = ["do:b-1", 9, {"v": "2", "u": True}]
UNFINISHED_Z = ["do:z-1", 0, {"a": 1, "go": True, "c": {}, "u": True}]
UNFINISHED_B = ["do:b-1", 0, {"a": 1, "go": True, "c": {}, "u": True}]


@pytest.mark.parametrize(
    ("extra", "memo", "values"),
    [
        ("step.sleep('nap', 5)", [A], [1]),
        ("step.sleep('nap', 5)", [A, ["sleep:nap-1", 4, {"v": "null"}], B], [1, 2]),
        ("step.sleep('nap', 5)", [A, ["sleep:nap-1", 4, {"v": "null"}], UNFINISHED_B], [1]),
        ("step.wait_for_event('go', 'go')", [A, B], [1]),
        ("step.do('other')(lambda: print('ran'))()", [A, ["do:other-1", 0, {"a": 1, "go": True, "c": {}}], B], [1]),
        ("asyncio.sleep(5)", [A, B], [1, 2]),
        ("asyncio.sleep(5)", [A], [1]),
        ("asyncio.sleep(60)", [A, B], [1]),
        ("self.env.WORLD.call()", [A, B], [1]),
        ("asyncio.Event().wait()", [A, B], [1]),
        ("asyncio.gather(step.sleep('nap', 5), pause())", [A, B], [1]),
        ("asyncio.gather(step.sleep('nap', 5), pause())", [A, UNFINISHED_Z], [1]),
        ("asyncio.gather(step.do('other')(lambda: print('ran'))(), pause())", [A, B], [1]),
        ("asyncio.gather(step.do('b')(lambda: print('ran'))(), pause())", [A, UNFINISHED_B], [1]),
    ],
)
def test_a_replay_for_handlers_runs_no_step_and_ends_when_it_can_find_no_more(
    extra: str, memo: list[Any], values: list[int]
) -> None:
    said = cold(extra, *memo)
    assert kinds(said) == ["start", "log", "finish"]
    assert said[1]["text"] == f"undone {values}"


def test_a_replay_that_spins_ends_too() -> None:
    said = cold("spin()", A)
    assert kinds(said) == ["start", "log", "finish"]


def test_a_handler_the_replay_does_not_reach_is_missing() -> None:
    host = Port()
    host.load(flow("return 1"))
    host.start(memo=[A], mode="rollback")
    assert host.send(ask()) == [{"k": "missing", "run": 1, "key": "rollback:a-1"}]


def test_code_of_a_run_that_was_stopped_shows_nothing_wherever_it_is_called() -> None:
    host = Host()
    host.play(
        flow("""
            import contextvars
            context = contextvars.copy_context()
            def undo():
                context.run(print, "run")
                context.run(self.env.WORLD.call)
                print("handler")
            await step.do("a", rollback=undo)(lambda: 1)()
            raise ValueError("no")
        """)
    )
    said = host.send(ask())
    assert [message.get("text") for message in said] == [None, "handler", None]
    assert kinds(said) == ["start", "log", "finish"]


@pytest.mark.parametrize("crossed", [False, True])
def test_a_run_that_raised_keeps_its_handlers_when_it_is_asked_to_park(crossed: bool) -> None:
    host = Port()
    host.load(
        flow("""
            await step.do("a", rollback=lambda: None)(lambda: 1)()
            raise ValueError("no")
        """)
    )
    host.start()
    settle = {"k": "settle", "run": 1, "key": "do:a-1", "order": 4, "value": "1"}
    park = {"k": "park", "run": 1}
    said = host.send(settle, park) if crossed else host.send(settle) + host.send(park)
    assert kinds(said) == ["raised"]
    assert kinds(host.send(ask())) == ["start", "finish"]
