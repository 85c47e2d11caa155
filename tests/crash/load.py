"""What the tenants of a storm run, and what has to come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

TENANTS = ("acme", "globex", "initech", "umbrella")

# Parallel steps with and without keys, failures and retries, a sleep, events in order, and on wish a rollback.
# Each tenant has other code under the same name: ``{tenant}`` is part of what it says to the outside.
SOURCE = """
import asyncio
from workers import WorkflowEntrypoint
from workers.workflows import NonRetryableError

RETRIES = {{"retries": {{"limit": 4, "delay": 40, "backoff": "constant"}}}}

class Storm(WorkflowEntrypoint):
    async def run(self, event, step):
        world, me, plan = self.env.WORLD, event["instanceId"], event["payload"]

        async def keyed(n):
            @step.do(f"keyed {{n}}", config=RETRIES)
            async def call():
                return (await world.keyed(n, "{tenant}", key=f"{{me}} {{n}}", fail_first=n % 2))["id"]
            return await call()

        async def plain(n):
            @step.do(f"plain {{n}}", config=RETRIES)
            async def call():
                return (await world.plain(n, "{tenant}"))["id"]
            return await call()

        done = await asyncio.gather(*map(keyed, range(plan["keyed"])), *map(plain, range(plan["plain"])))
        await step.sleep("nap", plan["nap"])
        heard = []
        for n in range(plan["events"]):
            heard.append((await step.wait_for_event(f"event {{n}}", "go", timeout="1 hour"))["payload"]["number"])
        if plan["undo"]:
            async def undo(ctx):
                await world.undone("{tenant}", key=f"{{me}} undo")

            @step.do("undoable", rollback=undo)
            async def undoable():
                return (await world.made("{tenant}", key=f"{{me}} make"))["id"]
            await undoable()
            raise NonRetryableError("as planned")
        return {{"steps": len(done), "heard": heard}}
"""


@dataclass(slots=True)
class Run:
    """One instance of a storm and what clients know of it."""

    tenant: str
    id: str
    plan: dict[str, Any]
    created: bool = False  # somebody was told so
    refused: bool = False  # somebody was told that it was not
    sent: set[int] = field(default_factory=set)  # numbers of events that were sent
    accepted: set[int] = field(default_factory=set)  # and of those that somebody was told of

    @property
    def address(self) -> dict[str, str]:
        """How requests name it."""
        return {"tenant": self.tenant, "workflow": "storm", "id": self.id}

    @property
    def order(self) -> dict[str, Any]:
        """The arguments of the request that creates it."""
        files = {"storm.py": SOURCE.format(tenant=self.tenant)}
        return {"tenant": self.tenant, "files": files, "main": "storm.py", "id": self.id, "payload": self.plan}

    def event(self, number: int) -> dict[str, Any]:
        """The arguments of the request that sends it an event."""
        to = [self.address[name] for name in ("workflow", "tenant", "id")]
        return {**self.address, "type": "go", "payload": {"number": number, "to": to}}


def draw(dice: random.Random, id: str) -> Run:
    """Return a run with a plan of its own."""
    plan = {
        "keyed": dice.randrange(1, 4), "plain": dice.randrange(1, 3), "nap": dice.choice((1, 150, 900)),
        "events": dice.randrange(3), "undo": dice.random() < 0.25,
    }  # fmt: skip
    return Run(dice.choice(TENANTS), id, plan)
