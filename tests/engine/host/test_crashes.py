"""Crashes at any flush, before or after it was stored: the invariants of the design hold from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from dynamic_workflows.host.history.rebuild import derive, stored
from dynamic_workflows.host.history.streams import misplaced
from dynamic_workflows.shared.errors import StoreLost
from tests.engine.host.harness import DAY, House, Refused, flow
from tests.engine.host.test_examples import read
from tests.engine.host.volatile import Disk, VolatileStore

Make = Callable[..., House]

BUSY = flow(
    """
    world, key = self.env.WORLD, event["instanceId"]

    async def part(n):
        @step.do(f"part {n}", config={"retries": {"limit": 4, "delay": 500, "backoff": "constant"}})
        async def work():
            return await world.work(n, key=f"{key}-{n}", fail_first=n % 2)
        return await work()

    seen = []
    for done in asyncio.as_completed([part(n) for n in range(4)]):
        seen.append((await done)["id"])
    first, _ = await asyncio.gather(step.wait_for_event("go", "go"), step.sleep("nap", "2 seconds"))
    for n in range(3):
        @step.do("again")
        async def again(ctx):
            return ctx["step"]["count"]
        seen.append(await again())
    return [seen, first["payload"]]
    """,
    "Busy",
)
SECRETS = flow(
    """
    async def delay(ctx):
        await asyncio.sleep(0.3)
        return 200 * ctx["attempt"]

    async def part(n):
        retries = {"limit": 4, "delay": delay, "backoff": "constant"}
        @step.do("secret", config={"retries": retries, "sensitive": "output"})
        async def secret():
            return (await self.env.WORLD.work(n, key=f"work {n}", fail_first=2))["id"]
        return await secret()

    found = await asyncio.gather(*map(part, range(3)))
    await step.sleep("nap", "2 seconds")
    @step.do("count")
    async def count():
        return len(set(found))
    return await count()
    """,
    "Secrets",
)
STREAMS = flow(
    """
    async def lines(n):
        for at in range(3):
            yield bytes([65 + n + at]) * 200_000
            await asyncio.sleep(0.2)

    async def part(n):
        retries = {"limit": 4, "delay": 500, "backoff": "constant"}
        @step.do(f"lines {n}", config={"retries": retries, "timeout": 1500 if n else 500})
        async def stored(ctx):
            if n == 0 and ctx["attempt"] > 1:
                return early()
            return lines(n)
        stream = await stored()
        @step.do(f"letters {n}")
        async def letters():
            found = [piece[:1].decode() + piece[-1:].decode() async for piece in stream]
            return [*found, stream.size]
        return [await letters(), len(await stream.read())]

    async def early():
        yield b"early"

    found = await asyncio.gather(*map(part, range(3)))
    @step.do("long")
    async def long():
        return "x" * 100_000
    size = len(await long())
    await step.sleep("nap", "2 seconds")
    return [found, size, len(await long())]
    """,
    "Streams",
)
PLANS: dict[str, dict[str, Any]] = {
    "busy": {"tenant": "acme", "files": {"busy.py": BUSY}, "main": "busy.py", "payload": {}},
    "streams": {"tenant": "acme", "files": {"streams.py": STREAMS}, "main": "streams.py", "payload": {}},
    "secrets": {"tenant": "acme", "files": {"secrets.py": SECRETS}, "main": "secrets.py", "payload": {}},
    **{name: read(name) for name in ("order", "ci-pipeline", "agent-plan")},
}


class Outside:
    """What the world outside has been told; none of it may ever be untrue."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.acknowledged = 0

    def hear(self, events: list[dict[str, Any]]) -> None:
        """Take the rows that watchers were told of; the same row is never told twice with different contents."""
        for event in events:
            for row in event.get("rows", []):
                known = self.rows.setdefault((event["run"]["id"], row["seq"]), row)
                assert known == row
        events.clear()

    def check(self, id: str, rows: list[dict[str, Any]]) -> None:
        """History holds everything that was told, has no gaps, and no finished step ran again."""
        found = {row["seq"]: row for row in rows if row["kind"] != "engine_started"}
        assert sorted(found) == list(range(1, len(found) + 1))
        for (run, seq), row in self.rows.items():
            if run == id:
                assert found[seq] == row
        settled: set[str] = set()
        for row in found.values():
            if row["kind"] == "step.started":
                assert row["key"] not in settled
            if row["kind"] == "step.completed":
                settled.add(row["key"])


