"""Crashes at any flush of a run that is undone: everything that started is undone once, in reverse, whatever happens."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from dynamic_workflows.host.history.rebuild import derive, stored
from tests.engine.host.harness import House, Refused, flow
from tests.engine.host.test_crashes import Outside, ask, play, reopen
from tests.engine.host.volatile import Disk

Make = Callable[..., House]

SAGA = flow(
    """
    world, key = self.env.WORLD, event["instanceId"]
    fast = {"retries": {"limit": 9, "delay": 400, "backoff": "constant"}}

    async def do(name, fail_first=0, broken=False):
        async def undo(given):
            if broken and event["payload"]["broken"]:
                raise NonRetryableError("cannot be undone")
            await world.undo(given["stepName"], key=f"{key}-{name}", fail_first=fail_first)
        @step.do(name, config=fast, rollback=undo, rollback_config=fast)
        async def work():
            return await world.act(name, key=f"{key}-{name}", fail_first=fail_first)
        return await work()

    await do("first", broken=True)
    await asyncio.gather(*(do(f"part {n}", fail_first=n % 2) for n in range(4)))
    @step.do("plain")
    async def plain():
        return 1
    await plain()
    await asyncio.gather(step.sleep("nap", "2 seconds"), step.wait_for_event("go", "go"))
    late = asyncio.create_task(do("late", fail_first=1))
    await do("last")
    if event["payload"]["waits"]:
        await step.wait_for_event("never", "never")
    raise ValueError("no stock")
    """,
    "Saga",
)
TERMINAL = {"completed", "errored", "terminated"}


def plan(**payload: bool) -> dict[str, Any]:
    """Return what creates the run."""
    return {"tenant": "acme", "files": {"saga.py": SAGA}, "main": "saga.py", "payload": payload}


def check(state: dict[str, Any], note: str, *, broken: bool = False) -> None:
    """What started and can be undone is undone once, in reverse order of start, before the terminal row."""
    rows = [row for row in state["rows"] if row["kind"] != "engine_started"]
    kinds = [row["kind"] for row in rows]
    assert kinds[-1] in TERMINAL, note
    assert not TERMINAL & set(kinds[:-1]), note
    if "rollback.started" not in kinds:
        return
    begun = kinds.index("rollback.started")
    assert kinds[-2] == "rollback.ended", note
    assert set(kinds[begun + 1 : -2]) <= {"step.started", "step.completed", "step.failed", "event.received"}, note
    started = [row["key"] for row in rows[:begun] if row["kind"] == "step.started" and row["attempt"] == 1]
    undone = [row["key"] for row in rows[begun:] if row["kind"] == "step.started" and row["attempt"] == 1]
    eligible = [key.replace("do:", "rollback:") for key in reversed(started) if key != "do:plain-1"]
    assert undone == eligible, note
    assert json.loads(rows[begun]["data"])["total"] == len(eligible), note
    completed = len(eligible) - broken
    ended = json.loads(rows[-2]["data"])
    assert (ended["outcome"], ended["completed"]) == ("failed" if broken else "complete", completed), note
    assert state["run"]["rollback"]["outcome"] == ended["outcome"], note
    calls = [call for call in state["ledger"] if call["method"] == "undo"]
    assert len(calls) == completed, note
    assert all(call["done"] == 1 for call in calls), note


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("broken", [False, True])
async def test_a_run_that_fails_is_undone_through_crashes(house: Make, broken: bool, seed: int) -> None:
    disk = Disk(seed, chance=0.1)
    h = house(world_delay=700)
    h.entropy = type(h.entropy)(seed)
    await reopen(h, disk)
    note = f"seed {seed}: crashed {disk.crashes}"
    try:
        state = await play(h, disk, plan(broken=broken, waits=False))
        check(state, note, broken=broken)
        assert state["run"]["status"] == "errored", note
        assert state["run"]["error"]["message"] == "no stock", note
    finally:
        print(note)
        await h.close()


@pytest.mark.parametrize("seed", range(16))
async def test_a_run_is_terminated_and_undone_at_any_moment_through_crashes(house: Make, seed: int) -> None:
    disk, dice = Disk(seed, chance=0.1), random.Random(seed)
    h = house(world_delay=700)
    h.entropy = type(h.entropy)(seed)
    await reopen(h, disk)
    outside = Outside()
    try:
        created = await ask(h, disk, "run", "create", **plan(broken=False, waits=True))
        run = {field: created[field] for field in ("tenant", "workflow", "id")}
        moment, held = dice.randrange(14), dice.random() < 0.4
        for n in range(300):
            note = f"seed {seed}, terminated at {moment}: crashed {disk.crashes}"
            await h.settle(20)
            if h.engine.core.failure is not None:
                await reopen(h, disk)
            outside.hear(h.events)
            state = await ask(h, disk, "history", f"read-{n}", **run)
            outside.check(run["id"], state["rows"])
            expected, found = await h.engine.core.submit(lambda tx: (derive(tx), stored(tx)))
            assert found == expected
            if state["run"]["ended"]:
                break
            if n == moment - 1 and held:
                await ask(h, disk, "pause", "pause", **run)
            if n == moment:
                await ask(h, disk, "terminate", "terminate", **run, rollback=True)
            if n == 6:
                with suppress(Refused):  # it may have ended
                    await ask(h, disk, "send_event", "go", **run, type="go", payload=1)
            await h.clock.advance(dice.choice((0, 100, 700)), rest=10)
        assert state["run"]["status"] == "terminated", note
        check(state, note)
    finally:
        print(note)
        await h.close()
