"""Park and drop: a run stops where it stands, and nothing it does on its way out shows."""

from __future__ import annotations

import gc

import pytest

from tests.engine.guest.driver import Message, Port, flow, kinds

LOUD = """
    async def noise(where):
        print(where)
        self.env.WORLD.noise(where)
        step.sleep(where, 5)
        await step.do(where)(lambda: print("ran"))()

    async def loud(where, waiting):
        try:
            await waiting
        except Exception:
            await noise(where + " except")
        except BaseException:
            await noise(where + " base")
        finally:
            try:
                await noise(where + " finally")
            except BaseException:
                await noise(where + " inner")

    async def numbers():
        try:
            yield 1
            await step.sleep("generator", 5)
            yield 2
        finally:
            await noise("generator")

    async def consume():
        async for number in numbers():
            pass

    async def stubborn():
        for _ in range(20):
            try:
                await asyncio.sleep(3600)
            except BaseException:
                print("stubborn")

    @step.do("a")
    async def a():
        await loud("callback", asyncio.Event().wait() if PARK else self.env.WORLD.never())

    kept = numbers()
    await kept.asend(None)
    tasks = [
        asyncio.create_task(loud("sleep", step.sleep("nap", 5))),
        asyncio.create_task(loud("wait", step.wait_for_event("event", "go"))),
        asyncio.create_task(loud("queue", asyncio.Queue().get())),
        asyncio.create_task(consume()),
    ]
    EXTRA
    async with asyncio.timeout(None):
        async with asyncio.TaskGroup() as group:
            group.create_task(loud("group", step.sleep("group", 5)))
            await loud("main", asyncio.gather(*tasks))
"""
DROPPED = LOUD.replace("PARK", "False").replace(
    "EXTRA", "tasks += [asyncio.create_task(a()), asyncio.create_task(stubborn())]"
)
PARKED = LOUD.replace("PARK", "True").replace("EXTRA", "")


def loaded(body: str) -> Port:
    host = Port()
    host.load(flow(body))
    return host


def silence(host: Port) -> None:
    before = len(host.frames)
    gc.collect()
    host.advance(10_000_000)
    for key in ("sleep:nap-1", "wait:event-1", "do:a-1", "sleep:group-1"):
        host.send({"k": "settle", "run": 1, "key": key, "order": 1, "value": "1"})
        host.send({"k": "attempt", "run": 1, "key": key, "attempt": 2})
    host.send({"k": "result", "re": 1, "value": "1"})
    gc.collect()
    host.advance(10_000_000)
    assert host.frames[before:] == []


@pytest.mark.filterwarnings("error")
def test_a_dropped_run_says_nothing_more() -> None:
    host = loaded(DROPPED)
    assert "call" in kinds(host.start())
    assert host.send({"k": "drop", "run": 1}) == []
    silence(host)


@pytest.mark.filterwarnings("error")
def test_a_parked_run_says_only_that() -> None:
    host = loaded(PARKED)
    assert sorted(kinds(host.start())) == ["sleep", "sleep", "sleep", "wait"]
    assert host.send({"k": "park", "run": 1}) == [{"k": "parked", "run": 1}]
    silence(host)


def test_parking_a_run_that_is_not_there_is_answered() -> None:
    host = loaded("return 1")
    assert host.send({"k": "park", "run": 9}) == [{"k": "parked", "run": 9}]
    assert host.send({"k": "drop", "run": 9}) == []


