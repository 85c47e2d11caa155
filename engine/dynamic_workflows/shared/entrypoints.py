"""The classes tenants and hosts derive from."""

from __future__ import annotations

from typing import Any

OUTBOUND = ":outbound"  # the name under which the gateway of ``fetch`` stands among the bindings


class WorkflowEntrypoint:
    """The base of a workflow: ``run`` is replayed from the top, finished steps answer from history."""

    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.env = env

    async def run(self, event: Any, step: Any) -> Any:
        """Run one instance; what it returns is the instance's output."""
        raise TypeError(f"{type(self).__name__} has no run method: define async def run(self, event, step).")


class WorkerEntrypoint:
    """The base of a service: its public methods can be called through a binding."""

    def __init__(self, ctx: Any, env: Any) -> None:
        self.ctx = ctx
        self.env = env
