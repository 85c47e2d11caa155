"""The engine with workflows bound directly: bindings, ids, batches and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.binding import WorkflowInstance
from dynamic_workflows.host.clocks import SeededEntropy, TestClock, passes
from dynamic_workflows.host.engine import Engine
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.in_process import InProcessSandboxes
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import (
    InstanceAlreadyExists,
    InstanceNotFound,
    InvalidBatch,
    InvalidEventType,
    InvalidInstanceId,
    InvalidWorkflowName,
    NotSerialisable,
    PayloadTooLarge,
    UnknownWorkflow,
    WorkflowError,
)

Opened = Callable[[], Any]


class Echo(WorkflowEntrypoint):
    """Returns its payload."""

    async def run(self, event: Any, step: Any) -> Any:
        return event["payload"]


class Waiter(WorkflowEntrypoint):
    """Waits for one event."""

    async def run(self, event: Any, step: Any) -> Any:
        return (await step.wait_for_event("n", "n")).payload


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Return what opens an engine over this test's file."""

    @asynccontextmanager
    async def open_engine() -> AsyncIterator[Engine]:
        clock = TestClock()
        store = sqlite_store(str(tmp_path / "engine.sqlite"))
        async with Engine.open(
            store, clock=clock, entropy=SeededEntropy(), sandboxes=InProcessSandboxes(clock)
        ) as engine:
            yield engine

    return open_engine


async def ended(instance: WorkflowInstance) -> dict[str, Any]:
    """Return an instance's status once it has ended."""
    for _ in range(200):
        status = await instance.status()
        if status["status"] in ("complete", "errored", "terminated"):
            return status
        await passes(10)
    raise AssertionError("it never ended")


async def test_a_bound_class_runs_and_answers(opened: Opened) -> None:
    async with opened() as engine:
        echo = engine.bind("echo", Echo)
        instance = await echo.create({"id": "one", "params": {"deep": [1, None]}})
        assert instance.id == "one"
        assert await ended(instance) == {
            "status": "complete", "output": {"deep": [1, None]}, "error": None, "rollback": None,
        }  # fmt: skip
        assert (await echo.get("one")).id == "one"


async def test_ids_are_made_up_when_none_is_given_and_payload_is_an_empty_dict(opened: Opened) -> None:
    async with opened() as engine:
        echo = engine.bind("echo", Echo)
        one, two = await echo.create(), await echo.create({})
        assert one.id != two.id
        assert (await ended(one))["output"] == {}


async def test_an_id_that_is_taken_is_refused(opened: Opened) -> None:
    async with opened() as engine:
        echo = engine.bind("echo", Echo)
        await echo.create({"id": "one"})
        with pytest.raises(InstanceAlreadyExists, match=r"\(instance.already_exists\) Workflow instance with id"):
            await echo.create({"id": "one"})
        with pytest.raises(InstanceNotFound, match=r"\(instance.not_found\) Instance does not exist"):
            await echo.get("two")


@pytest.mark.parametrize("id", ["", "-a", "a b", "a" * 101, "a\n", "ü", 5])
async def test_ids_obey_their_rule(opened: Opened, id: Any) -> None:
    async with opened() as engine:
        echo = engine.bind("echo", Echo)
        with pytest.raises(InvalidInstanceId, match="Workflow instance has invalid id"):
            await echo.create({"id": id})


async def test_a_batch_is_all_or_nothing_when_an_id_is_bad(opened: Opened) -> None:
    async with opened() as engine:
        echo = engine.bind("echo", Echo)
        with pytest.raises(InvalidInstanceId):
            await echo.create_batch([{"id": "a"}, {"id": "b c"}])
        with pytest.raises(InstanceNotFound):
            await echo.get("a")
        await echo.create({"id": "b"})
        made = await echo.create_batch([{"id": "a"}, {"id": "b"}, {"id": "c"}])
        assert [instance.id for instance in made] == ["a", "c"]


@pytest.mark.parametrize(("batch", "text"), [([], "at least 1"), ([{}] * 101, "only supports 100"), ("ab", "a list")])
async def test_a_batch_has_1_to_100_items(opened: Opened, batch: Any, text: str) -> None:
    async with opened() as engine:
        with pytest.raises(InvalidBatch, match=text):
            await engine.bind("echo", Echo).create_batch(batch)


async def test_payloads_have_a_size_and_a_form(opened: Opened) -> None:
    async with opened() as engine:
        echo = engine.bind("echo", Echo)
        await echo.create({"params": "x" * ((1 << 20) - 2)})
        with pytest.raises(PayloadTooLarge, match="Maximum allowed size is 1MiB"):
            await echo.create({"params": "x" * (1 << 20)})
        with pytest.raises(NotSerialisable):
            await echo.create({"params": object()})
        with pytest.raises(WorkflowError, match="create has no option 'parms'"):
            await echo.create({"parms": 1})


async def test_event_types_obey_their_rule(opened: Opened) -> None:
    async with opened() as engine:
        instance = await engine.bind("waiter", Waiter).create()
        for type in ("", "a.b", "x" * 101, None):
            with pytest.raises(InvalidEventType, match="workflow.invalid_event_type"):
                await instance.send_event({"type": type})
        await instance.send_event({"type": "n", "payload": {"ok": True}})
        assert (await ended(instance))["output"] == {"ok": True}


async def test_names_and_limits_of_a_workflow_are_checked(opened: Opened) -> None:
    async with opened() as engine:
        with pytest.raises(InvalidWorkflowName):
            engine.bind("no good", Echo)
        with pytest.raises(WorkflowError, match=r"limits.steps is 0: give 1 to 25,000."):
            engine.bind("echo", Echo, limits={"steps": 0})


async def test_nothing_is_created_of_a_workflow_that_is_not_bound(opened: Opened) -> None:
    async with opened() as engine:
        for create in (engine.workflow("nobody").create, lambda: engine.workflow("nobody").create_batch([{}])):
            with pytest.raises(UnknownWorkflow, match=r'No workflow named "nobody" is bound'):
                await create()


async def test_the_step_limit_is_enforced(opened: Opened) -> None:
    class Many(WorkflowEntrypoint):
        async def run(self, event: Any, step: Any) -> Any:
            for _ in range(3):
                await step.do("again")(lambda: 1)()

    async with opened() as engine:
        status = await ended(await engine.bind("many", Many, limits={"steps": 2}).create())
        assert status["error"]["message"].startswith("The limit of 2 steps has been reached.")


async def test_instances_of_a_workflow_that_is_not_bound_wait_for_it(opened: Opened) -> None:
    async with opened() as engine:
        waiter = engine.bind("waiter", Waiter)
        await waiter.create({"id": "one"})
        await passes(200)
    async with opened() as engine:
        await passes(200)
        instance = await engine.workflow("waiter").get("one")
        await instance.send_event({"type": "n", "payload": 7})
        await passes(200)
        assert (await instance.status())["status"] != "complete"
        engine.bind("waiter", Waiter)
        assert (await ended(instance))["output"] == 7
