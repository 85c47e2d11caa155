"""Every operation in every status, with its exact outcome or error (semantics C.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.binding import WorkflowInstance
from dynamic_workflows.host.engine import Limits
from tests.engine.host.harness import SECOND, House, flow

Make = Callable[..., House]

SOURCE = flow(
    """
    what = event["payload"]["end"]
    if what == "running":
        async def work():
            return (await self.env.WORLD.work())["id"]
        await step.do("work")(work)()
        await step.sleep("short", 100)
    if what in ("waiting", "paused", "running", "queued"):
        await step.sleep("nap", "1 minute")
    if what == "errored":
        raise ValueError("no")
    return what
    """
)
BLOCK = flow(
    """
    async def work():
        return (await self.env.WORLD.block())["id"]
    return await step.do("block")(work)()
    """
)
QUEUED, RUNNING, WAITING, PAUSING, PAUSED = "queued", "running", "waiting", "waitingForPause", "paused"
COMPLETE, ERRORED, TERMINATED = "complete", "errored", "terminated"
STATUSES = [QUEUED, RUNNING, WAITING, PAUSING, PAUSED, COMPLETE, ERRORED, TERMINATED]
FINITE = [COMPLETE, ERRORED, TERMINATED]


async def put(h: House, status: str) -> WorkflowInstance:
    """Return an instance in a status."""
    kind = {PAUSING: RUNNING, PAUSED: WAITING, TERMINATED: WAITING}.get(status, status)
    if status == QUEUED:
        await h.run(BLOCK, tenant="other")
        h.engine.scheduler._slots = 1
    run = await h.run(SOURCE, {"end": kind}, id="one")
    instance = h.engine.workflow(run["workflow"]).scoped("acme")
    handle = await instance.get("one")
    if status in (PAUSING, PAUSED):
        await handle.pause()
    if status == TERMINATED:
        await handle.terminate()
    await h.settle()
    assert (await handle.status())["status"] == status
    return handle


OPERATIONS: dict[str, Callable[[WorkflowInstance], Any]] = {
    "pause": lambda one: one.pause(),
    "resume": lambda one: one.resume(),
    "terminate": lambda one: one.terminate(),
    "terminate with rollback": lambda one: one.terminate({"rollback": True}),
    "restart": lambda one: one.restart(),
    "restart from a step": lambda one: one.restart({"from": {"name": "nap", "type": "sleep"}}),
    "restart from no step": lambda one: one.restart({"from": {"name": "nope"}}),
    "delete": lambda one: one.delete(),
    "send an event": lambda one: one.send_event({"type": "x", "payload": 1}),
    "create": lambda one: one._engine.workflow(one.workflow).scoped(one.tenant).create({"id": one.id}),
    "get": lambda one: one._engine.workflow(one.workflow).scoped(one.tenant).get(one.id),
}
GONE = "(instance.not_found) Instance does not exist"
FINAL = "(instance.cannot_terminate) Cannot terminate instance since its on a finite state"
NO_STEP = '(instance.cannot_restart) Step "%s" not found in execution history'
TAKEN = '(instance.already_exists) Workflow instance with id "one" already exists'


def unreachable(status: str) -> str:
    return f'(instance.finished) Workflow instance "one" is {status}; nothing can reach it any more'


# What follows at once: a status, or the text of an error. Where an operation is not named, the status stays.
OUTCOMES: dict[str, dict[str, str]] = {
    "pause": {RUNNING: PAUSING, WAITING: PAUSED},
    "resume": {PAUSING: RUNNING, PAUSED: WAITING},  # running is behind it: it sleeps on
    "terminate": {**dict.fromkeys(STATUSES, TERMINATED), **dict.fromkeys(FINITE, FINAL)},
    "terminate with rollback": {**dict.fromkeys(STATUSES, TERMINATED), **dict.fromkeys(FINITE, FINAL)},
    "restart": {PAUSING: RUNNING, PAUSED: WAITING, TERMINATED: WAITING},
    "restart from a step": {
        PAUSED: WAITING, TERMINATED: WAITING,
        **dict.fromkeys((QUEUED, RUNNING, PAUSING, COMPLETE, ERRORED), NO_STEP % "nap"),
    },
    "restart from no step": dict.fromkeys(STATUSES, NO_STEP % "nope"),
    "delete": dict.fromkeys(STATUSES, "gone"),
    "send an event": {status: unreachable(status) for status in FINITE},
    "create": dict.fromkeys(STATUSES, TAKEN),
    "get": {},
}  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", OPERATIONS)
async def test_each_operation_in_each_status(house: Make, operation: str, status: str) -> None:
    expected = OUTCOMES[operation].get(status, status)
    async with house(world_delay=10 * SECOND) as h:
        one = await put(h, status)
        before = len(await one.history())
        try:
            await OPERATIONS[operation](one)
            await h.settle()
            found = (await one.status())["status"]
        except Exception as error:
            found = "gone" if operation == "delete" and str(error) == GONE else str(error)
        assert found == expected
        if expected.startswith("(") or (expected == status and operation in ("pause", "resume", "get")):
            assert len(await one.history()) == before  # nothing has happened
            assert (await one.status())["status"] == status


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name != "create"])
async def test_each_operation_on_an_instance_that_is_not_there(house: Make, operation: str) -> None:
    async with house() as h:
        one = await put(h, COMPLETE)
        await one.delete()
        with pytest.raises(Exception, match="^") as raised:
            await OPERATIONS[operation](one)
        assert str(raised.value) == GONE


@pytest.mark.parametrize("status", [RUNNING, WAITING, PAUSING, PAUSED, COMPLETE, ERRORED, TERMINATED])
async def test_a_restart_goes_through_the_queue_with_the_same_id_and_params(house: Make, status: str) -> None:
    async with house(world_delay=10 * SECOND) as h:
        one = await put(h, status)
        h.engine.scheduler._slots = 0
        await one.restart()
        await h.settle()
        assert (await one.status())["status"] == QUEUED
        h.engine.scheduler._slots = 4
        h.engine.core.post(lambda tx: None)
        await h.advance(120 * SECOND)
        end = (await one.status())["status"]
        assert end == (ERRORED if status == ERRORED else COMPLETE)
        assert [row["kind"] for row in await one.history()][:2] == ["restarted", "started"]


async def test_the_shape_of_a_status(house: Make) -> None:
    async with house() as h:
        for end, output, error in (
            (COMPLETE, COMPLETE, None), (ERRORED, None, {"name": "ValueError", "message": "no"}), (TERMINATED, None, None),
        ):  # fmt: skip
            one = await put(h, end)
            assert await one.status() == {"status": end, "output": output, "error": error, "rollback": None}
            await one.delete()


async def test_restarts_count_toward_the_creation_rate_and_a_refused_one_leaves_everything(house: Make) -> None:
    async with house(limits=Limits(workflow_creation_rate=2)) as h:
        one = await put(h, WAITING)
        await one.restart()
        await h.settle()
        before = await one.history()
        with pytest.raises(Exception, match=r"\(instance.creation_rate\) More than 2 instances a second"):
            await one.restart()
        assert await one.history() == before
        await h.advance(SECOND)
        await one.restart()
