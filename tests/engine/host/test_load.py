"""Many of everything: instances that sleep, tenants with code of their own, steps of one instance."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host.harness import DAY, SECOND, House, Refused, flow

Make = Callable[..., House]

SLEEPER = flow(
    """
    await step.sleep("long", event["payload"])
    @step.do("wake")
    async def wake():
        return (await self.env.WORLD.woke(key=event["instanceId"]))["id"]
    return await wake()
    """
)
COUNT = flow(
    """
    total = 0
    for n in range(event["payload"]):
        @step.do(f"step {n}")
        async def one():
            return (await self.env.WORLD.count(n, key=str(n)))["id"] and n
        total += await one()
    await step.wait_for_event("go on", "go")
    return total
    """
)


def batch(source: str, *options: dict[str, Any], tenant: str = "acme") -> dict[str, Any]:
    return {"tenant": tenant, "files": {"flow.py": source}, "main": "flow.py", "batch": list(options)}


async def test_a_batch_creates_many_in_one_request_and_says_what_it_left_out(house: Make) -> None:
    async with house() as h:
        options: list[dict[str, Any]] = [{"id": "a", "params": DAY}, {"id": "b", "params": DAY}, {"id": "a"}]
        made = await h.ask("create_batch", request="once", **batch(SLEEPER, *options))
        duplicate = {"index": 2, "id": "a", "code": 10415, "message": "workflows.api.error.instance.duplicate_in_batch"}
        assert made == {"workflow": "flow", "ids": ["a", "b"], "errors": [duplicate]}
        assert await h.ask("create_batch", request="once", **batch(SLEEPER, *options)) == made
        taken = await h.ask("create_batch", **batch(SLEEPER, {"id": "b"}, {"id": "c", "params": DAY}))
        assert (taken["ids"], taken["errors"][0]["code"]) == (["c"], 10405)
        await h.settle()
        runs = await h.ask("runs")
        assert [(run["id"], run["status"]) for run in runs] == [("c", "waiting"), ("b", "waiting"), ("a", "waiting")]
        assert len({run["version"] for run in runs}) == 1
        with pytest.raises(Refused, match="batchCreate only supports 100 instances at a time, not 101"):
            await h.ask("create_batch", **batch(SLEEPER, *[{}] * 101))
        with pytest.raises(Refused, match="CodeError"):
            await h.ask("create_batch", **batch("class", {}))
        assert len(await h.ask("runs")) == 3


async def test_thousands_sleep_cost_no_memory_and_wake_at_their_time_after_a_reopen(house: Make) -> None:
    many, step = 2_000, 37
    h = house()
    await h.open()
    for start in range(0, many, 100):
        options = [{"id": f"s{n}", "params": DAY + (n % 50) * step} for n in range(start, start + 100)]
        await h.ask("create_batch", **batch(SLEEPER, *options))
    await h.until(lambda: not h.engine.scheduler.running and not h.engine.core._inputs, rest=200_000)
    await h.settle()
    counted = "select status, count(*) from instance group by status"
    assert await h.engine.core.submit(lambda tx: tx.query(counted)) == [("waiting", many)]
    assert len(h.engine.core._memory) == 0
    await h.crash()
    assert len(h.engine.core._memory) == 0, "opening a store folds nobody who sleeps"
    await h.advance(DAY - SECOND)
    assert await h.ask("ledger") == []
    await h.clock.advance(3 * SECOND, rest=400)
    await h.until(lambda: not h.engine.scheduler.running, rest=200_000)
    await h.settle()
    assert await h.engine.core.submit(lambda tx: tx.query(counted)) == [("complete", many)]
    early = (
        "select count(*) from history done join history began using (uid, key) where done.kind = 'sleep.completed'"
        " and began.kind = 'sleep.started' and done.at < json_extract(began.data, '$.due')"
    )
    assert await h.engine.core.submit(lambda tx: tx.query(early)) == [(0,)]
    calls = await h.ask("ledger")
    assert (len(calls), {call["done"] for call in calls}) == (many, {1})
    await h.close()


async def test_an_instance_of_a_thousand_steps_goes_on_from_its_history(house: Make) -> None:
    async with house() as h:
        run = await h.run(COUNT, 1_000)
        await h.until(lambda: not h.engine.scheduler.running, rest=200_000)
        await h.crash()
        await h.ask("send_event", **run, type="go")
        await h.settle()
        status = await h.status(run)
        assert (status["status"], json.loads(status["output"])) == ("complete", sum(range(1_000)))
        assert await h.ledger() == {"count": (1_000, 1_000)}


async def test_fifty_tenants_with_code_of_their_own_share_two_sandboxes(house: Make) -> None:
    async with house(capacity=2) as h:
        runs = {}
        for n in range(50):
            source = flow(f'return [{n}, (await self.env.WORLD.hello(key="same"))["id"]]')
            runs[n] = await h.run(source, tenant=f"tenant{n}")
        await h.until(lambda: not h.engine.scheduler.running, rest=200_000)
        for n, run in runs.items():
            assert json.loads((await h.status(run))["output"]) == [n, "hello-1"]
