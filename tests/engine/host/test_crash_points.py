"""Named crash points: the engine stands where the point's name says, and going on from there loses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest

from dynamic_workflows.host.history.crash_points import POINTS, crash_at
from dynamic_workflows.shared.errors import WorkflowError
from tests.engine.host.harness import SECOND, House, flow
from tests.engine.host.volatile import Disk, VolatileStore

Make = Callable[..., House]

ONE = flow(
    """
    @step.do("pay")
    async def pay():
        return (await self.env.WORLD.pay(1, key="1"))["id"]
    paid = await pay()
    await step.sleep("nap", "3 seconds")
    return [paid, (await step.wait_for_event("answer", "answer"))["payload"]]
    """
)
BEGUN = ["queued", "started"]
PAID = [*BEGUN, "step.started", "step.completed"]
ASLEEP = [*PAID, "sleep.started"]
WAITS = [*ASLEEP, "sleep.completed", "wait.started"]
STORED = {
    "before-start": BEGUN, "after-effect": [*BEGUN, "step.started"], "after-store": PAID, "in-sleep": ASLEEP,
    "in-event": WAITS,
}  # fmt: skip


def kinds(disk: Disk) -> list[str]:
    """Return the kinds of what is on the disk."""
    connection = sqlite3.connect(":memory:")
    assert disk.image is not None
    connection.deserialize(disk.image)
    rows = connection.execute("select kind from history where uid > 0 order by seq").fetchall()
    connection.close()
    return [kind for (kind,) in rows]


async def reopen(h: House, disk: Disk, image: bytes | None) -> None:
    """Go on from what was stored in some moment."""
    disk.image = image
    await h.crash(VolatileStore(disk))
    await h.settle()


@pytest.mark.parametrize("point", [point for point in POINTS if point != "in-flush"])
async def test_what_is_stored_at_each_point_is_what_its_name_says(house: Make, point: str) -> None:
    disk = Disk(0, chance=0)
    h = house()
    await h.open(VolatileStore(disk))
    images: list[bytes | None] = []
    crash_at(h.engine.core, point, lambda: images.append(disk.image))
    run = await h.run(ONE, id="one")
    await h.advance(3 * SECOND)
    await h.ask("send_event", **run, type="answer", payload=2)
    await h.settle()
    assert len(images) == 1  # once, although the run passed there and went on
    disk.image = images[0]
    assert kinds(disk) == STORED[point]
    await reopen(h, disk, images[0])
    await h.advance(3 * SECOND)
    await h.ask("send_event", **run, type="answer", payload=2)
    await h.settle()
    assert (await h.status(run))["output"] == '["pay-1",2]'
    assert await h.ledger() == {"pay": ((2 if point == "after-effect" else 1), 1)}
    await h.close()


async def test_a_flush_has_begun_and_has_not_ended(house: Make) -> None:
    h, disk = house(), Disk(0, chance=0)
    await h.open(VolatileStore(disk))
    seen: list[str] = []
    durable = h.store.durable

    async def slow(turn: int) -> int:
        seen.append("begins")
        await h.clock.advance(1)
        covered = await durable(turn)
        seen.append("ends")
        return covered

    h.store.durable = slow  # type: ignore[method-assign]
    crash_at(h.engine.core, "in-flush", lambda: seen.append("killed"))
    await h.run(ONE)
    assert seen[:3] == ["begins", "killed", "ends"]
    assert seen.count("killed") == 1
    await h.close()


async def test_somebody_who_sleeps_already_is_reason_enough(house: Make) -> None:
    async with house() as h:
        await h.run(ONE)
        seen: list[int] = []
        crash_at(h.engine.core, "in-sleep", lambda: seen.append(1))
        await h.advance(0)
        assert seen == [1]


async def test_a_later_point_takes_the_place_of_an_earlier_one(house: Make) -> None:
    async with house() as h:
        seen: list[str] = []
        crash_at(h.engine.core, "in-event", lambda: seen.append("event"))
        crash_at(h.engine.core, "after-store", lambda: seen.append("store"))
        run = await h.run(ONE)
        await h.ask("send_event", **run, type="answer", payload=2)
        assert seen == ["store"]


async def test_a_point_that_does_not_exist_is_refused(house: Make) -> None:
    async with house() as h:
        with pytest.raises(
            WorkflowError, match=r"There is no crash point 'nowhere'; there are before-start, .*in-flush\."
        ):
            crash_at(h.engine.core, "nowhere", lambda: None)
        assert h.engine.core.witness is None


async def test_a_point_that_was_taken_back_is_passed(house: Make) -> None:
    async with house() as h:
        reached: list[str] = []
        crash_at(h.engine.core, "after-effect", lambda: reached.append("after-effect"))
        crash_at(h.engine.core, "", lambda: reached.append("none"))
        run = await h.run(ONE)
        assert (reached, (await h.status(run))["state"]) == ([], "sleeping")
