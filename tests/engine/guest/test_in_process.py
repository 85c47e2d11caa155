"""Guests in this process: frames cross on the host's loop, and a destroyed one is silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dynamic_workflows.in_process import InProcessSandboxes
from dynamic_workflows.shared.protocol import decode_frame, encode_frame
from tests.engine.guest.driver import Message, flow


class StillClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = 0
        self.calls: list[tuple[int, Callable[[], None]]] = []

    def now(self) -> int:
        return self.time

    def elapsed(self) -> int:
        return self.time

    def call_later(self, delay: int, callback: Callable[[], None]) -> Callable[[], None]:
        entry = (self.time + delay, callback)
        self.calls.append(entry)
        return lambda: self.calls.remove(entry)

    def advance(self, delay: int) -> None:
        self.time += delay
        for entry in [entry for entry in self.calls if entry[0] <= self.time]:
            self.calls.remove(entry)
            entry[1]()


class Ear:
    """Keeps what a guest says; checks that it is never called from within a call of ours."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.busy = False
        self.ends: list[str] = []

    def frame(self, text: str) -> None:
        assert not self.busy
        self.said += decode_frame(text).messages

    def closed(self, reason: str) -> None:
        self.ends.append(reason)

    def wrote(self, text: str) -> None:
        raise AssertionError(text)


async def quiet() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def load(body: str) -> str:
    message = {"k": "load", "n": 1, "id": "a/1", "main": "flow.py", "modules": flow(body), "env": {}}
    return encode_frame([message])


RUN = encode_frame(
    [{"k": "run", "run": 1, "entrypoint": "Flow", "event": "{}", "effects": "mediated", "limits": {"steps": 5}}]
)


async def test_frames_cross_one_callback_each() -> None:
    sandboxes, ear = InProcessSandboxes(StillClock()), Ear()
    sandbox = await sandboxes.open("a/1", ear)
    ear.busy = True
    sandbox.post(load("return await step.do('a')(lambda: asyncio.current_task() is not None)()"))
    sandbox.post(RUN)
    ear.busy = False
    assert ear.said == []
    await quiet()
    assert [message["k"] for message in ear.said] == ["loaded", "start", "finish"]
    sandbox.post(encode_frame([{"k": "settle", "run": 1, "key": "do:a-1", "order": 1}]))
    await quiet()
    assert ear.said[-1] == {"k": "returned", "run": 1, "value": "true"}
    await sandboxes.close()


async def test_timers_follow_the_clock_even_when_it_is_moved_inside_a_task() -> None:
    clock, ear = StillClock(), Ear()
    sandboxes = InProcessSandboxes(clock, effects="mediated", capacity=2)
    assert (sandboxes.effects, sandboxes.capacity) == ("mediated", 2)
    sandbox = await sandboxes.open("a/1", ear)
    sandbox.post(load("await asyncio.sleep(60)\nreturn 1"))
    sandbox.post(RUN)
    await quiet()
    clock.advance(59_999)
    await quiet()
    assert [message["k"] for message in ear.said] == ["loaded"]
    clock.advance(1)
    await quiet()
    assert ear.said[-1]["k"] == "returned"
    await sandboxes.close()


async def test_a_destroyed_sandbox_says_nothing_more() -> None:
    clock, ear = StillClock(), Ear()
    sandboxes = InProcessSandboxes(clock)
    sandbox = await sandboxes.open("a/1", ear)
    sandbox.post(load("try:\n    await asyncio.sleep(60)\nfinally:\n    print('bye')"))
    sandbox.post(RUN)
    await quiet()
    sandbox.post(encode_frame([{"k": "ping", "n": 1}]))
    sandbox.destroy()
    sandbox.destroy()
    sandbox.post(RUN)
    clock.advance(60_000)
    await quiet()
    assert [message["k"] for message in ear.said] == ["loaded"]
    assert ear.ends == []


async def test_close_destroys_all() -> None:
    sandboxes = InProcessSandboxes(StillClock())
    ears = [Ear(), Ear()]
    opened = [await sandboxes.open("a/1", ear) for ear in ears]
    await sandboxes.close()
    for sandbox in opened:
        sandbox.post(encode_frame([{"k": "ping", "n": 1}]))
    await quiet()
    assert [ear.said for ear in ears] == [[], []]
