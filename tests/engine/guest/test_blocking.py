"""``run_sync`` in a guest whose host can let a stack stand still: here every call into the guest has a thread of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from dynamic_workflows.guest.worker import Guest

from .driver import Host, flow, kinds, only

pytestmark = pytest.mark.skipif(sys.platform == "emscripten", reason="threads stand in for stacks")
FROM = "from pyodide.ffi import can_run_sync, run_sync\n"


class Stack:
    """One call into the guest, in a thread; exactly one thread of a test runs at a time."""

    def __init__(self, threads: Threads) -> None:
        self._threads, self._go = threads, Event()

    def wait(self) -> None:
        """Let the test go on until it resumes this stack."""
        self._threads.rest.set()
        assert self._go.wait(30)

    def wake(self) -> None:
        """Note that this one goes on next."""
        self._threads.woken.append(self)

    def resume(self) -> None:
        """Go on until it stands still again, or has ended."""
        self._threads.rest.clear()
        self._go.set()
        assert self._threads.rest.wait(30)


class Threads:
    """A host that can let stacks stand still."""

    def __init__(self) -> None:
        self.rest, self.able = Event(), True
        self.woken: list[Stack] = []

    def possible(self) -> bool:
        """Return what the test says."""
        return self.able

    def pause(self) -> Stack:
        """Return what one stack waits with."""
        return Stack(self)

    def call(self, work: Callable[[], None]) -> None:
        """Call into the guest, then resume whoever was woken."""

        def whole() -> None:
            work()
            self.rest.set()

        self.rest.clear()
        Thread(target=whole, daemon=True).start()
        assert self.rest.wait(30)
        while self.woken:
            self.woken.pop(0).resume()


class Blocked(Host):
    """A host of a guest whose stacks stand still."""

    def __init__(self, world: Callable[[dict[str, Any]], Any] | None = None) -> None:
        super().__init__(world)
        self.threads = threads = Threads()
        inner = Guest(post=self._post, arm=self._arm, elapsed=lambda: self.now, switch=threads)

        class Entered:
            blocking = inner.blocking

            def receive(self, text: str) -> None:
                threads.call(lambda: inner.receive(text))

            def turn(self) -> None:
                threads.call(inner.turn)

        self.guest = Entered()  # type: ignore[assignment]

    def replay(self, *args: Any, **options: Any) -> Host:
        raise NotImplementedError


def source(body: str) -> dict[str, str]:
    files = flow(body)
    return {name: FROM + text for name, text in files.items()}


def test_a_plain_step_waits_for_a_call() -> None:
    host = Blocked()
    output = host.play(
        source("""
        @step.do("pay")
        def pay():
            return [run_sync(self.env.WORLD.pay())["id"], can_run_sync()]
        return await pay()
        """)
    )
    assert output == ["pay-1", True]


def test_two_stand_still_and_each_gets_its_own_answer_in_any_order() -> None:
    host = Blocked()
    host.load(
        source("""
        def ask(n):
            @step.do(f"ask {n}")
            def one():
                print("asks", n)
                got = run_sync(self.env.WORLD.ask(n))
                print("has", n)
                return got
            return one()
        return await asyncio.gather(ask(1), ask(2))
        """)
    )
    calls = {m["args"]: m for m in host.start() if m["k"] == "call"}
    second = host.send({"k": "result", "re": calls["[2]"]["n"], "value": '"two"'})
    assert [(m["k"], m.get("key"), m.get("text")) for m in second] == [
        ("log", "do:ask 2-1", "has 2"), ("finish", "do:ask 2-1", None)
    ]  # fmt: skip
    first = host.send({"k": "result", "re": calls["[1]"]["n"], "value": '"one"'})
    host.answer(second + first)
    assert host.output == ["one", "two"]


def test_answers_of_a_replay_reach_blocking_code_in_their_order() -> None:
    """What follows an answer is done before the next answer is given, as it was when they came one by one."""
    files = source("""
        seen = []
        async def waits(name):
            await step.do(name)(lambda: name)()
            seen.append((await step.do("next")(lambda: name)()))
        def blocks(name):
            run_sync(step.do(name)(lambda: name)())
            seen.append(run_sync(step.do("next")(lambda: name)()))
        async def blocking(name):
            blocks(name)
        await asyncio.gather(blocking("a"), waits("b"))
        return seen
    """)
    live = Blocked()
    live.load(files)
    said = live.start()
    finished = {m["key"]: m for m in said if m["k"] == "finish"}
    more = live.send(*live._finish(finished["do:a-1"]))
    more += live.send(*live._finish(finished["do:b-1"]))
    assert [m["value"] for m in more if m["k"] == "finish"] == ['"a"', '"b"']
    live.answer([m for m in more if m["k"] == "finish"])
    again = Blocked()
    again.memo = {key: entry for key, entry in live.memo.items() if "next" not in key}
    again.order = live.order
    again.play(files)
    assert live.output == again.output == ["a", "b"]


def test_who_is_abandoned_while_it_stands_still_goes_no_further_and_is_not_heard() -> None:
    host = Blocked()
    host.load(
        source("""
        @step.do("slow", config={"retries": {"limit": 1, "delay": 0}})
        def slow(ctx):
            try:
                return run_sync(asyncio.sleep(3600)) or ctx["attempt"]
            finally:
                print("left")
        try:
            return run_sync(slow())
        except Exception:
            return "caught"
        """)
    )
    host.start()
    assert len(host.guest.blocking._still) == 2
    again = host.send(
        {"k": "settle", "run": 1, "key": "do:slow-1", "retry": 1},
        {"k": "attempt", "run": 1, "key": "do:slow-1", "attempt": 2},
    )
    assert kinds(again) == ["start"]
    assert len(host.guest.blocking._still) == 2
    assert host.send({"k": "drop", "run": 1}) == []
    assert not host.guest.blocking._still
    assert not host.guest.blocking.due


def test_a_run_that_goes_on_in_this_moment_is_not_parked() -> None:
    host = Blocked()
    host.load(source("return run_sync(self.env.WORLD.ask())"))
    call = only(host.start(), "call")
    said = host.send({"k": "result", "re": call["n"], "value": "7"}, {"k": "park", "run": 1})
    assert kinds(said) == ["returned"]
    asleep = Blocked()
    asleep.load(source("run_sync(step.sleep('nap', 1000))"))
    asleep.start()
    assert kinds(asleep.send({"k": "park", "run": 1})) == ["parked"]
    assert not asleep.guest.blocking._still


def test_where_a_stack_cannot_stand_still_the_error_says_to_await() -> None:
    host = Blocked()
    host.threads.able = False
    host.play(source("return run_sync(self.env.WORLD.ask())"))
    assert host.error is not None
    assert "can wait inside a run, a step or a request, not here. Make" in host.error["message"]


def test_too_many_who_stand_still_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dynamic_workflows.guest.blocking.BLOCKED_MAX", 3)
    host = Blocked()
    host.load(
        source("""
        async def block(n):
            return run_sync(self.env.WORLD.ask(n))["id"]
        got = await asyncio.gather(*(block(n) for n in range(5)), return_exceptions=True)
        return [str(one) for one in got]
        """)
    )
    host.answer(host.start())
    assert host.output[:3] == ["ask-1", "ask-2", "ask-3"]
    assert [text.partition(".")[0] for text in host.output[3:]] == [
        "More than 3 calls of run_sync() wait in this sandbox"
    ] * 2


def test_while_code_loads_nothing_can_wait() -> None:
    host = Blocked()
    answer = host.load({"flow.py": FROM + "import asyncio\nrun_sync(asyncio.sleep(1))"})
    assert "can wait inside a run, a step or a request, not here" in answer["error"]["message"]


def test_a_host_that_cannot_says_so() -> None:
    host = Host()
    host.play(source("assert not can_run_sync()\nreturn run_sync(self.env.WORLD.ask())"))
    assert host.error is not None
    assert host.error["message"] == (
        "run_sync() cannot wait here: this sandbox has no way to let Python stand still (JSPI). "
        "Make the function async def, and await."
    )
