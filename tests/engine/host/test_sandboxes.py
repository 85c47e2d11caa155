"""Runs whose sandbox cannot be had: they wait for one, and history never hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable

from dynamic_workflows.host.protocols import Listener
from dynamic_workflows.in_process import InProcessSandbox, InProcessSandboxes
from dynamic_workflows.shared.errors import SandboxUnavailable
from tests.engine.host.harness import SECOND, House, flow

Make = Callable[..., House]


class Scarce(InProcessSandboxes):
    """Sandboxes of which none can be started for a while."""

    missing = 0

    async def open(self, loader_id: str, listener: Listener) -> InProcessSandbox:
        if self.missing > 0:
            self.missing -= 1
            raise SandboxUnavailable("no process could be started")
        return await super().open(loader_id, listener)


async def test_a_run_waits_for_a_sandbox_that_cannot_be_had_and_then_goes_on(house: Make) -> None:
    async with house() as h:
        scarce = Scarce(h.clock)
        h.engine.workers.sandboxes = scarce
        run = await h.run(flow('await step.sleep("nap", "1 minute")\nreturn 1'))
        for worker in h.engine.workers:
            worker.destroy("evicted")
        scarce.missing = 3
        await h.advance(60 * SECOND)
        assert (await h.status(run))["status"] == "running"
        await h.advance(2 * SECOND)
        assert (await h.status(run))["status"] == "running"
        await h.advance(SECOND)
        assert json.loads((await h.status(run))["output"]) == 1
        assert not [kind for kind in await h.kinds(run) if "failed" in kind]


async def test_a_rollback_waits_for_a_sandbox_too_and_asks_once_a_second(house: Make) -> None:
    async with house() as h:
        scarce = Scarce(h.clock)
        h.engine.workers.sandboxes = scarce
        run = await h.run(
            flow(
                """
                await step.do("a", rollback=lambda: None)(lambda: 1)()
                await step.sleep("nap", "1 minute")
                """
            )
        )
        for worker in h.engine.workers:
            worker.destroy("evicted")
        await h.settle()
        for worker in h.engine.workers:
            worker.destroy("evicted")
        scarce.missing = 3
        await h.ask("terminate", **run, rollback=True)
        await h.settle()
        assert scarce.missing == 2
        await h.advance(2 * SECOND)
        assert (scarce.missing, (await h.status(run))["status"]) == (0, "running")
        await h.advance(SECOND)
        status = await h.status(run)
        assert (status["status"], status["rollback"]["outcome"]) == ("terminated", "complete")
