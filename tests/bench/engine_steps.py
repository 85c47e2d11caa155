"""Durable steps per second of the engine alone: CPython, a SQLite file with full syncs, guests in this process."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from dynamic_workflows import Engine, InProcessSandboxes, SystemClock, SystemEntropy, sqlite_store
from dynamic_workflows.host.engine import Limits
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint


class Steps(WorkflowEntrypoint):
    """Runs as many steps as its payload says and returns how long each took, in seconds."""

    async def run(self, event: Any, step: Any) -> list[float]:
        async def one() -> dict[str, int]:
            return {"number": 1}

        took = []
        for number in range(event["payload"]["steps"]):
            began = time.perf_counter()
            await step.do(f"step {number}")(one)()
            took.append(time.perf_counter() - began)
        return took


async def measure(instances: int, steps: int) -> tuple[float, list[float]]:
    """Return steps per second of one round over a new store, and the time of each step in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        clock = SystemClock()
        async with Engine.open(
            sqlite_store(str(Path(folder) / "bench.sqlite")),
            clock=clock,
            entropy=SystemEntropy(),
            sandboxes=InProcessSandboxes(clock),
            limits=Limits(slots=instances),
        ) as engine:
            workflow = engine.bind("steps", Steps)
            began = time.perf_counter()
            batch: list[Any] = []
            for start in range(0, instances, 100):
                size = min(100, instances - start)
                batch += await workflow.create_batch([{"params": {"steps": steps}} for _ in range(size)])
            took: list[float] = []
            for instance in batch:
                status = await instance.status()
                while status["status"] != "complete":
                    assert status["status"] in {"queued", "running"}, status
                    await asyncio.sleep(0.001)
                    status = await instance.status()
                took += status["output"]
            seconds = time.perf_counter() - began
    assert len(took) == instances * steps
    return len(took) / seconds, [each * 1000 for each in took]
