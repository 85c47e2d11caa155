"""What a finished history must mean: the program run without the engine, and replayed by a fresh guest."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from dynamic_workflows.guest.worker import Guest
from dynamic_workflows.shared import values
from dynamic_workflows.shared.errors import exception_from, record_of
from dynamic_workflows.shared.protocol import decode_frame, encode_frame
from tests.simulation.facts import Facts, StepFacts
from tests.simulation.interpreter import Interpreter, Outside
from tests.simulation.program import Program
from tests.simulation.world import StepLoop

Sealed = dict[int, str]


class Oracle:
    """Stands where ``step`` stands: answers every key with what history says, in the order it was recorded."""

    def __init__(self, facts: Facts, sealed: Sealed, loop: StepLoop) -> None:
        self._facts, self._sealed, self._loop = facts, sealed, loop
        self._counts: dict[str, int] = {}
        self._due: list[tuple[int, int, asyncio.Future[Any], StepFacts]] = []
        self._ticks = itertools.count()

    def do(self, name: str, **given: Any) -> Callable[[Any], Callable[[], asyncio.Future[Any]]]:
        """Return a decorator whose result asks for the step."""
        return lambda function: lambda: self._ask("do", name)

    def sleep(self, name: str, duration: int) -> asyncio.Future[Any]:
        """Ask for a sleep."""
        return self._ask("sleep", name)

    def wait_for_event(self, name: str, type: str, *, timeout: int) -> asyncio.Future[Any]:
        """Ask for a wait."""
        return self._ask("wait", name)

    def _ask(self, kind: str, name: str) -> asyncio.Future[Any]:
        count = self._counts[f"{kind}:{name}"] = self._counts.get(f"{kind}:{name}", 0) + 1
        future: asyncio.Future[Any] = self._loop.create_future()
        step = self._facts.steps.get(f"{kind}:{name}-{count}")
        if step is not None and step.settled:
            heapq.heappush(self._due, (step.settled, next(self._ticks), future, step))
        return future

    def answer(self) -> bool:
        """Give the oldest answer somebody awaits; return whether there was one."""
        while self._due:
            _, _, future, step = heapq.heappop(self._due)
            if not future.done():
                if step.error is not None:
                    future.set_exception(exception_from(step.error))
                    future.exception()
                else:
                    text = step.value if step.value is not None else self._sealed[step.settled]
                    future.set_result(values.decode(text, attributes=True))
                return True
        return False


def outcome(program: Program, facts: Facts, sealed: Sealed) -> tuple[str, Any]:
    """Return what the program comes to: ``completed`` with its output's text, ``errored`` with name and message."""
    loop = StepLoop()
    oracle = Oracle(facts, sealed, loop)
    event = {"payload": {"program": program, "tenant": facts.tenant}, "instanceId": facts.id}
    task = loop.create_task(Interpreter(None, SimpleNamespace(OUT=Outside(lambda *call: None))).run(event, oracle))
    loop.drain()
    while not task.done() and oracle.answer():
        loop.drain()
    loop.kill()
    if not task.done():
        return "open", None
    error = task.exception()
    if error is None:
        return "completed", values.encode(task.result())
    record = record_of(error)
    return "errored", (record["name"], record["message"])


def memo_of(facts: Facts, sealed: Sealed) -> list[list[Any]]:
    """Return what a guest is told of a history before it runs."""
    entries: list[list[Any]] = []
    for key, step in facts.steps.items():
        if step.kind == "rollback":
            continue
        if step.error is not None:
            entries.append([key, step.settled, {"e": step.error}])
        elif step.settled:
            text = step.value if step.value is not None else sealed[step.settled]
            entries.append([key, step.settled, {"v": text}])
        elif step.kind == "do":
            entries.append([key, 0, {"a": step.attempt, "go": False, "c": step.written}])
    return entries


class Replay:
    """A guest that has never seen the instance, given its memo."""

    def __init__(self, code: type, params: str, facts: Facts, memo: list[list[Any]]) -> None:
        self.said: list[dict[str, Any]] = []
        self._armed = False
        guest = Guest(post=self._hear, arm=self._arm, elapsed=lambda: 0, trusted={"it": {code.__name__: code}})
        event = f'{{"payload":{params},"instanceId":{json.dumps(facts.id)}}}'
        guest.receive(
            encode_frame(
                [
                    {
                        "k": "load",
                        "n": 1,
                        "id": "it",
                        "main": "it.py",
                        "modules": {"it.py": ""},
                        "env": {"OUT": {"kind": "service"}},
                    }
                ]
            )
        )
        run = {"k": "run", "run": 1, "entrypoint": code.__name__, "event": event, "effects": "direct", "limits": {}}
        guest.receive(encode_frame([{"k": "memo", "run": 1, "entries": memo, "last": True}, run]))
        answered = 0
        while self._armed or answered < len(self.said):
            self._armed = False
            calls = [message["n"] for message in self.said[answered:] if message["k"] == "call"]
            answered = len(self.said)
            if calls:
                guest.receive(encode_frame([{"k": "result", "re": n, "value": '"pong"'} for n in calls]))
            guest.turn()
        guest.close()

    def _hear(self, text: str) -> None:
        self.said += decode_frame(text).messages

    def _arm(self, delay: int) -> None:
        self._armed = self._armed or delay <= 0

    @property
    def asked(self) -> set[str]:
        """The keys that its code asked the engine for before it ended: what comes after that is not heard."""
        ends = (n for n, message in enumerate(self.said) if message["k"] in ("returned", "raised"))
        heard = self.said[: next(ends, len(self.said))]
        return {message["key"] for message in heard if message["k"] in ("start", "sleep", "wait")}

    @property
    def outcome(self) -> tuple[str, Any]:
        """How it ended, as ``outcome`` says it."""
        for message in self.said:
            if message["k"] == "returned":
                return "completed", message["value"]
            if message["k"] == "raised":
                return "errored", (message["error"]["name"], message["error"]["message"])
        return "open", None
