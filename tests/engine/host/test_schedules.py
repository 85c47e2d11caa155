"""Cron schedules: a firing creates one instance, whatever the clock or the engine does (semantics C.5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from dynamic_workflows.host.binding import Workflow
from dynamic_workflows.host.clocks import SeededEntropy, TestClock, passes
from dynamic_workflows.host.dispatcher import LoadContext, create_dynamic_workflow_entrypoint
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.core import SELECT_HISTORY
from dynamic_workflows.host.history.events import log
from dynamic_workflows.host.history.instance import HistoryRow
from dynamic_workflows.host.history.rebuild import derive, stored
from dynamic_workflows.host.running.loader import WorkerCode
from dynamic_workflows.in_process import InProcessSandboxes
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from dynamic_workflows.shared.errors import InvalidSchedule, StoreError
from tests.engine.host.volatile import Disk, VolatileStore

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NOON = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()) * 1000  # a Friday
FIVE = "*/5 * * * *"


class Tick(WorkflowEntrypoint):
    """Returns its event."""

    async def run(self, event: Any, step: Any) -> Any:
        return dict(event)


class Office:
    """An engine over a disk that survives it."""

    def __init__(self, *, chance: float = 0, seed: int = 0) -> None:
        self.disk, self.clock = Disk(seed, chance), TestClock(NOON)
        self.engine: Engine

    @asynccontextmanager
    async def open(
        self, schedules: Any = None, entrypoint: type[WorkflowEntrypoint] = Tick, limits: Limits | None = None
    ) -> AsyncIterator[Workflow]:
        """Open the engine, bind ``tick`` with schedules, and check the derived tables at the end."""
        store = VolatileStore(self.disk)
        with closing(store.connection):  # also of an engine that crashes in its first turn
            async with Engine.open(
                store, clock=self.clock, entropy=SeededEntropy(), sandboxes=InProcessSandboxes(self.clock),
                limits=limits,
            ) as self.engine:  # fmt: skip
                binding = self.engine.bind("tick", entrypoint, schedules=schedules)
                await self.settle()
                yield binding
                await self.settle()
                expected, found = await self.engine.core.submit(lambda tx: (derive(tx), stored(tx)))
                assert found == expected

    async def settle(self) -> None:
        """Let everything that needs no time happen."""
        before = -1
        while before != self.engine.core.turns:
            before = self.engine.core.turns
            await passes(100)

    async def advance(self, ms: int) -> None:
        """Let time pass."""
        await self.clock.advance(ms)
        await self.settle()

    async def rows(self, sql: str) -> list[Any]:
        """Return what SQL finds."""
        return await self.engine.core.submit(lambda tx: tx.query(sql))

    async def ids(self) -> list[str]:
        """Return the ids of all instances, oldest first."""
        return [id for (id,) in await self.rows("select id from instance order by uid")]

    async def log(self, uid: int) -> list[dict[str, Any]]:
        """Return an instance's history as the reference's log."""
        return log(HistoryRow(*row) for row in await self.rows(SELECT_HISTORY.replace("?", str(uid))))

    async def missed(self) -> list[int]:
        """Return what each instance's first row counts as missed."""
        sql = "select coalesce(json_extract(data, '$.schedule.missed'), 0) from history where kind = 'queued'"
        return [missed for (missed,) in await self.rows(sql)]


def firing(cron: str, *minutes: float) -> list[str]:
    """Return the ids of firings so many minutes after noon."""
    return [f"{cron}-{NOON + round(m * MINUTE)}" for m in minutes]


async def test_a_firing_creates_an_instance_that_knows_its_schedule() -> None:
    office = Office()
    async with office.open(FIVE) as tick:
        await office.advance(5 * MINUTE - 1)
        assert await office.ids() == []
        await office.advance(1)
        (id,) = await office.ids()
        assert id == f"{FIVE}-{NOON + 5 * MINUTE}"
        status = await (await tick.get(id)).status()
        assert status["output"] == {
            "payload": {}, "timestamp": datetime(2026, 11, 20, 12, 5), "instanceId": id, "workflowName": "tick",
            "schedule": {"cron": FIVE, "scheduledTime": NOON + 5 * MINUTE},
        }  # fmt: skip
        await office.advance(10 * MINUTE)
        assert await office.ids() == firing(FIVE, 5, 10, 15)
        assert await office.missed() == [0, 0, 0]
        assert await tick.delete_batch([id]) == {"deleted": [{"id": id}], "errors": []}


