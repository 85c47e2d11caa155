"""Replay: any prefix of a history leads the same code to the same decisions."""

from __future__ import annotations

from typing import Any

import pytest

from dynamic_workflows.shared.values import encode
from tests.engine.guest.driver import Host, Message, Port, flow, kinds, only

# Each program ends with a list of what it saw, in the order it saw it; workers finish in the order of `finish`.
PROGRAMS = {
    "gather": """
        return await asyncio.gather(*map(part, "abcd"))
    """,
    "as_completed": """
        return [await item for item in asyncio.as_completed([part(name) for name in "abcd"])]
    """,
    "wait": """
        pending, seen = {asyncio.ensure_future(part(name)) for name in "abcd"}, []
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            seen.append(sorted(task.result() for task in done))
        return seen
    """,
    "race": """
        tasks = [asyncio.create_task(part(name)) for name in "abcd"]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        [winner] = done
        @step.do(f"after {winner.result()}")
        async def after(): return "after"
        return [winner.result(), await after(), *[await task for task in tasks]]
    """,
    "queue": """
        queue, seen = asyncio.Queue(), []
        async def worker(name):
            queue.put_nowait(await part(name))
        async with asyncio.TaskGroup() as group:
            for name in "abcd":
                group.create_task(worker(name))
            for _ in range(4):
                name = await queue.get()
                seen.append(name)
                await step.do(f"handle {name}")(lambda: name)()
        return seen
    """,
    "events and sleeps": """
        async def nap(name):
            await step.sleep(name, 1000)
            return name
        async def hear(name):
            await step.wait_for_event(name, "go")
            return name
        waits = [nap("a"), hear("b"), nap("c"), part("d")]
        return [await item for item in asyncio.as_completed(waits)]
    """,
    "errors": """
        async def safe(name):
            try:
                return await part(name, fail=name in "bc")
            except ValueError as error:
                return str(error)
        return [await item for item in asyncio.as_completed([safe(name) for name in "abcd"])]
    """,
}
HEAD = """
async def part(name, fail=False):
    @step.do(f"part {name}")
    async def work():
        await self.env.WORLD.work(name)
        if fail:
            raise ValueError(name)
        return name
    return await work()
"""
ORDERS = ["abcd", "dcba", "cadb"]


