"""Tenant code that the kernel's tests run."""

from __future__ import annotations

from typing import Any

ORDER = """
from workers import WorkflowEntrypoint

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        key = event["instanceId"]

        @step.do("reserve")
        async def reserve():
            return await self.env.WORLD.reserve("lamp", key=key)

        @step.do("charge")
        async def charge():
            return await self.env.WORLD.charge(40, key=key)

        await reserve()
        receipt = await charge()
        return receipt["id"]
"""

WAIT = """
from workers import WorkflowEntrypoint

class Wait(WorkflowEntrypoint):
    async def run(self, event, step):
        answer = await step.wait_for_event("approval", "approve", timeout="3 days")
        return answer["payload"]
"""

HANG = """
from workers import WorkflowEntrypoint

class Hang(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("spin", config={"retries": {"limit": 0, "delay": 0}})
        async def spin():
            while True:
                pass
        return await spin()
"""


def order(code: str = ORDER, tenant: str = "acme", **more: Any) -> dict[str, Any]:
    """Return the arguments of a `run` request."""
    return {"tenant": tenant, "files": {"main.py": code}, "main": "main.py", "payload": {}, **more}