async def test_an_instance_that_is_called_for_has_no_schedule_and_one_restarted_keeps_it() -> None:
    office = Office()
    async with office.open(FIVE) as tick:
        called = await tick.create()
        await office.advance(5 * MINUTE)
        assert "schedule" not in (await called.status())["output"]
        scheduled = await tick.get(firing(FIVE, 5)[0])
        await scheduled.restart()
        await office.settle()
        assert (await scheduled.status())["output"]["schedule"] == {"cron": FIVE, "scheduledTime": NOON + 5 * MINUTE}
        for uid, trigger in ((1, 1), (2, 3)):
            entry = (await office.log(uid))[0]
            assert (entry["event"], entry["metadata"]["trigger"]) == (0, trigger)


async def test_each_expression_fires_for_itself() -> None:
    office = Office()
    async with office.open([FIVE, "0 * * * FRI", FIVE]):
        await office.advance(HOUR)
        ids = await office.ids()
        assert sorted(ids) == sorted(firing(FIVE, *range(5, 61, 5)) + firing("0 * * * FRI", 60))
        await office.advance(36 * HOUR)
        assert len([id for id in await office.ids() if id.startswith("0 ")]) == 11  # until midnight


async def test_of_what_was_missed_the_latest_runs_and_the_rest_is_counted() -> None:
    office = Office()
    async with office.open(FIVE):
        await office.advance(5 * MINUTE)
    await office.clock.advance(31 * DAY + 2 * MINUTE)
    async with office.open(FIVE):
        last = 31 * DAY // MINUTE + 5
        assert await office.ids() == firing(FIVE, 5, last)
        assert await office.missed() == [0, 31 * 288 - 1]
        await office.advance(5 * MINUTE)
        assert await office.ids() == firing(FIVE, 5, last, last + 5)


async def test_a_machine_that_slept_catches_up_when_it_looks_at_the_clock() -> None:
    office = Office()
    async with office.open(FIVE):
        office.clock.set_wall(NOON + 3 * HOUR)
        office.engine.core.look()
        await office.settle()
        assert await office.ids() == firing(FIVE, 180)
        assert await office.missed() == [35]


async def test_a_clock_that_goes_back_fires_nothing_again() -> None:
    office = Office()
    async with office.open(FIVE):
        await office.advance(10 * MINUTE)
        office.clock.set_wall(NOON + 4 * MINUTE)
        await office.advance(6 * MINUTE)
        assert await office.ids() == firing(FIVE, 5, 10)
    async with office.open(FIVE):
        await office.advance(5 * MINUTE)
        assert await office.ids() == firing(FIVE, 5, 10, 15)
        office.clock.set_wall(NOON + 4 * MINUTE)
        office.engine.bind("tick", Tick)
        office.engine.bind("tick", Tick, schedules=FIVE)  # begun anew, before what it has done
        await office.advance(16 * MINUTE)
        assert await office.ids() == firing(FIVE, 5, 10, 15, 20)


async def test_another_list_stops_what_it_leaves_out_and_begins_what_is_new() -> None:
    office = Office()
    async with office.open([FIVE, "7 * * * *"]):
        await office.advance(5 * MINUTE)
    await office.clock.advance(6 * MINUTE)
    async with office.open([FIVE, "9,14 * * * *"]):
        assert await office.ids() == firing(FIVE, 5, 10)
        await office.advance(3 * MINUTE)
        assert await office.ids() == [*firing(FIVE, 5, 10), *firing("9,14 * * * *", 14)]
        office.engine.bind("tick", Tick)
        await office.advance(HOUR)
        assert len(await office.ids()) == 3
        assert await office.rows("select * from schedule") == []


async def test_a_date_far_away_comes_on_time() -> None:
    office = Office()
    async with office.open("30 8 29 2 *") as tick:
        leap = int(datetime(2028, 2, 29, 8, 30, tzinfo=UTC).timestamp()) * 1000
        office.clock.set_wall(leap - 90 * MINUTE)
        await office.advance(90 * MINUTE - 1)
        assert await office.ids() == []
        await office.advance(1)
        assert (await (await tick.get(f"30 8 29 2 *-{leap}")).status())["status"] == "complete"