async def reopen(h: House, disk: Disk) -> None:
    """Open what is on the disk, again and again until the engine lives through its first flush."""
    for _ in range(100):
        with suppress(StoreLost):
            await (h.crash(VolatileStore(disk)) if hasattr(h, "engine") else h.open(VolatileStore(disk)))
            return
    raise AssertionError("the engine never opened")


async def ask(h: House, disk: Disk, verb: str, request: str, **args: Any) -> Any:
    """Ask until the engine lives long enough to answer; a resent request is carried out once."""
    for _ in range(200):
        try:
            answer = await h.ask(verb, request=request, **args)
        except Refused as refused:
            if refused.record["name"] not in ("StoreLost", "StorageFullError"):
                raise
            await reopen(h, disk)
        else:
            return answer
    raise AssertionError("the engine never answered")


async def play(h: House, disk: Disk, plan: dict[str, Any]) -> dict[str, Any]:
    """Drive a run to its end through crashes; return its last state."""
    outside, n = Outside(), 0
    created = await ask(h, disk, "run", "create", **plan)
    run = {field: created[field] for field in ("tenant", "workflow", "id")}
    for n in range(400):
        await h.settle(40)
        if h.engine.core.failure is not None:
            await reopen(h, disk)
        outside.hear(h.events)
        state = await ask(h, disk, "history", f"read-{n}", **run)
        outside.check(run["id"], state["rows"])
        expected, found = await h.engine.core.submit(lambda tx: (derive(tx), stored(tx)))
        assert found == expected
        if state["run"]["ended"]:
            return {**state, "run": await ask(h, disk, "status", f"last-{n}", **run)}
        waits = await h.engine.core.submit(lambda tx: tx.query("select key, type from wait"))
        if waits:
            await ask(h, disk, "send_event", f"event-{waits[0][0]}", **run, type=waits[0][1], payload=waits[0][0])
        due = state["run"]["next_due"]
        if due is not None and due - h.clock.now() > DAY and not waits:
            await ask(h, disk, "skip", f"skip-{n}", **run)
        else:
            await h.clock.advance(700, rest=20)
    raise AssertionError(await h.kinds(run))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", PLANS)
async def test_crashes_at_any_flush_lose_nothing_and_repeat_nothing(house: Make, name: str, seed: int) -> None:
    disk = Disk(seed, chance=0.12)
    h = house(world_delay=1_500)
    h.entropy = type(h.entropy)(seed)
    await reopen(h, disk)
    note = f"seed {seed}, {name}: crashed {disk.crashes}"
    try:
        end = await play(h, disk, PLANS[name])
        assert end["run"]["status"] == "complete", note
        for call in end["ledger"]:
            assert call["done"] == 1, note
        if name == "secrets":
            assert end["run"]["output"] == "3"
            assert not [row for row in end["rows"] if "work-" in (row["data"] or "")]
        if name == "streams":
            found, *long = json.loads(end["run"]["output"])
            assert long == [100_000, 100_000]
            assert found[0] == [["ey", 5], 5], note
            for n in (1, 2):
                first, middle, last = chr(65 + n), chr(66 + n), chr(67 + n)
                assert found[n] == [[first + middle, middle + last, last + last, 600_000], 600_000], note
            assert await h.engine.core.submit(misplaced) == [], note
        if name == "busy":
            seen, payload = json.loads(end["run"]["output"])
            assert sorted(seen[:4]) == ["work-1", "work-2", "work-3", "work-4"]
            assert (seen[4:], payload) == ([1, 2, 3], "wait:go-1")
    finally:
        print(note)
        await h.close()
