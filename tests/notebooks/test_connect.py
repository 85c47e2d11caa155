"""``connect()`` on CPython: the calls of a notebook over a SQLite file, with tenants in processes of their own."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from dynamic_workflows.notebook import InstanceTerminated, connect
from dynamic_workflows.notebook.instances import MIME
from dynamic_workflows.shared.errors import (
    CodeError,
    InstanceAlreadyExists,
    InstanceNotFound,
    InvalidOptions,
    NotAvailableError,
    NotSerialisable,
)

ROOT = Path(__file__).parents[2]
ORDER = """
from workers import WorkflowEntrypoint

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("reserve stock")
        async def reserve():
            return {"item": event["payload"]}

        reserved = await reserve()
        got = await step.wait_for_event("approval", "approve", timeout="3 days")
        await step.sleep("time to try it", "30 days")
        return {**reserved, "by": got["payload"]}
"""
FAILS = """
from workers import WorkflowEntrypoint

class Fails(WorkflowEntrypoint):
    async def run(self, event, step):
        return event["payload"] / 0
"""


async def test_a_run_goes_through_its_life_by_the_calls_of_its_handle(store: Path) -> None:
    async with await connect(store) as platform:
        order = await platform.run("acme", ORDER, "lamp", id="order-1")
        await order.settled(timeout=30)
        assert (await order.status())["status"] == "waiting"
        await order.pause()
        assert (await order.status())["status"] == "paused"
        await order.resume()
        await order.send_event({"type": "approve", "payload": "Grace"})
        await order.settled(timeout=30)
        assert await order.skip() > 29 * 86_400_000
        assert await order.result(timeout=30) == {"item": "lamp", "by": "Grace"}
        assert await order.steps() == ["reserve stock", "approval", "time to try it"]
        kinds = [event["type"] async for event in order.subscribe({"filter": ["step_completed", "workflow_completed"]})]
        assert kinds == ["step_completed", "workflow_completed"]
        assert [run.id for run in await platform.runs("acme")] == ["order-1"]
        assert await platform.tenants() == ["acme"]


async def test_a_store_goes_on_where_the_last_kernel_left_it(store: Path) -> None:
    async with await connect(store) as platform:
        order = await platform.run("acme", ORDER, "lamp", id="order-1")
        await order.settled(timeout=30)
    async with await connect(store) as platform:
        again = await platform.run("acme", ORDER, "another lamp", id="order-1")
        assert (await again.history())[0]["kind"] == "queued"
        await again.send_event({"type": "approve", "payload": "Grace"})
        await again.settled(timeout=30)
        await again.skip()
        assert (await again.result(timeout=30))["item"] == "lamp", "a run with this id was there: it is that one"


async def test_connecting_again_gives_the_same_platform_until_it_is_closed(store: Path) -> None:
    platform = await connect(store)
    assert await connect(store) is platform
    await platform.close()
    assert repr(platform) == "<platform, closed>"
    other = await connect(store)
    assert other is not platform
    assert str(store) in repr(other)
    await other.close()


async def test_what_run_raised_is_raised_with_a_note_that_shows_where(store: Path) -> None:
    async with await connect(store) as platform:
        run = await platform.run("acme", FAILS, 1)
        with pytest.raises(ZeroDivisionError) as raised:
            await run.result(timeout=30)
        assert 'File "workflow.py", line 6, in run' in raised.value.__notes__[0]
        assert "Errored. ZeroDivisionError: division by zero" in repr(run)


async def test_code_that_does_not_load_is_shown_with_its_line(store: Path) -> None:
    async with await connect(store) as platform:
        with pytest.raises(CodeError, match="expected ':'") as raised:
            await platform.deploy("acme", "x = 1\nclass Order\n    pass\n")
        assert raised.value.line == 2
        assert raised.value.__notes__ == ['  File "workflow.py", line 2\n    class Order\n               ^']


async def test_a_deployment_makes_many_instances_of_one_version(store: Path) -> None:
    async with await connect(store) as platform:
        with pytest.raises(InvalidOptions, match="Nothing is deployed for 'acme'"):
            await platform.create("acme")
        files = {"flow.py": ORDER, "words.py": "THANKS = 'thanks'"}
        with pytest.raises(InvalidOptions, match="main="):
            await platform.deploy("acme", files)
        deployment = await platform.deploy("acme", files, main="flow.py")
        assert (deployment.entrypoint, deployment.workflow) == ("Order", "order")
        assert repr(deployment).startswith("<Order of acme, version ")
        first = await platform.create("acme", "lamp", id="order-1")
        assert first.id == "order-1"
        with pytest.raises(InstanceAlreadyExists):
            await deployment.create(id="order-1")
        assert await deployment.create_batch([{"id": "order-2"}, {"id": "order-1"}]) == ["order-2"]
        with pytest.raises(InstanceNotFound):
            await platform.get("globex", "order", "order-1")


async def test_a_terminated_run_has_no_result(store: Path) -> None:
    async with await connect(store) as platform:
        order = await platform.run("acme", ORDER)
        with pytest.raises(TimeoutError):
            await order.result(timeout=0.05)
        await order.terminate()
        with pytest.raises(InstanceTerminated, match="was terminated"):
            await order.result(timeout=30)
        await order.restart()
        await order.settled(timeout=30)
        await order.delete()
        with pytest.raises(InstanceNotFound):
            await order.status()


async def test_a_payload_that_is_no_json_is_refused_with_a_sentence(store: Path) -> None:
    async with await connect(store) as platform:
        with pytest.raises(NotSerialisable, match="is JSON"):
            await platform.run("acme", ORDER, {1, 2})


async def test_a_run_without_an_extension_is_a_table_of_its_steps(store: Path) -> None:
    async with await connect(store) as platform:
        order = await platform.run("acme", ORDER.replace("reserve stock", "<b>reserve</b>"), "lamp", id="order-1")
        await order.settled(timeout=30)
        shown = order._repr_mimebundle_()
        assert shown[MIME] == {"tenant": "acme", "workflow": "order", "id": "order-1"}
        assert "<b>" not in shown["text/html"]
        assert "&lt;b&gt;reserve&lt;/b&gt;" in shown["text/html"]
        assert "<td>Waiting</td>" in shown["text/html"]
        assert shown["text/plain"].splitlines()[0] == "order · 1 of acme: Waiting"


async def test_two_kernels_of_one_file_are_told_apart(store: Path) -> None:
    async with await connect(store):
        code = f"import asyncio; from dynamic_workflows.notebook import connect; asyncio.run(connect({str(store)!r}))"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE, env=environment
        )
        _, said = await process.communicate()
        assert process.returncode != 0
        assert b"StoreLost" in said


async def test_in_a_browser_no_file_is_opened(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "emscripten")
    with pytest.raises(NotAvailableError, match="attaches to the page"):
        await connect(store)