async def test_schedules_are_not_held_back_by_the_creation_rate() -> None:
    office = Office()
    crons = [f"{'0,' * n}0 13 * * *" for n in range(5)]
    async with office.open(crons, limits=Limits(creation_rate=1, workflow_creation_rate=1)):
        await office.advance(HOUR)
        assert len(await office.ids()) == 5


def dispatcher(office: Office, scheduled: dict[str, Any] | None, seen: list[Any]) -> type[WorkflowEntrypoint]:
    def load(context: LoadContext) -> Any:
        seen.append(context.metadata)
        code = WorkerCode(main_module="flow.py", modules={"flow.py": SOURCE})
        return office.engine.loader.load(code).get_entrypoint("Flow")

    return create_dynamic_workflow_entrypoint(load, scheduled=scheduled)


SOURCE = """
from workers import WorkflowEntrypoint
class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        return [event["payload"], event["schedule"]["cron"], event["workflowName"]]
"""


async def test_a_dispatcher_runs_its_scheduled_instances_with_the_metadata_it_was_given() -> None:
    office, seen = Office(), list[Any]()
    metadata = {"tenantId": "acme", "version": "7"}
    async with office.open(FIVE, dispatcher(office, metadata, seen)) as tick:
        await office.advance(5 * MINUTE)
        instance = await tick.scoped("acme").get(firing(FIVE, 5)[0])
        assert (await instance.status())["output"] == [{}, FIVE, "tick"]
        assert seen == [metadata]
        assert (await office.log(1))[0]["metadata"]["params"] == {}


async def test_a_dispatcher_without_metadata_for_them_cannot_be_scheduled() -> None:
    office = Office()
    async with office.open():
        with pytest.raises(InvalidSchedule, match=r'"other" is a dispatcher, .* scheduled='):
            office.engine.bind("other", dispatcher(office, None, []), schedules=FIVE)
        office.engine.bind("other", dispatcher(office, {}, []), schedules=FIVE)
        await office.advance(5 * MINUTE)
        assert await office.rows("select tenant, workflow from instance") == [("", "other")]


async def test_the_limits_of_schedules() -> None:
    office = Office()
    many = [f"{n % 60} {n // 60} * * *" for n in range(101)]
    async with office.open(many[:60]):
        for wrong, says in (
            ("", "1 to 256"), ([], "at least one"), ((), "at least one"), ([""], "1 to 256"), (7, "at least one"),
            ({FIVE}, "at least one"), ([FIVE, None], "1 to 256"), ("* * *", "five fields"),
        ):  # fmt: skip
            with pytest.raises(InvalidSchedule, match=says):
                office.engine.bind("other", Tick, schedules=wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidSchedule, match="at most 100 expressions"):
            office.engine.bind("other", Tick, schedules=many[:41])
        office.engine.bind("other", Tick, schedules=many[:40])
        office.engine.bind("tick", Tick, schedules=many[:60])  # again, and no more than before
        with pytest.raises(InvalidSchedule, match="at most 100 expressions"):
            office.engine.bind("tick", Tick, schedules=many[:61])
        office.engine.bind("other", Tick)
        office.engine.bind("tick", Tick, schedules=many[:100])
        await office.settle()
        assert await office.rows("select count(*) from schedule") == [(100,)]
        assert "other" in office.engine.workflows


@pytest.mark.parametrize("seed", range(25))
async def test_a_crash_at_any_flush_around_a_firing_leaves_one_instance_of_it(seed: int) -> None:
    """Every firing is either there once, or counted by the next one that is."""
    office = Office(chance=0.25, seed=seed)
    end = NOON + 61 * MINUTE
    while office.clock.now() < end:
        with suppress(StoreError):
            async with office.open([FIVE, "7 * * * *"]):
                while office.clock.now() < end and office.engine.core.failure is None:
                    await office.advance(min(40_000, end - office.clock.now()))
    print(f"seed {seed}: crashed {office.disk.crashes}")
    office.disk.chance = 0
    async with office.open([FIVE, "7 * * * *"]):
        ids = await office.ids()
        assert len(set(ids)) == len(ids)
        assert sum(id.startswith("*") for id in ids) + sum(await office.missed()) == 12
        assert [id for id in ids if id.startswith("7")] == firing("7 * * * *", 7)
        statuses = await office.rows("select distinct status from instance")
        assert statuses == [("complete",)]
