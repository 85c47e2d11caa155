"""The number of a run among those of its tenant and workflow, in whatever order runs are looked at."""

from __future__ import annotations

import random
from typing import Any

from dynamic_workflows.host.desk.summaries import Numbers
from tests.engine.host.harness import flow

WAITS = flow('await step.wait_for_event("w", "go")')


async def test_numbers_are_right_in_any_order_and_stay_when_earlier_runs_are_deleted(house: Any) -> None:
    async with house() as h:
        order = {"files": {"flow.py": WAITS}, "main": "flow.py"}
        for _ in range(4):
            for tenant in ("a", "b"):
                await h.ask("create_batch", tenant=tenant, batch={"count": 15, "params": {}}, **order)
        rows = await h.engine.core.submit(
            lambda tx: tx.query("select uid, tenant, workflow from instance order by uid")
        )
        expected: dict[int, int] = {}
        for tenant in ("a", "b"):
            expected |= {uid: n for n, (uid, of, _) in enumerate([row for row in rows if row[1] == tenant], 1)}
        for seed in range(20):
            numbers, drawn = Numbers(), random.Random(seed).sample(rows, 60)
            found = await h.engine.core.submit(lambda tx, n=numbers, d=drawn: {row[0]: n.of(tx, *row) for row in d})
            assert found == {uid: expected[uid] for uid, _, _ in drawn}, seed
        listed = await h.ask("runs", tenant="a", limit=1_000)
        assert [run["number"] for run in listed] == list(range(60, 0, -1))
        await h.ask("delete", **{name: listed[-1][name] for name in ("tenant", "workflow", "id")})
        made = await h.ask("run", tenant="a", payload={}, **order)
        assert made["number"] == 61
        assert [run["number"] for run in await h.ask("runs", tenant="a", limit=1_000)] == list(range(61, 1, -1))
