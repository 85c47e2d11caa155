"""Schedules of tenants at the desk: they fire, outlive the engine, are skipped to, and go with an export."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.tenants.copies import read_copy, tenant_copy
from dynamic_workflows.shared.errors import NotAStore
from tests.engine.host.harness import DAY, House, Refused, flow

Make = Callable[..., House]
HOUR = 3_600_000
TELL = flow("return [event['payload'], event['schedule']['cron'] if 'schedule' in event else None]", name="Report")
NAPS = flow("await step.sleep('nap', '1 hour')\nreturn event['schedule']['scheduledTime']", name="Report")


async def put(h: House, source: str = TELL, schedules: Any = "0 9 * * *", tenant: str = "acme", **args: Any) -> Any:
    """Schedule a workflow of a tenant."""
    files = {"flow.py": source}
    return await h.ask("schedule", tenant=tenant, files=files, main="flow.py", schedules=schedules, **args)


async def outputs(h: House, tenant: str = "acme") -> list[Any]:
    """Return what the tenant's runs returned, oldest first."""
    return [run["output"] and json.loads(run["output"]) for run in reversed(await h.ask("runs", tenant=tenant))]


async def test_a_tenants_schedule_starts_its_code_with_its_payload(house: Make) -> None:
    async with house() as h:
        listed = await put(h, payload={"to": "ada"}, schedules=["0 9 * * *", "0 21 * * *"])
        assert listed["workflow"] == "report"
        assert listed["next"] == await next_firing(h)
        assert listed["next"] > h.clock.now()
        await h.advance(DAY)
        assert sorted(await outputs(h)) == [[{"to": "ada"}, "0 21 * * *"], [{"to": "ada"}, "0 9 * * *"]]
        runs = await h.ask("runs", tenant="acme")
        assert {run["version"] for run in runs} == {listed["version"]}
        assert await h.ask("runs", tenant="globex") == []


async def next_firing(h: House, tenant: str = "acme") -> int | None:
    """Return when the tenant's one schedule fires next."""
    (one,) = await h.ask("schedules", tenant=tenant)
    return int(one["next"])


async def test_it_outlives_the_engine_and_the_latest_missed_firing_runs(house: Make) -> None:
    async with house() as h:
        await put(h)
        await h.close()
        await h.clock.advance(3 * DAY)
        await h.open()
        await h.settle()
        (run,) = await h.ask("runs", tenant="acme")
        assert run["schedule"]["missed"] == 2
        await h.crash()
        await h.advance(DAY)
        assert len(await h.ask("runs", tenant="acme")) == 2


async def test_a_skip_fires_the_next_one_now_at_its_own_time_and_never_again(house: Make) -> None:
    async with house() as h:
        await put(h, NAPS)
        due = await next_firing(h)
        assert due is not None
        run = await h.ask("skip_to_firing", tenant="acme", workflow="report")
        await h.settle()
        where = {name: run[name] for name in ("tenant", "workflow", "id")}
        rows = (await h.ask("history", **where))["rows"]
        assert [row["kind"] for row in rows[:3]] == ["queued", "time_skipped", "started"]
        assert json.loads(rows[1]["data"]) == {"by": due - rows[0]["at"]}
        assert (await h.status(where))["next_due"] == h.clock.now() + HOUR  # a nap begins at nine by its own clock
        assert await next_firing(h) == due + DAY
        await h.crash()
        await h.advance(due + HOUR - h.clock.now())  # past the time that was skipped to
        assert await outputs(h) == [due]
        await h.advance(DAY)
        assert await outputs(h) == [due, due + DAY]


async def test_skips_go_on_from_firing_to_firing_also_over_one_that_is_there_already(house: Make) -> None:
    async with house() as h:
        await put(h)
        due = await next_firing(h)
        assert due is not None
        for _ in range(2):
            await h.ask("skip_to_firing", tenant="acme", workflow="report")
        await h.ask("unschedule", tenant="acme", workflow="report")
        await put(h)
        await h.ask("skip_to_firing", tenant="acme", workflow="report")
        ids = [run["id"] for run in reversed(await h.ask("runs"))]
        assert ids == [f"0 9 * * *-{due + n * DAY}" for n in range(3)]
        versions = await h.engine.core.submit(lambda tx: tx.query("select distinct version from instance"))
        assert [version for (version,) in versions] == [(await h.ask("schedules"))[0]["version"]]


