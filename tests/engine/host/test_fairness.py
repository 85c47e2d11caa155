"""Slots and sandboxes: who goes first, who waits, and what nobody may take (design, section 6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dynamic_workflows.host.binding import Workflow
from dynamic_workflows.host.clocks import SeededEntropy, TestClock
from dynamic_workflows.host.engine import Engine, Limits
from dynamic_workflows.host.history.instance import Instance
from dynamic_workflows.host.history.sqlite import sqlite_store
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Listener
from dynamic_workflows.in_process import InProcessSandbox, InProcessSandboxes
from dynamic_workflows.shared.entrypoints import WorkflowEntrypoint
from tests.engine.host.harness import SECOND, House, flow

Make = Callable[..., House]

QUICK = flow("return await step.do('only')(lambda: 1)()")
SLOW = flow(
    """
    async def work():
        return (await self.env.WORLD.work())["id"]
    return await step.do("slow")(work)()
    """
)
NAPS = flow('await step.sleep("nap", "10 seconds")\nreturn 1')


async def make(h: House, source: str, tenant: str, count: int = 1) -> list[dict[str, Any]]:
    """Create instances without waiting for anything, all in line before one of them runs."""
    files = {"flow.py": source}
    rooms, h.engine.scheduler._slots = h.engine.scheduler._slots, 0
    found = [await h.ask("run", tenant=tenant, files=files, main="flow.py") for _ in range(count)]
    h.engine.scheduler._slots = rooms
    return [{name: run[name] for name in ("tenant", "workflow", "id")} for run in found]


async def go(h: House) -> None:
    """Let everything go on that is in line."""
    h.engine.core.post(lambda tx: None)
    await h.settle()


async def order(h: House, kind: str) -> list[str]:
    """Return whose rows of one kind there are, in the order of history."""
    sql = "select tenant from history h join instance i on i.uid = h.uid where h.kind = ? order by pos"
    return [tenant for (tenant,) in await h.engine.core.submit(lambda tx: tx.query(sql, (kind,)))]


async def test_a_thousand_in_line_do_not_starve_one(house: Make) -> None:
    async with house(limits=Limits(slots=4)) as h:
        await make(h, QUICK, "greedy")
        greedy = h.engine.workflow("flow").scoped("greedy")
        params = (await h.engine.core.submit(lambda tx: tx.query("select params from instance")))[0][0]
        h.engine.scheduler._slots = 0
        await h.engine.core.submit(
            lambda tx: [h.engine.operations.add(tx, "flow", "greedy", f"g{n}", params) for n in range(1_000)]
        )
        (modest,) = await make(h, QUICK, "modest")
        h.engine.scheduler._slots = 4
        await go(h)
        ends = await order(h, "completed")
        assert len(ends) == 1_002
        assert ends.index("modest") < 20
        assert (await h.status(modest))["status"] == "complete"
        assert (await (await greedy.get("g999")).status())["status"] == "complete"


async def test_tenants_take_turns_for_slots(house: Make) -> None:
    async with house(limits=Limits(slots=1)) as h:
        for tenant in "abc":
            await make(h, QUICK, tenant, 4)
        await go(h)
        assert await order(h, "started") == ["a", "b", "c"] * 4


async def test_who_goes_on_is_before_who_begins_and_is_queued_until_then(house: Make) -> None:
    async with house(world_delay=20 * SECOND, limits=Limits(slots=1)) as h:
        (napping,) = await make(h, NAPS, "a")
        await go(h)
        await make(h, SLOW, "b")
        await go(h)
        await make(h, QUICK, "c", 3)
        subscription = (await h.engine.workflow("flow").scoped("a").get(napping["id"])).subscribe()
        assert (await h.status(napping))["status"] == "waiting"
        await h.advance(10 * SECOND)
        assert (await h.status(napping))["status"] == "queued"
        columns = "select status, priority, ready_at from instance where tenant = 'a'"
        woke = h.clock.now()
        assert await h.engine.core.submit(lambda tx: tx.query(columns)) == [("queued", 1, woke)]
        await h.advance(10 * SECOND)
        assert await order(h, "completed") == ["b", "a", "c", "c", "c"]
        kinds = await h.kinds(napping)
        assert kinds[-3:] == ["requeued", "started", "completed"]
        types = [event["type"] async for event in subscription]
        assert types[types.index("sleep_completed") :] == [
            "sleep_completed", "workflow_running", "workflow_queued", "workflow_running", "workflow_completed",
        ]  # fmt: skip
        assert types.count("workflow_started") == 1


async def test_who_waits_for_a_slot_again_can_be_paused_and_crash(house: Make) -> None:
    async with house(world_delay=20 * SECOND, limits=Limits(slots=1)) as h:
        (napping,) = await make(h, NAPS, "a")
        await go(h)
        await make(h, SLOW, "b")
        await go(h)
        await h.advance(10 * SECOND)
        await h.ask("pause", **napping)
        assert (await h.status(napping))["status"] == "paused"
        await h.advance(10 * SECOND)
        assert await order(h, "completed") == ["b"]
        await make(h, SLOW, "b")
        await go(h)
        await h.ask("resume", **napping)
        assert (await h.status(napping))["status"] == "queued"
        await h.crash()
        await h.advance(20 * SECOND)
        assert sorted(await order(h, "completed")) == ["a", "b", "b"]


async def test_a_reopened_engine_lets_go_on_before_it_begins_anything(house: Make) -> None:
    async with house(limits=Limits(slots=1)) as h:
        await make(h, NAPS, "a")
        await go(h)
        await make(h, QUICK, "b", 2)
        await make(h, QUICK, "c", 2)
        await h.platform.close()
        await h.clock.advance(10 * SECOND)
        await h.open()
        await h.settle()
        assert (await order(h, "completed"))[0] == "a"
        assert sorted(await order(h, "completed")) == ["a", "b", "b", "c", "c"]


async def test_there_are_never_more_runs_than_slots(house: Make) -> None:
    async with house(world_delay=3 * SECOND, limits=Limits(slots=3)) as h:
        most = [0]

        def watch(tx: Transaction, changed: dict[int, Instance]) -> None:
            most.append(len(h.engine.scheduler.active))

        h.engine.watch(watch)
        for tenant in "abcdef":
            await make(h, SLOW, tenant, 3)
        await go(h)
        for _ in range(20):
            await h.advance(3 * SECOND)
        assert len(await order(h, "completed")) == 18
        assert max(most) == 3


# -- sandboxes: one for each of the workflows a, b, c, which here stand for tenants


class Pauses:
    """A service whose answers take as long as they are asked to."""

    kind = "service"

    def __init__(self, clock: TestClock) -> None:
        self._clock = clock

    async def wait(self, ms: int) -> None:
        """Answer later."""
        answer = asyncio.get_running_loop().create_future()
        self._clock.call_later(ms, lambda: answer.set_result(None))
        await answer


class Quick(WorkflowEntrypoint):
    """One step that takes no time."""

    async def run(self, event: Any, step: Any) -> Any:
        return await step.do("only")(lambda: 1)()


class Slow(WorkflowEntrypoint):
    """One attempt of twelve seconds, or as many milliseconds as its payload says."""

    async def run(self, event: Any, step: Any) -> Any:
        await step.do("slow")(lambda: self.env.PAUSES.wait(event["payload"].get("ms", 12 * SECOND)))()


class Restless(WorkflowEntrypoint):
    """Thirty steps in half a minute, and no attempt in flight between them."""

    async def run(self, event: Any, step: Any) -> Any:
        for _ in range(30):
            await step.do("tick")(lambda: 1)()
            await step.sleep("nap", 900)


class Hotel(InProcessSandboxes):
    """Says which sandboxes were opened, and when."""

    def __init__(self, clock: TestClock, capacity: int, most: int | None = None) -> None:
        super().__init__(clock, capacity=capacity)
        self.opened: list[tuple[str, int]] = []
        self.at_once = 0
        self.most = most or self.most

    async def open(self, loader_id: str, listener: Listener) -> InProcessSandbox:
        self.opened.append((loader_id.partition("/")[2], self._clock.elapsed()))
        sandbox = await super().open(loader_id, listener)
        self.at_once = max(self.at_once, len(self._open))
        return sandbox


class Street:
    """An engine with a hotel of sandboxes, and the workflows that want to stay there."""

    def __init__(self, engine: Engine, clock: TestClock, hotel: Hotel) -> None:
        self.engine, self.clock, self.hotel = engine, clock, hotel

    async def create(
        self, name: str, entrypoint: type[WorkflowEntrypoint], count: int = 1, params: Any = None
    ) -> Workflow:
        """Create instances, all of them in line before one runs."""
        binding = self.engine.bind(name, entrypoint, env={"PAUSES": Pauses(self.clock)})
        await binding.create_batch({"count": count, "params": params})
        return binding

    async def advance(self, ms: int) -> None:
        """Let time pass."""
        await self.clock.advance(ms, rest=200)

    async def rows(self, kind: str) -> list[str]:
        """Return whose rows of one kind there are, in the order of history."""
        sql = "select workflow from history h join instance i on i.uid = h.uid where h.kind = ? order by pos"
        return [name for (name,) in await self.engine.core.submit(lambda tx: tx.query(sql, (kind,)))]


@asynccontextmanager
async def street(path: Path, *, capacity: int, most: int | None = None, slots: int = 64) -> AsyncIterator[Street]:
    clock = TestClock()
    hotel = Hotel(clock, capacity, most)
    async with Engine.open(
        sqlite_store(str(path / "street.sqlite")), clock=clock, entropy=SeededEntropy(), sandboxes=hotel,
        limits=Limits(slots=slots),
    ) as engine:  # fmt: skip
        yield Street(engine, clock, hotel)


async def test_a_tenant_keeps_its_sandbox_until_it_has_nothing_to_run(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1, slots=1) as s:
        await s.create("a", Quick, 5)
        await s.create("b", Quick, 5)
        await s.advance(0)
        assert await s.rows("completed") == ["a"] * 5 + ["b"] * 5
        assert [name for name, _ in s.hotel.opened] == ["a", "b"]


async def test_after_five_seconds_a_sandbox_is_taken_between_two_attempts(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1) as s:
        await s.create("a", Restless)
        await s.advance(7 * SECOND)
        await s.create("b", Quick)
        await s.advance(SECOND)
        assert (await s.rows("queued"), await s.rows("started")) == (["a", "b"], ["a"])
        await s.advance(60 * SECOND)
        assert s.hotel.opened[:3] == [("a", 0), ("b", 12 * SECOND), ("a", 12 * SECOND)]
        assert s.hotel.at_once == 1
        assert sorted(await s.rows("completed")) == ["a", "b"]
        assert await s.rows("step.failed") == []
        assert (await s.rows("step.started")).count("a") == 30


async def test_the_sandbox_that_was_used_least_recently_is_taken(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=3) as s:
        for name in "abca":
            await s.create(name, Quick)
            await s.advance(0)
        await s.create("d", Quick)
        await s.advance(0)
        assert sorted(worker.loader_id for worker in s.engine.workers) == ["bound/a", "bound/c", "bound/d"]


async def test_an_attempt_in_flight_keeps_its_sandbox_whoever_waits(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1, most=1) as s:
        await s.create("a", Slow)
        await s.create("b", Quick)
        await s.advance(30 * SECOND)
        assert s.hotel.opened == [("a", 0), ("b", 12 * SECOND)]
        assert await s.rows("step.failed") == []
        assert sorted(await s.rows("step.started")) == ["a", "b"]


async def test_more_sandboxes_are_opened_while_attempts_keep_all_of_them_and_closed_again(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=2) as s:
        for name in "abcdef":
            await s.create(name, Slow)
        await s.advance(60 * SECOND)
        assert s.hotel.opened == [
            ("a", 0), ("b", 0), ("c", 5 * SECOND), ("d", 10 * SECOND), ("e", 12 * SECOND), ("f", 12 * SECOND)
        ]  # fmt: skip
        assert s.hotel.at_once == 4
        assert len(await s.rows("completed")) == 6
        assert len(s.engine.workers) == 2


async def test_one_opened_above_the_capacity_is_closed_again_though_nobody_else_ever_waits(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1) as s:
        await s.create("a", Slow)
        await s.create("b", Quick)
        await s.advance(60 * SECOND)
        assert s.hotel.opened == [("a", 0), ("b", 5 * SECOND)]
        assert [worker.loader_id.partition("/")[2] for worker in s.engine.workers] == ["a"]


async def test_an_attempt_that_ends_soon_enough_makes_nobody_open_more(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1) as s:
        await s.create("a", Slow)
        await s.advance(8 * SECOND)
        await s.create("b", Quick)
        await s.advance(30 * SECOND)
        assert s.hotel.opened == [("a", 0), ("b", 12 * SECOND)]
        assert s.hotel.at_once == 1


async def test_tenants_take_turns_for_sandboxes(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1, most=1) as s:
        for name in "abc":
            await s.create(name, Restless, 2)
        await s.advance(300 * SECOND)
        names = [name for name, _ in s.hotel.opened]
        times = [at for _, at in s.hotel.opened]
        assert names[:9] == ["a", "b", "c"] * 3
        assert times[:4] == [0, 5 * SECOND, 10 * SECOND, 15 * SECOND]
        assert await s.rows("step.failed") == []
        assert len(await s.rows("completed")) == 6


async def test_who_waits_for_a_sandbox_takes_no_slot(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1, most=1, slots=2) as s:
        await s.create("a", Slow)
        for name in "bcde":
            await s.create(name, Slow)
        await s.create("a", Slow, 3, {"ms": 100})
        await s.advance(SECOND)
        assert await s.rows("completed") == ["a"] * 3


async def test_nobody_waits_for_ever_for_a_sandbox_that_never_came(tmp_path: Path) -> None:
    async with street(tmp_path, capacity=1, most=1) as s:
        await s.create("a", Slow)
        waits = await s.create("b", Quick)
        await s.advance(SECOND)
        (id,) = (await s.engine.core.submit(lambda tx: tx.query("select id from instance where workflow = 'b'")))[0]
        await (await waits.get(id)).terminate()
        await s.create("c", Quick)
        await s.advance(30 * SECOND)
        assert sorted(await s.rows("completed")) == ["a", "c"]
        assert s.engine.scheduler.running == s.engine.scheduler.waiting == 0