def test_messages_for_a_run_that_is_gone_are_ignored() -> None:
    host = loaded("await step.sleep('a', 5)")
    host.start()
    host.send({"k": "drop", "run": 1})
    messages: list[Message] = [
        {"k": "settle", "run": 1, "key": "sleep:a-1", "order": 1},
        {"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 1},
        {"k": "refused", "run": 1, "key": "do:a-1", "error": {"name": "X", "message": "x"}},
        {"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 1},
        {"k": "drop", "run": 1},
    ]
    assert host.send(*messages) == []


def test_other_runs_of_the_worker_go_on() -> None:
    host = loaded("await step.sleep('a', 5)\nawait asyncio.sleep(1)\nreturn event.payload")
    host.start(1, run=1)
    host.start(2, run=2)
    host.send({"k": "drop", "run": 1})
    assert host.send({"k": "settle", "run": 2, "key": "sleep:a-1", "order": 1}) == []
    assert [(m["run"], m["value"]) for m in host.advance(1_000)] == [(2, "2")]


def test_the_same_instance_may_come_back_under_another_activation() -> None:
    host = loaded("await step.sleep('a', 5)\nreturn 1")
    host.start(run=1)
    host.send({"k": "park", "run": 1})
    assert kinds(host.start(run=2, memo=[["sleep:a-1", 4, {"v": "null"}]])) == ["returned"]


def test_a_run_that_ended_leaves_no_code_behind() -> None:
    host = loaded("""
        async def tick():
            try:
                while True:
                    await asyncio.sleep(1)
                    print("tick")
            finally:
                print("stopped")
        asyncio.create_task(tick())
        pending = step.do("a")(lambda: self.env.WORLD.never())
        asyncio.create_task(pending())
        await step.sleep("nap", 5)
        return 1
    """)
    host.start()
    assert [m.get("text") for m in host.advance(1_000)] == ["tick"]
    assert kinds(host.send({"k": "settle", "run": 1, "key": "sleep:nap-1", "order": 1})) == ["returned"]
    assert host.advance(5_000) == []
    assert host.send({"k": "result", "re": 1, "value": "1"}) == []


@pytest.mark.parametrize(
    "busy",
    [
        "await step.do('a')(lambda: asyncio.sleep(1))()",
        "await asyncio.gather(step.sleep('a', 5), asyncio.sleep(1))",
        "await asyncio.gather(step.sleep('a', 5), self.env.WORLD.slow())",
    ],
)
def test_a_run_with_work_of_its_own_is_not_parked(busy: str) -> None:
    host = loaded(busy)
    host.start()
    assert host.send({"k": "park", "run": 1}) == []


SHARED = """
    seen = globals().setdefault("seen", [])
    async def numbers():
        try:
            yield 1
            yield 2
        finally:
            print("closed by", event.payload)
            seen.append("closed")
    if event.payload == 1:
        generator = numbers()
        await generator.asend(None)
        seen.append(generator)
        asyncio.get_running_loop().call_later(1, seen.append, "late")
        asyncio.get_running_loop().call_soon(seen.append, "soon")
        await step.sleep("nap", 5)
    else:
        await asyncio.sleep(2)
        kept = [item for item in seen if isinstance(item, str)]
        seen.clear()
        generator = None
        await asyncio.sleep(1)
        return kept
"""


def test_neither_timers_nor_generators_of_a_dropped_run_come_back_in_another_run() -> None:
    host = loaded(SHARED)
    host.start(1, run=1)
    host.send({"k": "drop", "run": 1})
    host.start(2, run=2)
    said = host.advance(5_000)
    assert kinds(said) == ["returned"]
    assert said[0]["value"] == '["soon","closed"]'


def test_a_generator_that_live_code_lets_go_of_is_closed() -> None:
    host = loaded("""
        async def numbers():
            try:
                yield 1
            finally:
                await asyncio.sleep(0)
                print("closed")
        async for _ in numbers():
            break
        gone = None
        await asyncio.sleep(1)
    """)
    host.start()
    gc.collect()
    assert "closed" in [message.get("text") for message in [*host.said, *host.advance(1_000)]]


def test_a_run_that_reads_a_stream_is_not_parked() -> None:
    port = Port()
    port.load(flow("stream = await step.do('a')(lambda: None)()\nprint(len(await stream.read()))"))
    text = '{"$":"stream","v":{"size":2,"chunks":1,"preview":"hi"}}'
    assert kinds(port.start(memo=[["do:a-1", 3, {"v": text}]])) == ["get"]
    assert port.send({"k": "park", "run": 1}) == []
    said = port.send({"k": "value", "run": 1, "key": "do:a-1", "chunk": 0, "bytes": "aGk="})
    assert kinds(said) == ["log", "returned"]
