"""What takes room is said by tenant and by run; ended runs are deleted in bounded turns, and the file becomes shorter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dynamic_workflows.host.desk.reader import open_reader
from dynamic_workflows.host.desk.verbs import Desk
from tests.engine.host.harness import House, Refused, flow

BIG = flow("""
    @step.do("fill")
    async def fill():
        return "x" * event["payload"]
    await fill()
""")
SLEEPER = flow("""
    @step.do("fill")
    async def fill():
        return "x" * 300_000
    await fill()
    await step.sleep("long", "30 days")
""")


async def test_what_takes_room_is_said_by_tenant_and_by_run(house: Callable[..., House]) -> None:
    async with house() as h:
        small, large = await h.run(BIG, 1_000), await h.run(BIG, 200_000)
        asleep = await h.run(SLEEPER, tenant="globex")
        found = await h.ask("usage")
        assert [(of["tenant"], of["runs"], of["ended"]) for of in found["tenants"]] == [
            ("globex", 1, 0),
            ("acme", 2, 2),
        ]
        assert [run["id"] for run in found["ended"]] == [large["id"], small["id"]]
        assert asleep["id"] not in {run["id"] for run in found["ended"]}
        assert found["ended"][0]["number"] == 2
        assert 200_000 < found["ended"][0]["bytes"] < 203_000
        sizes = {of["tenant"]: (of["bytes"], of["ended_bytes"]) for of in found["tenants"]}
        assert sizes["acme"] == (sum(run["bytes"] for run in found["ended"]),) * 2
        assert 300_000 < sizes["globex"][0] < 303_000
        assert sizes["globex"][1] == 0
        assert sum(of["bytes"] for of in found["tenants"]) < found["bytes"]


async def test_ended_runs_that_are_named_go_and_the_file_becomes_shorter(house: Callable[..., House]) -> None:
    async with house() as h:
        first, second = await h.run(BIG, 300_000), await h.run(BIG, 300_000)
        asleep = await h.run(SLEEPER)
        before = (await h.ask("usage"))["bytes"]
        answer = await h.ask("delete_ended", runs=[first, second, asleep, {**first, "id": "nobody"}])
        assert answer == {"deleted": 2, "left": 0}
        assert [run["id"] for run in await h.ask("runs")] == [asleep["id"]]
        after = await h.ask("usage")
        assert after["bytes"] < before - 500_000
        assert after["free"] == 0
        gone = [event["run"]["id"] for event in h.events if event["event"] == "deleted"]
        assert gone == [first["id"], second["id"]], "everybody who watches is told"


async def test_without_room_nothing_is_moved(house: Callable[..., House]) -> None:
    async with house() as h:
        run = await h.run(BIG, 300_000)
        before = (await h.ask("usage"))["bytes"]
        await h.ask("delete_ended", runs=[run], shrink=False)
        after = await h.ask("usage")
        assert after["bytes"] == before
        assert after["free"] > 280_000


async def test_a_tenants_ended_runs_go_oldest_first_a_bounded_number_in_one_turn(
    house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dynamic_workflows.host.desk.usage.DELETE_TURN", 2)
    async with house() as h:
        runs = [await h.run(BIG, 10) for _ in range(3)]
        other, asleep = await h.run(BIG, 10, tenant="globex"), await h.run(SLEEPER)
        assert await h.ask("delete_ended", tenant="acme") == {"deleted": 2, "left": 1}
        assert {run["id"] for run in await h.ask("runs")} == {runs[2]["id"], other["id"], asleep["id"]}
        assert await h.ask("delete_ended", tenant="acme") == {"deleted": 1, "left": 0}
        assert await h.ask("delete_ended", tenant="acme") == {"deleted": 0, "left": 0}


@pytest.mark.parametrize("args", [{}, {"runs": "all"}, {"runs": ["one"]}, {"tenant": 7}])
async def test_who_asks_for_nothing_is_told_what_to_ask_for(house: Callable[..., House], args: dict[str, Any]) -> None:
    async with house() as h:
        with pytest.raises(Refused, match="takes runs, a list of"):
            await h.ask("delete_ended", **args)


async def test_a_store_over_its_budget_takes_no_new_run_and_goes_on_with_the_old(tmp_path: Path) -> None:
    async with House(tmp_path / "store.sqlite") as h:
        asleep, big = await h.run(SLEEPER), await h.run(BIG, 400_000)
        h.desk = Desk(h.platform, budget=700_000)
        with pytest.raises(
            Refused, match=r"The runs take 0\.8 MB of the 0\.7 MB that this page holds in memory: no run"
        ):
            await h.run(BIG, 10)
        with pytest.raises(Refused, match="StorageFullError"):
            await h.ask("create_batch", tenant="acme", files={"flow.py": BIG}, main="flow.py", batch={"count": 2})
        await h.ask("skip", **asleep)
        await h.settle()
        assert (await h.status(asleep))["status"] == "complete"
        await h.ask("delete_ended", runs=[big])
        await h.run(BIG, 10)


async def test_a_reader_says_what_takes_room(tmp_path: Path) -> None:
    async with House(tmp_path / "store.sqlite") as h:
        await h.run(BIG, 100_000)
        h.desk = open_reader(h.store, clock=h.clock, entropy=h.entropy, sandboxes=h.sandboxes)
        assert len((await h.ask("usage"))["ended"]) == 1
        with pytest.raises(Refused, match="StorageFullError"):
            await h.ask("delete_ended", tenant="acme")
