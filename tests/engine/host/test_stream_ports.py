"""What the engine believes of a guest that streams. The test speaks the guest's end by hand."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.clocks import passes
from tests.engine.host.test_ports import Bench, bench, finish, start

CHUNK = 256 << 10


def chunk(run: int, n: int, size: int = CHUNK, attempt: int = 1, **fields: Any) -> dict[str, Any]:
    data = base64.b64encode(bytes(size)).decode()
    return {"k": "chunk", "run": run, "key": "do:a-1", "attempt": attempt, "chunk": n, "bytes": data, **fields}


def end(run: int, chunks: int) -> dict[str, Any]:
    return {"k": "finish", "run": run, "key": "do:a-1", "attempt": 1, "stream": chunks}


async def sizes(b: Bench) -> list[int]:
    await passes(50)
    found = await b.core.submit(lambda tx: tx.query("select length(bytes) from chunk order by n"))
    return [size for (size,) in found]


async def test_a_chunk_is_acknowledged_once_it_is_stored_and_the_stream_settles_by_its_metadata(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        _, port, number = await b.start()
        port.say(start(number), chunk(number, 0))
        await passes(50)
        assert port.last("ack") == {"k": "ack", "run": number, "key": "do:a-1", "attempt": 1, "chunk": 0}
        port.say(chunk(number, 1, 10), end(number, 2))
        assert await sizes(b) == [CHUNK, 10]
        shown = "\0" * 1_024 + "[truncated output]"
        stated = {"$": "stream", "v": {"size": CHUNK + 10, "chunks": 2, "preview": shown}}
        assert json.loads(port.last("settle")["value"]) == stated
        port.say({"k": "get", "run": number, "key": "do:a-1", "chunk": 1})
        await passes(50)
        assert base64.b64decode(port.last("value")["bytes"]) == bytes(10)
        assert b.core.refused == 0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda run: chunk(run, 1),
        lambda run: chunk(run, 0, 0),
        lambda run: chunk(run, 0, CHUNK + 1),
        lambda run: chunk(run, 0, attempt=2),
        lambda run: chunk(run, 0, key="do:b-1"),
        lambda run: chunk(run, 0, bytes="?"),
        lambda run: end(run, 1),
        lambda run: finish(run, value='{"$":"stream","v":{"size":1,"chunks":1,"preview":"x"}}'),
        lambda run: {"k": "get", "run": run, "key": "do:a-1"},
        lambda run: {"k": "get", "run": run, "key": "do:b-1", "chunk": 0},
    ],
)
async def test_what_is_no_part_of_a_stream_does_not_exist(tmp_path: Path, wrong: Any) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number), wrong(number))
        assert await sizes(b) == []
        assert b.core.refused == 1
        assert await b.kinds(run) == ["queued", "started", "step.started"]


async def test_nothing_follows_a_short_chunk(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        _, port, number = await b.start()
        port.say(start(number), chunk(number, 0, 10), chunk(number, 1, 10))
        assert await sizes(b) == [10]
        assert b.core.refused == 1


async def test_a_guest_that_sends_a_value_after_chunks_has_no_stream(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        _, port, number = await b.start()
        port.say(start(number), chunk(number, 0), finish(number))
        assert await sizes(b) == []
        port.say({"k": "get", "run": number, "key": "do:a-1", "chunk": 0})
        await passes(50)
        assert port.last("value")["error"]["message"] == "Stored output for a-1 is corrupt or incomplete."


async def test_chunks_of_a_dropped_run_are_not_stored(tmp_path: Path) -> None:
    async with bench(tmp_path) as b:
        run, port, number = await b.start()
        port.say(start(number), chunk(number, 0))
        await passes(50)
        await b.ask("terminate", **run)
        port.say(chunk(number, 1))
        assert await sizes(b) == []
