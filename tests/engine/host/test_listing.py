"""What lists of runs are made of: found by tenant, state and text; renamed; changed many at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.desk.listing import STATES
from tests.engine.host.harness import House, Refused, flow

Make = Callable[..., House]
BODIES = {
    "complete": "return 1",
    "errored": "raise ValueError('no')",
    "sleeping": "await step.sleep('nap', '1 day')",
    "waiting": "await step.wait_for_event('approval', 'approve')",
    "retrying": """
        @step.do("one")
        async def one(): raise ValueError("no")
        await one()
    """,
}


async def one_of_each(h: House) -> dict[str, dict[str, Any]]:
    """Create a run of each state that needs no running attempt, and return them by state."""
    runs = {state: await h.run(flow(body)) for state, body in BODIES.items()}
    runs["paused"] = await h.run(flow(BODIES["sleeping"]))
    await h.ask("pause", **runs["paused"])
    runs["terminated"] = await h.run(flow(BODIES["waiting"]), tenant="globex")
    await h.ask("terminate", **runs["terminated"])
    await h.settle()
    return runs


async def found(h: House, **args: Any) -> list[str]:
    """Return the ids that are found, newest first."""
    uids = (await h.ask("find_runs", **args))["uids"]
    return [run["id"] for run in await h.ask("runs", uids=uids)]


async def test_runs_are_found_by_state_and_tenant_and_counted(house: Make) -> None:
    async with house() as h:
        runs = await one_of_each(h)
        for state, run in runs.items():
            assert await found(h, states=[state]) == [run["id"]], state
            assert (await h.status(run))["state"] == state
        every = await h.ask("find_runs")
        assert every["counts"] == dict.fromkeys(runs, 1)
        assert every["tenants"] == ["acme", "globex"]
        assert every["uids"] == sorted(every["uids"], reverse=True)
        assert await found(h, tenant="globex") == [runs["terminated"]["id"]]
        assert await found(h, tenant="globex", states=["complete"]) == []
        assert await h.ask("find_runs", limit=0) == {**every, "uids": []}
        waiting = runs["waiting"]
        assert [run["id"] for run in await h.ask("runs", tenant="acme", id=waiting["id"])] == [waiting["id"]]
        assert await h.ask("runs", tenant="globex", id=waiting["id"]) == []
        (whole,), (brief,) = [await h.ask("runs", uids=every["uids"][:1], brief=brief) for brief in (False, True)]
        assert whole.keys() - brief.keys() == {"params", "output"}
        assert set(await found(h, states=["sleeping", "waiting"])) == {runs["sleeping"]["id"], runs["waiting"]["id"]}
        assert (await h.status(runs["waiting"]))["awaits"] == "approve"
        assert set(runs) | {"queued", "running", "pausing"} == set(STATES)


async def test_runs_are_found_by_id_name_workflow_and_number(house: Make) -> None:
    async with house() as h:
        runs = [await h.run(flow("return 1", name="CiPipeline"), id=f"Build-{n}") for n in range(1, 4)]
        other = await h.run(flow("return 1"), id="flow-2")
        assert await found(h, search="build-2") == ["Build-2"]
        assert await found(h, search="  PIPE ") == ["Build-3", "Build-2", "Build-1"]
        assert await found(h, search="cipipeline · 2") == ["Build-2"]
        assert await found(h, search="ci-pipeline 3") == ["Build-3"]
        assert await found(h, search="%") == []
        await h.ask("rename", **runs[1], name=" Straße ")
        assert await found(h, search="STRASSE") == ["Build-2"]
        assert await found(h, search="cipipeline · 2") == [], "it is called something else now"
        assert await found(h, search="2") == [other["id"], "Build-2"]


async def test_what_cannot_be_searched_for_is_refused_by_name(house: Make) -> None:
    async with house() as h:
        with pytest.raises(Refused, match=r"states is \['lost'\]: give a list of queued, running"):
            await h.ask("find_runs", states=["lost"])
        with pytest.raises(Refused, match="search is text of up to 200 characters"):
            await h.ask("find_runs", search="x" * 201)
        with pytest.raises(Refused, match="uids is a list of up to 1,000 numbers of runs"):
            await h.ask("runs", uids="all")
        for verb in ("runs", "find_runs"):
            with pytest.raises(Refused, match="limit is 'many': give a number of runs"):
                await h.ask(verb, limit="many")


async def test_a_name_is_kept_over_a_crash_told_to_watchers_and_taken_back(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow("return 1"))
        assert (await h.status(run))["name"] is None
        h.events.clear()
        await h.ask("rename", **run, name="the first order")
        assert [(event["run"]["name"], event["rows"]) for event in h.events] == [("the first order", [])]
        await h.crash()
        assert (await h.ask("runs"))[0]["name"] == "the first order"
        await h.ask("rename", **run, name="  ")
        assert (await h.status(run))["name"] is None
        with pytest.raises(Refused, match="up to 100 characters"):
            await h.ask("rename", **run, name="x" * 101)
        await h.ask("rename", **run, name="again")
        await h.ask("delete", **run)
        assert h.store.connection.execute("select count(*) from name").fetchone() == (0,)


async def test_many_runs_are_changed_in_one_turn(house: Make) -> None:
    async with house() as h:
        runs = [await h.run(flow(BODIES["sleeping"])) for _ in range(3)]
        done = await h.run(flow("return 1"))
        uids = [(await h.status(run))["uid"] for run in (*runs, done)]
        assert await h.ask("change", act="pause", uids=uids) == {"changed": uids[:3], "left_out": []}
        assert [(await h.status(run))["state"] for run in runs] == ["paused"] * 3
        assert (await h.ask("change", act="resume", uids=uids))["changed"] == uids[:3]
        await h.settle()
        answer = await h.ask("change", act="terminate", uids=[*uids, 999])
        assert answer["changed"] == uids[:3]
        assert [one["uid"] for one in answer["left_out"]] == [uids[3], 999]
        assert "Cannot terminate" in answer["left_out"][0]["message"]
        assert await h.ask("change", act="delete", uids=[*uids, uids[0]]) == {"changed": uids, "left_out": []}
        assert await h.ask("runs") == []


async def test_a_change_that_is_asked_again_is_carried_out_once(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(BODIES["sleeping"]))
        uid = (await h.status(run))["uid"]
        first = await h.ask("change", request="once", act="delete", uids=[uid])
        assert await h.ask("change", request="once", act="delete", uids=[uid]) == first


@pytest.mark.parametrize(
    "args", [{"act": "restart", "uids": []}, {"act": "pause", "uids": "all"}, {"act": "pause", "uids": [0]}]
)
async def test_a_change_that_means_nothing_is_refused(house: Make, args: dict[str, Any]) -> None:
    async with house() as h:
        with pytest.raises(Refused, match="give one of pause, resume|takes a list of up to 500 uids"):
            await h.ask("change", **args)


async def test_fifty_thousand_runs_are_found_quickly(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(BODIES["sleeping"]))
        uid = (await h.status(run))["uid"]
        many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)"
        columns = (
            "version, params, parent, created, offset, status, phase, life, seq, priority, ready_at, ended, expires"
        )
        connection = h.store.connection
        connection.execute(
            f"insert into instance (workflow, tenant, id, {columns}) {many}"
            f" select workflow, tenant, 'run-' || i, {columns} from n, instance where uid = ?",
            (uid,),
        )
        connection.execute(
            "insert into timer select uid, 'sleep:nap-1', 'sleep', 4102444800000 from instance where uid > ?", (uid,)
        )
        began = time.perf_counter()
        every = await h.ask("find_runs")
        one = await h.ask("find_runs", search="run-49999", states=["sleeping"], tenant="acme")
        page = await h.ask("runs", uids=every["uids"][25_000:25_040])
        took = time.perf_counter() - began
        assert (len(every["uids"]), every["counts"]) == (50_001, {"sleeping": 50_001})
        assert (len(one["uids"]), len(page)) == (1, 40)
        assert took < 5, f"{took:.2f} s"  # 0.3 s on a quiet machine
        connection.execute("delete from timer where uid > ?", (uid,))
        connection.execute("delete from instance where uid > ?", (uid,))
