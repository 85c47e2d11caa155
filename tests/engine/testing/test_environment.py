"""The test engine: its time moves when it may, and only then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dynamic_workflows.host.dispatcher import Dispatching
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import WorkflowError
from dynamic_workflows.testing import introspect_workflow_instance, open_engine

MONTH = 30 * 86_400_000


class Sleeper(WorkflowEntrypoint):
    """Sleeps for a month, unless it is woken."""

    async def run(self, event: Any, step: Any) -> Any:
        await step.sleep("month", "30 days")
        return "rested"


class Waiter(WorkflowEntrypoint):
    """Waits for an event for a day."""

    async def run(self, event: Any, step: Any) -> Any:
        return (await step.wait_for_event("news", "news", timeout="1 day"))["payload"]


async def test_time_moves_by_itself_only_while_the_test_waits() -> None:
    async with open_engine() as engine:
        sleepers = engine.bind("sleeper", Sleeper)
        handle = await sleepers.create({"id": "a"})
        await engine.settle()
        began = engine.clock.now()
        assert (await handle.status())["status"] == "waiting"
        await introspect_workflow_instance(sleepers, "a").wait_for_status("complete")
        assert engine.clock.now() - began == MONTH, "to the moment it wakes, and no further"


async def test_an_event_sent_meanwhile_is_there_before_any_timeout() -> None:
    async with open_engine() as engine:
        waiters = engine.bind("waiter", Waiter)
        handle = await waiters.create({"id": "a"})
        await engine.settle()
        began = engine.clock.now()
        await handle.send_event({"type": "news", "payload": 1})
        await introspect_workflow_instance(waiters, "a").wait_for_status("complete")
        assert engine.clock.now() == began


async def test_without_auto_advance_a_wait_ends_when_the_test_moves_time() -> None:
    async with open_engine(auto_advance=False) as engine:
        sleepers = engine.bind("sleeper", Sleeper)
        await sleepers.create({"id": "a"})
        waiting = asyncio.ensure_future(introspect_workflow_instance(sleepers, "a").wait_for_status("complete"))
        await engine.advance("29 days")
        assert not waiting.done()
        await engine.advance("1 day")
        await waiting


async def test_several_may_wait_and_time_moves_once_for_all() -> None:
    async with open_engine() as engine:
        sleepers = engine.bind("sleeper", Sleeper)
        ids = ["a", "b", "c"]
        await sleepers.create_batch([{"id": id} for id in ids])
        began = engine.clock.now()
        await asyncio.gather(*(introspect_workflow_instance(sleepers, id).wait_for_status("complete") for id in ids))
        assert engine.clock.now() - began == MONTH


SOURCE = """
from workers import WorkflowEntrypoint
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("ask")
        async def ask():
            return await self.env.SLOW.ask()
        return await ask()
"""


async def test_time_stands_still_while_a_call_of_a_binding_is_in_progress() -> None:
    answers: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    class Slow:
        kind = "service"

        async def ask(self) -> str:
            return await answers

    async with open_engine() as engine:
        flows = engine.bind_source("flow", SOURCE, env={"SLOW": Slow()})
        await flows.create({"id": "a"})
        a = introspect_workflow_instance(flows, "a")
        waiting = asyncio.ensure_future(a.wait_for_status("complete"))
        await engine.settle()
        began = engine.clock.now()
        for _ in range(1_000):
            await asyncio.sleep(0)
        assert engine.clock.now() == began, "the step would time out otherwise"
        answers.set_result("here")
        await waiting
        assert (await a.get_output(), engine.clock.now()) == ("here", began)


async def test_a_wait_for_what_never_happens_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    class Forever(Dispatching):
        async def run(self, event: Any, step: Any) -> Any:
            await asyncio.Future()

    monkeypatch.setattr("dynamic_workflows.testing.environment.STILL", 20)
    async with open_engine() as engine:
        forever = engine.bind("forever", Forever)
        await engine.bind("waiter", Waiter).create()

        def again() -> None:
            engine.clock.call_later(1_000, again)

        again()
        await forever.create({"id": "a"})
        with pytest.raises(WorkflowError, match="nothing happens that would end this wait"):
            await introspect_workflow_instance(forever, "a").wait_for_status("complete")


async def test_ids_and_moments_are_the_same_every_time() -> None:
    async def once() -> Any:
        async with open_engine(seed=3) as engine:
            sleepers = engine.bind("sleeper", Sleeper)
            handle = await sleepers.create()
            await engine.advance("1 month")
            return handle.id, await handle.history()

    assert await once() == await once()


async def test_a_crash_keeps_what_is_stored_and_binds_the_same_workflows_again() -> None:
    async with open_engine() as engine:
        engine.bind("sleeper", Sleeper)
        engine.bind_source("flow", SOURCE.replace("await self.env.SLOW.ask()", "1"))
        await engine.workflow("sleeper").create({"id": "a"})
        await engine.settle()
        await engine.crash()
        await engine.workflow("flow").create({"id": "b"})
        await engine.advance("1 month")
        for name, id, output in (("sleeper", "a", "rested"), ("flow", "b", 1)):
            assert (await (await engine.workflow(name).get(id)).status())["output"] == output
