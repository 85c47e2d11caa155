"""Durable steps per second of DBOS on SQLite: `python dbos_steps.py INSTANCESxSTEPS …`, a JSON line for each shape.

It runs in an environment of its own, so nothing of this repository is imported.
"""

# mypy: disable-error-code="untyped-decorator"
from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from dbos import DBOS


@DBOS.step()
async def one(number: int) -> dict[str, int]:
    """Return what a step of the other side returns."""
    return {"number": number}


@DBOS.workflow()
async def steps(count: int) -> None:
    """Run steps one after the other."""
    for number in range(count):
        await one(number)


async def measure(instances: int, count: int) -> float:
    """Return steps per second of one round."""
    began = time.perf_counter()
    handles = await asyncio.gather(*[DBOS.start_workflow_async(steps, count) for _ in range(instances)])
    await asyncio.gather(*[handle.get_result() for handle in handles])
    return instances * count / (time.perf_counter() - began)


async def main(shapes: list[str]) -> None:
    """Measure each shape after a first small one."""
    await measure(2, 2)
    for shape in shapes:
        instances, count = map(int, shape.split("x"))
        print(json.dumps({"shape": shape, "rate": await measure(instances, count)}), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{Path(folder) / 'peer.sqlite'}"
        DBOS(
            config={
                "name": "bench",
                "system_database_url": address,
                "run_admin_server": False,
                "log_level": "ERROR",
            }
        )
        DBOS.launch()
        asyncio.run(main(sys.argv[1:]))
        DBOS.destroy()