class Ordered(Host):
    """Settles what runs for "a", "b", "c" and "d" in a given order, one frame each."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted
        self.held: dict[str, Message] = {}

    def answer(self, messages: list[Message]) -> None:
        for message in messages:
            name = self._name(message)
            if name:
                self.held[name] = message
        rest = [message for message in messages if message not in self.held.values()]
        super().answer(rest)
        while self.held:
            name = next((name for name in self.wanted if name in self.held), None)
            assert name is not None
            message = self.held.pop(name)
            self.answer(self.send(self._result(message)))

    def _name(self, message: Message) -> str | None:
        if message["k"] == "call":
            return str(message["args"][2])
        return message["key"].split(":")[1][0] if message["k"] in ("sleep", "wait") else None

    def _result(self, message: Message) -> Message:
        if message["k"] == "call":
            return {"k": "result", "re": message["n"], "value": "1"}
        return self.settled(message, {"v": "null"})


def ordered(program: str, wanted: str, memo: dict[str, list[Any]] | None = None) -> Ordered:
    host = Ordered(wanted)
    host.memo = dict(memo or {})
    host.order = max((entry[1] for entry in host.memo.values()), default=0)
    host.play(flow(HEAD + "\n".join(line[8:] for line in PROGRAMS[program].split("\n"))))
    assert host.error is None, host.error
    return host


@pytest.mark.parametrize("wanted", ORDERS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_every_prefix_of_a_history_replays_to_the_same_decisions(program: str, wanted: str) -> None:
    original = ordered(program, wanted)
    assert original.output
    history = sorted(original.memo.values(), key=lambda entry: entry[1])
    for length in range(len(history) + 1):
        # the memo arrives in any order, and the rest settles as it did before
        again = ordered(program, wanted, {entry[0]: entry for entry in reversed(history[:length])})
        assert again.output == original.output
        assert set(again.memo) == set(original.memo)
    again = ordered(program, wanted[::-1], original.memo)
    assert again.output == original.output
    assert kinds(again.said) == ["loaded", "returned"]


@pytest.mark.parametrize("program", ["as_completed", "wait", "queue", "events and sleeps"])
def test_the_order_matters_to_these_programs(program: str) -> None:
    assert ordered(program, "abcd").output != ordered(program, "dcba").output


def test_answers_are_given_oldest_first_one_a_quiet_pass() -> None:
    host = Port()
    host.load(
        flow("""
        seen = []
        async def one(name):
            await step.do(name)(lambda: 0)()
            seen.append(name)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            seen.append(name.upper())
        await asyncio.gather(one("a"), one("b"), one("c"))
        return "".join(seen)
    """)
    )
    memo = [["do:a-1", 9, {"v": "0"}], ["do:b-1", 5, {"v": "0"}], ["do:c-1", 7, {"v": "0"}]]
    assert host.start(memo=memo)[-1]["value"] == '"bBcCaA"'


def test_two_settlements_in_one_frame_are_answered_in_order_too() -> None:
    host = Port()
    host.load(flow("return [await item for item in asyncio.as_completed([step.do(n)(lambda: n)() for n in 'ab'])]"))
    host.start()
    said = host.send(
        {"k": "settle", "run": 1, "key": "do:b-1", "order": 8, "value": '"b"'},
        {"k": "settle", "run": 1, "key": "do:a-1", "order": 6, "value": '"a"'},
    )
    assert said[-1]["value"] == '["a","b"]'


def test_finished_steps_do_not_run_and_say_nothing_again() -> None:
    host = Host()
    files = flow("""
        print("top")
        @step.do("a")
        async def a():
            print("in a")
            return await self.env.WORLD.charge()
        got = await a()
        print("between")
        await step.sleep("nap", 5)
        print("end")
        return got
    """)
    host.play(files)
    assert [message["text"] for message in host.said if message["k"] == "log"] == ["top", "in a", "between", "end"]
    again = host.replay(files)
    assert [message.get("text") for message in again.said] == [None, "end", None]
    assert again.output == host.output == {"id": "charge-1"}
    partial = host.replay(files, upto=1)
    assert [message["text"] for message in partial.said if message["k"] == "log"] == ["between", "end"]


def test_an_unsettled_step_goes_on_with_its_next_attempt() -> None:
    for go, expected in ((True, ["start", "finish"]), (False, [])):
        host = Port()
        host.load(flow("return await step.do('a')(lambda ctx: ctx['attempt'])()"))
        said = host.start(memo=[["do:a-1", 0, {"a": 2, "go": go}]])
        assert kinds(said) == expected
        if not go:
            said = host.send({"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 3})
        assert said[0] == {"k": "start", "run": 1, "key": "do:a-1", "name": "a", "attempt": 3, "config": None}
        assert said[1]["value"] == "3"


def test_the_engine_may_be_ahead_of_the_code() -> None:
    host = Port()
    host.load(
        flow("""
        await self.env.WORLD.wait()
        await step.sleep("nap", 5)
        return await step.do("a")(lambda ctx: ctx["attempt"])()
    """)
    )
    [call] = host.start(memo=[["do:a-1", 0, {"a": 1, "go": False}]])
    assert host.send({"k": "settle", "run": 1, "key": "sleep:nap-1", "order": 4}) == []
    assert host.send({"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2}) == []
    said = host.send({"k": "result", "re": call["n"], "value": "1"})
    assert [(message["k"], message["attempt"]) for message in said] == [("start", 2), ("finish", 2)]


def test_a_memo_in_several_parts() -> None:
    host = Port()
    host.load(flow("return [await step.do(n)(lambda: 0)() for n in 'ab']"))
    host.send({"k": "memo", "run": 1, "entries": [["do:a-1", 1, {"v": "1"}]], "last": False})
    said = host.start(memo=[["do:b-1", 2, {"v": "2"}]])
    assert said[-1]["value"] == "[1,2]"


def test_steps_that_vanished_from_the_code_are_never_asked_for() -> None:
    host = Port()
    host.load(flow("return 5"))
    assert kinds(host.start(memo=[["do:gone-1", 1, {"v": "1"}]])) == ["returned"]


def test_a_corrupt_stored_value_is_an_error_of_its_step() -> None:
    host = Port()
    host.load(flow("await step.do('a')(lambda: 0)()"))
    said = host.start(memo=[["do:a-1", 1, {"v": "{"}]])
    assert said[-1]["error"]["message"] == "Stored output for a-1 is corrupt or incomplete."


def test_a_loop_that_spins_on_a_stored_step_still_gets_its_answer() -> None:
    host = Port()
    host.load(
        flow("""
        task = asyncio.create_task(step.do("a")(lambda: 0)())
        while not task.done():
            await asyncio.sleep(0)
        return task.result()
    """)
    )
    assert host.start(memo=[["do:a-1", 1, {"v": "7"}]])[-1]["value"] == "7"


def test_a_thousand_steps_replay_in_one_go() -> None:
    host = Port()
    host.load(flow("return sum([await step.do('a')(lambda: 1)() for _ in range(1000)])"))
    memo = [[f"do:a-{i}", i, {"v": "1"}] for i in range(1, 1_001)]
    assert host.start(memo=memo)[-1]["value"] == "1000"


def test_a_long_value_of_the_memo_is_asked_for_by_name_and_holds_its_place_in_the_order() -> None:
    files = flow(
        """
        async def part(name):
            return await step.do(name)(lambda: None)()
        seen = []
        for done in asyncio.as_completed([part("long"), part("short"), part("unknown")]):
            seen.append(len(await done))
        return seen
        """
    )
    port = Port()
    port.load(files)
    memo = [["do:long-1", 5, {"r": 100_000}], ["do:short-1", 9, {"v": '"ab"'}]]
    said = port.start(memo=memo)
    assert only(said, "get") == {"k": "get", "run": 1, "key": "do:long-1"}
    assert not [m for m in said if m["k"] == "returned"]
    long = encode("x" * 100_000)
    assert port.send({"k": "park", "run": 1}) == [], "a run that waits for a value is not idle"
    said = port.send({"k": "value", "run": 1, "key": "do:long-1", "value": long})
    finish = {"k": "settle", "run": 1, "key": "do:unknown-1", "order": 10, "value": '"abc"'}
    assert only(port.send(finish), "returned")["value"] == "[100000,2,3]"
