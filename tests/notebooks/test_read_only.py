"""``connect(store, read_only=True)``: a store is read, live, while another process runs it."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.notebook import Connection, connect
from dynamic_workflows.shared.errors import StoreLost, StoreReadOnly
from tests.notebooks.test_connect import ORDER, ROOT

OWNER = f"""
import asyncio, sys
from dynamic_workflows.notebook import connect

async def main():
    async with await connect(sys.argv[1]) as platform:
        while line := await asyncio.to_thread(sys.stdin.readline):
            await (await platform.run("acme", {ORDER!r}, "lamp", id=line.strip())).settled()
            print(line, end="", flush=True)

asyncio.run(main())
"""


async def started(store: Path) -> Process:
    """Start another process that runs the store and makes an order for each line it is given."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "engine")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(store), stdin=PIPE, stdout=PIPE, env=environment
    )
    await tell(process, "order-1")
    return process


async def tell(process: Process, line: str) -> None:
    """Let the other process make an order, and wait until it has."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n".encode())
    assert await process.stdout.readline() == f"{line}\n".encode()


async def test_what_another_process_does_is_seen_as_it_happens_and_nothing_is_changed(store: Path) -> None:
    owner = await started(store)
    try:
        with pytest.raises(StoreLost, match="Is another engine using it"):
            await connect(store)
        async with await connect(store, read_only=True) as platform:
            assert platform.read_only
            (first,) = await platform.find(states=["waiting"])
            assert (first.id, (await first.history())[0]["kind"]) == ("order-1", "queued")
            assert [row["state"] for row in (await platform.overview())["runs"]] == ["waiting"]
            changes = platform.subscribe()
            await anext(changes)
            second = asyncio.ensure_future(tell(owner, "order-2"))
            async with asyncio.timeout(30):
                while len(await platform.runs()) == 1:
                    await anext(changes)
                await second
            seen = [event["type"] async for event in _until_waiting(platform, "order-2")]
            assert seen[-1] == "wait_started"
            with pytest.raises(StoreReadOnly, match="send_event changes runs, and .* is only read here"):
                await first.send_event({"type": "approve"})
            with pytest.raises(StoreReadOnly):
                await platform.deploy("acme", ORDER)
            assert (await first.status())["status"] == "waiting"
            await changes.aclose()
    finally:
        if owner.returncode is None:
            owner.kill()
        await owner.wait()
    async with await connect(store) as platform:
        assert {run.id for run in await platform.runs()} == {"order-1", "order-2"}, "the lock went with its process"


async def _until_waiting(platform: Connection, id: str) -> AsyncIterator[dict[str, Any]]:
    run = await platform.get("acme", "order", id)
    async for event in run.subscribe():
        yield event
        if event["type"] == "wait_started":
            return


async def test_what_is_no_store_is_not_read(store: Path) -> None:
    with pytest.raises(StoreLost, match="cannot be read"):
        await connect(store, read_only=True)
    store.write_bytes(b"a picture, and no database" * 100)  # noqa: ASYNC240
    with pytest.raises(StoreLost, match="cannot be read"):
        await connect(store, read_only=True)
