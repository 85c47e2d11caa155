"""Events in order and exactly once, and which steps a restart keeps (semantics C.3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host.harness import SECOND, House, Refused, flow
from tests.engine.host.test_lifecycle import start

Make = Callable[..., House]


async def output(h: House, run: dict[str, Any]) -> Any:
    status = await h.status(run)
    assert status["status"] == "complete", status
    return json.loads(status["output"])


async def send(h: House, run: dict[str, Any], *events: tuple[str, Any]) -> None:
    for type, payload in events:
        await h.ask("send_event", **run, type=type, payload=payload)


async def test_many_buffered_events_keep_their_order_over_a_crash(house: Make) -> None:
    source = flow(
        """
        await step.sleep("nap", "10 seconds")
        return [(await step.wait_for_event(f"wait {n}", "n" if n % 3 else "m")).payload for n in range(36)]
        """
    )
    async with house() as h:
        run = await h.run(source)
        await send(h, run, *((("m", -n) if n % 3 == 0 else ("n", n)) for n in range(30)))
        await h.crash()
        await h.advance(10 * SECOND)
        await h.crash()
        await send(h, run, *((("m", -n) if n % 3 == 0 else ("n", n)) for n in range(30, 36)))
        await h.settle()
        assert await output(h, run) == [n if n % 3 else -n for n in range(36)]


async def test_the_oldest_waiter_of_the_type_gets_an_event_whatever_it_is_called(house: Make) -> None:
    source = flow(
        """
        async def wait(name, type):
            got = await step.wait_for_event(name, type)
            return [name, got.payload, got.type]
        return await asyncio.gather(wait("z", "a"), wait("b", "b"), wait("a", "a"), wait("z", "a"))
        """
    )
    async with house() as h:
        run = await h.run(source)
        await send(h, run, ("a", 1), ("c", 0), ("a", 2), ("b", 3), ("a", 4))
        await h.settle()
        assert await output(h, run) == [["z", 1, "a"], ["b", 3, "b"], ["a", 2, "a"], ["z", 4, "a"]]


async def test_a_wait_that_timed_out_takes_no_event(house: Make) -> None:
    source = flow(
        """
        said = []
        try:
            await step.wait_for_event("first", "go", timeout="5 seconds")
        except Exception as error:
            said.append(str(error))
        await step.sleep("nap", "5 seconds")
        said.append((await step.wait_for_event("second", "go")).payload)
        return said
        """
    )
    async with house() as h:
        run = await h.run(source)
        await h.advance(5 * SECOND)
        await send(h, run, ("go", "late"))
        await h.advance(5 * SECOND)
        said, payload = await output(h, run)
        assert "Execution timed out after 5000ms" in said
        assert payload == "late"


async def test_an_event_that_comes_at_the_deadline_is_too_late_and_kept(house: Make) -> None:
    source = flow(
        """
        try:
            return (await step.wait_for_event("first", "go", timeout="5 seconds")).payload
        except Exception:
            return ["late", (await step.wait_for_event("second", "go")).payload]
        """
    )
    async with house() as h:
        run = await h.run(source)
        h.clock.set_wall(h.clock.now() + 5 * SECOND)  # the timer has not fired yet when the event arrives
        await send(h, run, ("go", 1))
        await h.settle()
        assert await output(h, run) == ["late", 1]


async def test_the_payload_and_the_type_of_an_event_have_limits(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('return len((await step.wait_for_event("a", "a")).payload)'))
        with pytest.raises(
            Refused, match="The event's payload is too large: 1,048,579 bytes. Maximum allowed size is 1MiB"
        ):
            await send(h, run, ("a", "x" * ((1 << 20) + 1)))
        for type in ("", "a.b", "-a", "a" * 101, "a\n", 5, None):
            with pytest.raises(Refused, match="workflow.invalid_event_type"):
                await send(h, run, (type, 1))  # type: ignore[arg-type]
        await send(h, run, ("a", "x" * ((1 << 20) - 2)))
        await h.settle()
        assert await output(h, run) == (1 << 20) - 2


PARALLEL = flow(
    """
    world = self.env.WORLD

    def named(name, seconds):
        async def work():
            receipt = await getattr(world, name)()
            await asyncio.sleep(seconds)
            return receipt["id"]
        return step.do(name)(work)()

    first = await asyncio.gather(named("a", 3), named("b", 1), named("c", 2))
    await step.sleep("a", 1000)
    again = [await named("a", 0), await named("a", 0)]
    return first + again
    """
)


async def test_a_restart_from_a_parallel_step_keeps_the_siblings_that_started_before_it(house: Make) -> None:
    async with house() as h:
        run = await h.run(PARALLEL)
        await h.advance(10 * SECOND)
        assert await output(h, run) == ["a-1", "b-1", "c-1", "a-2", "a-3"]
        await h.ask("restart", **run, **start("b"))
        await h.advance(10 * SECOND)
        assert await output(h, run) == ["a-1", "b-2", "c-2", "a-4", "a-5"]  # a finished last, and is kept


async def test_a_restart_counts_the_occurrences_of_a_name_and_takes_do_steps_unless_told(house: Make) -> None:
    async with house() as h:
        run = await h.run(PARALLEL)
        await h.advance(10 * SECOND)
        await h.ask("restart", **run, **start("a", count=3))
        await h.advance(10 * SECOND)
        assert await output(h, run) == ["a-1", "b-1", "c-1", "a-2", "a-4"]
        before = await h.ask("history", **run)
        for fields in ({"count": 4}, {"count": 2, "type": "sleep"}, {"type": "waitForEvent"}):
            with pytest.raises(Refused, match=r'\(instance.cannot_restart\) Step "a" not found in execution history'):
                await h.ask("restart", **run, **start("a", **fields))
        assert await h.ask("history", **run) == before
        await h.ask("restart", **run, **start("a", type="sleep"))
        await h.settle()
        assert (await h.status(run))["status"] == "waiting"
        await h.advance(10 * SECOND)
        assert await output(h, run) == ["a-1", "b-1", "c-1", "a-5", "a-6"]


async def test_a_restart_wipes_timers_and_buffered_events(house: Make) -> None:
    source = flow(
        """
        await step.do("one")(lambda: 1)()
        got = (await step.wait_for_event("a", "a")).payload
        @step.do("two")
        def two():
            return 2
        await two()
        try:
            return [got, (await step.wait_for_event("b", "b", timeout="10 seconds")).payload]
        except Exception:
            return [got, "none"]
        """
    )
    async with house() as h:
        run = await h.run(source)
        await send(h, run, ("a", 1), ("a", 2), ("c", 3))
        await h.advance(6 * SECOND)
        await h.ask("restart", **run, **start("two"))
        await h.settle()
        assert await h.engine.core.submit(lambda tx: tx.query("select count(*) from inbox")) == [(0,)]
        await h.advance(10 * SECOND - 1)
        assert (await h.status(run))["status"] == "waiting"
        await h.advance(1)
        assert await output(h, run) == [1, "none"]
        await h.ask("restart", **run)
        await h.advance(60 * SECOND)
        assert (await h.status(run))["status"] == "waiting"  # for an event that is not there any more


async def test_a_pause_lets_all_attempts_in_flight_finish_and_reaches_no_tenant_code(house: Make) -> None:
    source = flow(
        """
        async def part(n):
            async def work():
                return (await self.env.WORLD.work(n, key=str(n)))["id"]
            try:
                return await step.do(f"part {n}")(work)()
            except BaseException as error:
                await self.env.WORLD.leaked(type(error).__name__)
                raise
        found = await asyncio.gather(*map(part, range(3)))
        await self.env.WORLD.after(key="after")
        return found
        """
    )
    async with house(world_delay=5 * SECOND) as h:
        run = await h.run(source)
        await h.advance(SECOND)
        await h.ask("pause", **run)
        await h.advance(60 * SECOND)
        assert (await h.status(run))["status"] == "paused"
        assert await h.ledger() == {"work": (3, 3)}
        assert [kind for kind in await h.kinds(run) if "completed" in kind] == [
            f"step.completed do:part {n}-1 1" for n in range(3)
        ]
        await h.ask("resume", **run)
        await h.advance(10 * SECOND)
        assert await output(h, run) == ["work-1", "work-2", "work-3"]
        assert await h.ledger() == {"work": (3, 3), "after": (1, 1)}