async def test_new_code_and_times_take_the_place_of_the_old_and_none_ends_it(house: Make) -> None:
    async with house() as h:
        first = await put(h)
        second = await put(h, flow("return 'new'", name="Report"), ["0 9 * * *"])
        assert second["version"] != first["version"]
        assert second["next"] == first["next"]
        await h.advance(DAY)
        assert await outputs(h) == ["new"]
        await h.ask("unschedule", tenant="acme", workflow="report")
        await h.ask("unschedule", tenant="acme", workflow="nothing")
        assert await h.ask("schedules") == []
        await h.crash()
        await h.advance(2 * DAY)
        assert await outputs(h) == ["new"]
        with pytest.raises(Refused, match='nothing is scheduled for "report"'):
            await h.ask("skip_to_firing", tenant="acme", workflow="report")


async def test_two_tenants_have_their_own_of_one_workflow(house: Make) -> None:
    async with house() as h:
        await put(h)
        await put(h, flow("return 'globex'", name="Report"), tenant="globex")
        await h.ask("unschedule", tenant="acme", workflow="report")
        await h.advance(DAY)
        assert await outputs(h) == []
        assert await outputs(h, "globex") == ["globex"]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("0 9 * *", "give five fields"),
        ([], "at least one"),
        (None, "at least one"),
        ([f"{n % 60} {n // 60} * * *" for n in range(101)], "at most 100"),
    ],
)
async def test_what_cannot_be_scheduled_says_why_and_changes_nothing(house: Make, given: Any, why: str) -> None:
    async with house() as h:
        await put(h, schedules="0 9 * * *")
        with pytest.raises(Refused, match=why):
            await put(h, schedules=given)
        (one,) = await h.ask("schedules")
        assert one["crons"] == ["0 9 * * *"]


async def test_a_request_that_is_sent_again_schedules_and_fires_once(house: Make) -> None:
    async with house() as h:
        assert await put(h, request="one") == await put(h, request="one")
        skips = [await h.ask("skip_to_firing", request="two", tenant="acme", workflow="report") for _ in range(2)]
        assert skips[0] == skips[1]
        assert len(await h.ask("runs")) == 1


async def test_an_export_takes_schedules_along_and_a_broken_one_is_refused(house: Make) -> None:
    async with house() as h:
        await put(h)
        connection = h.store.connection
        await h.engine.core.submit(lambda tx: None)
        copy = read_copy(connection, tenant_copy(connection, "acme"))
        assert json.loads(copy.execute("select policy from tenant").fetchone()[0])["schedules"]["report"]
        for wrong in ('{"schedules": {"report": {}}}', "[]", '{"schedules": {"a/b": {"crons": []}}}', "{"):
            copy.execute("update tenant set policy = ?", (wrong,))
            with pytest.raises(NotAStore, match="schedules"):
                read_copy(connection, copy.serialize())
        copy.close()


async def test_a_restart_goes_on_with_other_code_and_keeps_what_was_done(house: Make) -> None:
    before = flow(
        """
        @step.do("fetch")
        async def fetch():
            return await self.env.WORLD.fetch("data")

        @step.do("publish")
        async def publish():
            raise NonRetryableError("a typo")

        await fetch()
        return await publish()
        """
    )
    after = before.replace('raise NonRetryableError("a typo")', "return await self.env.WORLD.publish('data')")
    async with house() as h:
        run = await h.run(before, {"n": 1})
        assert (await h.status(run))["status"] == "errored"
        start: dict[str, Any] = {"from": {"name": "publish"}, "files": {"flow.py": after}, "main": "flow.py"}
        await h.ask("restart", **run, **start)
        await h.settle()
        status = await h.status(run)
        assert json.loads(status["output"]) == {"id": "publish-1"}
        assert json.loads(status["params"]) == {"n": 1}
        assert await h.ledger() == {"fetch": (1, 1), "publish": (1, 1)}
        version = (await h.ask("check", tenant="acme", files={"flow.py": after}, main="flow.py"))["version"]
        assert status["version"] == version
        await h.crash()
        assert (await h.status(run))["version"] == version
        with pytest.raises(Refused, match='of the workflow "flow", and flow.py holds "other"'):
            await h.ask("restart", **run, files={"flow.py": flow("return 1", name="Other")}, main="flow.py")
        assert (await h.status(run))["status"] == "complete"
        await h.ask("restart", **run)
        await h.settle()
        assert (await h.status(run))["version"] == version
