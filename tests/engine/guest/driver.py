"""The protocol's other end for tests of the guest: a host that keeps history in a dict."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from textwrap import dedent
from typing import Any

from dynamic_workflows.guest.worker import Guest
from dynamic_workflows.shared.protocol import check_guest_message, check_host_message, encode_frame
from dynamic_workflows.shared.values import decode, encode

Message = dict[str, Any]

HEADER = """\
import asyncio
from workers import WorkflowEntrypoint, WorkerEntrypoint, Response
from workers.workflows import NonRetryableError

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
"""


def flow(body: str) -> dict[str, str]:
    """Return the files of a workflow whose ``run`` has this body."""
    return {"flow.py": HEADER + "".join(f"        {line}\n" for line in dedent(body).strip("\n").split("\n"))}


class Port:
    """One guest, its clock and everything it posted; every frame is checked against the protocol."""

    def __init__(self, trusted: Mapping[str, Mapping[str, type]] | None = None) -> None:
        self.now = 0
        self.frames: list[Message] = []
        self.said: list[Message] = []
        self._arms: list[int] = []
        self.guest = Guest(post=self._post, arm=self._arm, elapsed=lambda: self.now, trusted=trusted)

    def _post(self, text: str) -> None:
        frame = json.loads(text)
        for message in frame["m"]:
            check_guest_message(message)
        self.frames.append(frame)
        self.said += frame["m"]

    def _arm(self, delay: int) -> None:
        heapq.heappush(self._arms, self.now + delay)

    def send(self, *messages: Message) -> list[Message]:
        """Post one frame and return what the guest says to it."""
        for message in messages:
            check_host_message(message)
        before = len(self.said)
        self.guest.receive(encode_frame(messages))
        self.settle_down()
        return self.said[before:]

    def settle_down(self, most: int = 1_000) -> None:
        """Run the turns the guest asked for now."""
        while self._arms and self._arms[0] <= self.now and most:
            heapq.heappop(self._arms)
            self.guest.turn()
            most -= 1

    def advance(self, milliseconds: int) -> list[Message]:
        """Let time pass and run the turns that become due."""
        before, until = len(self.said), self.now + milliseconds
        while self._arms and self._arms[0] <= until:
            self.now = max(self.now, self._arms[0])
            self.settle_down()
        self.now = until
        return self.said[before:]

    def load(
        self, files: Mapping[str, str], main: str = "flow.py", env: Mapping[str, Any] | None = None, id: str = "acme/1"
    ) -> Message:
        """Load code and return the guest's answer."""
        bindings = env if env is not None else {"WORLD": {"kind": "service"}, "FLOWS": {"kind": "workflow"}}
        [answer] = [
            message
            for message in self.send(
                {"k": "load", "n": 1, "id": id, "main": main, "modules": dict(files), "env": dict(bindings)}
            )
            if message["k"] == "loaded"
        ]
        return answer

    def start(
        self,
        payload: Any = None,
        *,
        run: int = 1,
        memo: list[list[Any]] | None = None,
        effects: str = "mediated",
        entrypoint: str = "Flow",
        steps: int = 10_000,
        mode: str = "run",
    ) -> list[Message]:
        """Start an activation with a memo and return what the guest says."""
        event = {"payload": payload, "timestamp": datetime(2026, 11, 21, 9, 30), "instanceId": "i-1"}
        return self.send(
            {"k": "memo", "run": run, "entries": memo or [], "last": True},
            {
                "k": "run",
                "run": run,
                "entrypoint": entrypoint,
                "event": encode({**event, "workflowName": "flow"}),
                "effects": effects,
                "limits": {"steps": steps},
                "mode": mode,
            },
        )


class Host(Port):
    """Answers the guest as an engine would: settles in order, retries, and keeps a memo to replay."""

    def __init__(self, world: Callable[[Message], Any] | None = None) -> None:
        super().__init__()
        self.order = 0
        self.memo: dict[str, list[Any]] = {}
        self.world = world or (lambda call: {"id": f"{call['method']}-{call['n']}"})
        self.output: Any = None
        self.error: Message | None = None
        self.fatal: Message | None = None
        self.retries = 0

    def play(self, files: Mapping[str, str], payload: Any = None, **options: Any) -> Any:
        """Load, run to the end, and return the output; an error is kept in ``error``."""
        answer = self.load(files)
        assert "error" not in answer, answer
        self.answer(self.start(payload, memo=list(self.memo.values()), **options))
        return self.output

    def replay(self, files: Mapping[str, str], payload: Any = None, *, upto: int | None = None) -> Host:
        """Run the same history, or its first settlements, on a fresh guest."""
        fresh = Host(self.world)
        fresh.memo = {k: entry for k, entry in self.memo.items() if upto is None or entry[1] <= upto}
        fresh.order = max((entry[1] for entry in fresh.memo.values()), default=0)
        fresh.play(files, payload)
        return fresh

    def answer(self, messages: list[Message]) -> None:
        """Answer messages, and what the guest says to the answers, until it is quiet."""
        while messages:
            replies = [reply for message in messages for reply in self._reply(message)]
            messages = self.send(*replies) if replies else []

    def settled(self, message: Message, outcome: Message) -> Message:
        self.order += 1
        key, run = message["key"], message["run"]
        self.memo[key] = [key, self.order, outcome]
        said = {"value": outcome["v"]} if "v" in outcome else {"error": outcome["e"]}
        return {"k": "settle", "run": run, "key": key, "order": self.order, **said}

    def _reply(self, message: Message) -> list[Message]:
        kind = message["k"]
        if kind == "finish":
            return self._finish(message)
        if kind == "sleep":
            return [self.settled(message, {"v": "null"})]
        if kind == "call":
            answer = self.world(message)
            said = {"error": answer["$error"]} if isinstance(answer, dict) and "$error" in answer else None
            return [{"k": "result", "re": message["n"], **(said or {"value": encode(answer)})}]
        if kind == "returned":
            self.output = decode(message["value"])
        elif kind == "raised":
            self.error = message["error"]
        return []

    def _finish(self, message: Message) -> list[Message]:
        run, key, attempt = message["run"], message["key"], message["attempt"]
        if "fatal" in message:
            self.fatal = message["fatal"]
            return [{"k": "drop", "run": run}]
        if "value" in message:
            settle = self.settled(message, {"v": message["value"]})
            del settle["value"]  # the guest knows it
            return [settle]
        if attempt <= self.retries and not message["error"].get("final"):
            return [
                {"k": "settle", "run": run, "key": key, "retry": attempt},
                {"k": "attempt", "run": run, "key": key, "attempt": attempt + 1},
            ]
        return [self.settled(message, {"e": message["error"]})]


def kinds(messages: list[Message]) -> list[str]:
    """Return the kinds of messages."""
    return [message["k"] for message in messages]


def only(messages: list[Message], kind: str) -> Message:
    """Return the only message of a kind."""
    [found] = [message for message in messages if message["k"] == kind]
    return found
