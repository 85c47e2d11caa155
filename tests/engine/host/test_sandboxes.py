"""Runs whose sandbox cannot be had: they wait for one, and history never hears of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

import pytest

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


class Fragile(InProcessSandboxes):
    """Sandboxes of which some end while they load their code."""

    lost = 0

    async def open(self, loader_id: str, listener: Listener) -> InProcessSandbox:
        sandbox = await super().open(loader_id, listener)
        if self.lost > 0:
            self.lost -= 1
            sandbox.destroy()
            asyncio.get_running_loop().call_soon(listener.closed, "crashed")
        return sandbox


async def test_a_sandbox_that_is_lost_while_it_loads_is_not_its_runs_fault(house: Make) -> None:
    async with house() as h:
        h.engine.workers.sandboxes = fragile = Fragile(h.clock)
        run = await h.run(flow('await step.sleep("nap", "1 minute")\nreturn 1'))
        for worker in h.engine.workers:
            worker.destroy("evicted")
        fragile.lost = 3
        await h.advance(60 * SECOND)
        assert (await h.status(run))["status"] == "running"
        await h.advance(3 * SECOND)
        assert json.loads((await h.status(run))["output"]) == 1


async def test_code_that_ends_every_sandbox_it_is_loaded_into_ends_its_runs(house: Make) -> None:
    async with house() as h:
        h.engine.workers.sandboxes = fragile = Fragile(h.clock)
        run = await h.run(flow('await step.sleep("nap", "1 minute")\nreturn 1'))
        for worker in h.engine.workers:
            worker.destroy("evicted")
        fragile.lost = 1_000
        await h.advance(60 * SECOND + 30 * SECOND)
        status = await h.status(run)
        assert status["status"] == "errored"
        assert status["error"]["message"].endswith(" ended: crashed.")
        assert fragile.lost == 980


@pytest.mark.parametrize("undoing", [False, True])
async def test_a_retry_survives_a_clock_that_is_set_back_while_its_run_waits_for_a_sandbox(
    house: Make, undoing: bool
) -> None:
    async with house() as h:
        h.engine.workers.sandboxes = scarce = Scarce(h.clock)
        flaky = 'lambda: self.env.WORLD.call(key="one", fail_first=1)'
        config = '{"retries": {"limit": 1, "delay": 60_000}}'
        failing = f'step.do("a", rollback={flaky}, rollback_config={config})(lambda: 1)()\nraise ValueError("no")'
        run = await h.run(
            flow(f"await {failing}" if undoing else f'return await step.do("a", config={config})({flaky})()')
        )
        scarce.missing = 1_000
        for worker in h.engine.workers:
            worker.destroy("evicted")
        await h.advance(60 * SECOND)  # the retry is due, and there is no sandbox
        h.clock.set_wall(h.clock.now() - 10 * SECOND)
        scarce.missing = 0
        await h.advance(5 * SECOND)
        assert (await h.ledger())["call"] == (1, 0)
        await h.advance(6 * SECOND)
        assert (await h.status(run))["status"] == ("errored" if undoing else "complete")
        assert (await h.ledger())["call"] == (2, 1)
