"""Exercises what a tenant's first run takes, before there is a tenant, and leaves no trace of it."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from dynamic_workflows.shared.protocol import encode_frame
from dynamic_workflows.shared.values import encode

from .worker import Guest

_FILES = {
    "warm.py": """
from __future__ import annotations
import asyncio, dataclasses, datetime, json, logging, typing
from dataclasses import dataclass, field
import warm_part
from workers import Response, WorkerEntrypoint, WorkflowEntrypoint
from workers.workflows import NonRetryableError

@dataclass
class Order:
    item: str
    parts: list[str] = field(default_factory=list)

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        order = Order(event["payload"]["item"], ["a"])
        print(order)

        @step.do("call", config={"retries": {"limit": 1, "delay": "1 second"}, "timeout": "1 minute"})
        async def call():
            return await self.env.WORLD.reserve(order.item, key=event["instanceId"])

        @step.do("fail")
        def fail(ctx, call):
            raise NonRetryableError(ctx["step"]["name"])

        await asyncio.gather(call(), step.sleep("nap", "1 day"))
        try:
            await fail()
        except NonRetryableError as error:
            logging.warning("%s", error)
        await step.wait_for_event("answer", "go", timeout="1 day")
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
        return dataclasses.asdict(order) | {"at": event.timestamp}
""",
    "warm_part.py": "VALUE = 1\n",
    "broken.py": "def broken()\n",
}


def warmup(rounds: int = 3) -> None:
    """Load and run a small workflow a few times in a guest of its own, and fail to load another."""
    for _ in range(rounds):
        _round("warm.py")
    _round("broken.py")


def _round(main: str) -> None:
    posted: list[dict[str, Any]] = []

    def post(text: str) -> None:
        posted.extend(json.loads(text)["m"])

    guest = Guest(post=post, arm=lambda delay: None, elapsed=lambda: 0)
    event = encode({"payload": {"item": "lamp"}, "timestamp": None, "instanceId": "i", "workflowName": "w"})
    load = {"k": "load", "n": 1, "id": "warm", "main": main, "modules": _FILES, "env": {"WORLD": {"kind": "service"}}}
    run = {"k": "run", "run": 1, "entrypoint": "Flow", "event": event, "effects": "mediated", "limits": {"steps": 9}}
    orders = count(1)
    replies: list[dict[str, Any]] = [load, {"k": "memo", "run": 1, "entries": [], "last": True}, run]
    while replies:
        posted.clear()
        guest.receive(encode_frame(replies))
        guest.turn()
        replies = [reply for message in posted if (reply := _reply(message, orders))]
    guest.close()


def _reply(message: dict[str, Any], orders: count[int]) -> dict[str, Any] | None:
    kind = message["k"]
    if kind == "call":
        return {"k": "result", "re": message["n"], "value": '{"id":"r-1"}'}
    if kind not in ("finish", "sleep", "wait"):
        return None
    settle = {"k": "settle", "run": message["run"], "key": message["key"], "order": next(orders)}
    return settle | ({"error": message["error"]} if "error" in message else {})
