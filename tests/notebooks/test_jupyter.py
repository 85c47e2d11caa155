"""A real kernel of Jupyter on CPython: what is displayed of a run goes on while cells run, between them and after them."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

ROOT = Path(__file__).parents[2]
PATIENCE = 120  # seconds that a message of the kernel may take
CONNECT = "from dynamic_workflows.notebook import connect\nplatform = await connect()\n"
ORDER = """%%workflow tenant=acme into=order id=order-1
from workers import WorkflowEntrypoint

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("reserve stock")
        async def reserve():
            return "reserved"

        await reserve()
        await step.wait_for_event("approval", "approve", timeout="3 days")
        return "shipped"
"""
SLOW = """%%workflow tenant=acme id=order-1
import asyncio
from workers import WorkflowEntrypoint

class Order(WorkflowEntrypoint):
    async def run(self, event, step):
        @step.do("reserve stock")
        async def reserve():
            return "reserved"

        @step.do("charge card")
        async def charge(ctx):
            await asyncio.sleep(3600 if ctx["attempt"] == 1 else 0)
            return ctx["attempt"]

        return [await reserve(), await charge()]
"""


class Kernel:
    """A kernel, what its cells have shown, and how that was changed since."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client
        self.pictures: dict[str, list[str]] = {}  # by display id: every HTML that was shown there

    def run(self, source: str) -> None:
        """Run a cell to its end."""
        request = self.client.execute(source)
        self.until(lambda message: _ended(message, request))

    def kill(self) -> None:
        """Kill the process and start another one, as "Restart kernel" does."""
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=PATIENCE)
        self.pictures.clear()

    def until(self, found: Any) -> None:
        """Read what the kernel says until a message is the one that is waited for."""
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"nothing more came; shown were {self.pictures}") from None
            self._note(message)
            if found(message):
                return

    def _note(self, message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "error":
            raise AssertionError("\n".join(content["traceback"]))
        if message["msg_type"] in ("display_data", "update_display_data"):
            self.pictures.setdefault(content["transient"]["display_id"], []).append(content["data"]["text/html"])

    def shows(self, words: str) -> None:
        """Wait until the run's last picture holds these words."""
        if not any(words in pictures[-1] for pictures in self.pictures.values()):
            self.until(lambda _: any(words in pictures[-1] for pictures in self.pictures.values()))


def _ended(message: dict[str, Any], request: str) -> bool:
    return bool(
        message["parent_header"].get("msg_id") == request
        and message["msg_type"] == "status"
        and message["content"]["execution_state"] == "idle"
    )


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Kernel]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine"), "IPYTHONDIR": str(tmp_path / "ipython")}
    manager, client = start_new_kernel(
        kernel_name="python3", cwd=str(tmp_path), env=environment, startup_timeout=PATIENCE
    )
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_the_table_of_a_run_goes_on_by_itself(kernel: Kernel) -> None:
    kernel.run(CONNECT)
    kernel.run(ORDER)
    kernel.shows("<td>Waiting</td>")  # with no cell running
    (id,) = kernel.pictures
    kernel.run("await order.send_event({'type': 'approve'})")
    kernel.shows("acme: Complete")
    kernel.run("order")  # displayed again when it has ended
    assert set(kernel.pictures) > {id}
    assert all("acme: Complete" in pictures[-1] for pictures in kernel.pictures.values())
    drawn = len(kernel.pictures[id])
    kernel.run("await order.restart()\norder")
    kernel.shows("acme: Waiting")
    assert "acme: Waiting" in kernel.pictures[id][-1]
    assert len(kernel.pictures[id]) > drawn
    kernel.run("await platform.close()\nprint(order)")


def test_a_kernel_that_is_killed_in_the_middle_of_a_step_loses_nothing(kernel: Kernel) -> None:
    kernel.run(CONNECT)
    kernel.run(SLOW)
    kernel.shows("<td>Running</td>")
    kernel.kill()
    kernel.run(CONNECT)
    kernel.run("order = await platform.get('acme', 'order', 'order-1')\norder")
    kernel.shows("acme: Complete")
    kernel.run("""kinds = [row["kind"] for row in await order.history()]
assert kinds.count("step.completed") == 2 and kinds.count("step.failed") == 1, kinds
assert await order.result() == ["reserved", 2]""")
