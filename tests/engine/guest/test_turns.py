"""The turn loop: ordinary asyncio, run in whole turns, with the host's clock."""

from __future__ import annotations

import asyncio
import gc
import sys
import weakref
from collections.abc import Coroutine
from typing import Any

import pytest

from dynamic_workflows.shared.turns import BUDGET_MS, TurnLoop


class Turns:
    """A loop, its clock, and what it asked of its host."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cost = 0.0  # milliseconds that a look at the clock takes
        self.arms: list[int] = []
        self.failed: list[dict[str, Any]] = []
        self.loop = TurnLoop(self.arms.append, self._elapsed)
        self.loop.failed = self.failed.append

    def _elapsed(self) -> int:
        self.now += self.cost
        return int(self.now)

    def turn(self) -> None:
        self.loop.woken()
        self.loop.turn(lambda: None, lambda: False)

    def run(self, main: Coroutine[Any, Any, Any], *, turns: int = 200) -> Any:
        tasks: list[asyncio.Task[Any]] = []
        self.loop.turn(lambda: tasks.append(self.loop.create_task(main)), lambda: False)
        for _ in range(turns):
            if tasks[0].done():
                return tasks[0].result()
            self.now += self.arms[-1] if self.arms else 1
            self.turn()
        raise AssertionError("the coroutine did not finish")


@pytest.fixture
def turns() -> Turns:
    return Turns()


async def later(value: Any, seconds: float) -> Any:
    await asyncio.sleep(seconds)
    return value


def test_sleeps_follow_the_clock_of_the_host(turns: Turns) -> None:
    async def main() -> list[float]:
        loop = asyncio.get_running_loop()
        stamps = [loop.time()]
        for seconds in (0, 0.5, 2):
            await asyncio.sleep(seconds)
            stamps.append(loop.time())
        return stamps

    assert turns.run(main()) == [0, 0, 0.5, 2.5]
    assert turns.arms == [500, 2_000]


def test_gather_wait_and_as_completed(turns: Turns) -> None:
    async def main() -> Any:
        gathered = await asyncio.gather(later("a", 0.3), later("b", 0.1))
        done, pending = await asyncio.wait(
            [asyncio.ensure_future(later(i, i / 10)) for i in (1, 2)], return_when=asyncio.FIRST_COMPLETED
        )
        order = [await item for item in asyncio.as_completed([later("slow", 0.2), later("fast", 0.1)])]
        return gathered, [task.result() for task in done], len(pending), order

    assert turns.run(main()) == (["a", "b"], [1], 1, ["fast", "slow"])


def test_timeouts_cancel(turns: Turns) -> None:
    async def main() -> list[str]:
        seen = []
        try:
            await asyncio.wait_for(later(1, 60), 0.5)
        except TimeoutError:
            seen.append("wait_for")
        try:
            async with asyncio.timeout(0.5):
                await later(1, 60)
        except TimeoutError:
            seen.append("timeout")
        task = asyncio.create_task(later(1, 60), name="slow")
        await asyncio.sleep(0)
        task.cancel("enough")
        try:
            await task
        except asyncio.CancelledError as error:
            seen.append(f"{task.get_name()} {error}")
        return seen

    assert turns.run(main()) == ["wait_for", "timeout", "slow enough"]


def test_task_groups_queues_and_events(turns: Turns) -> None:
    async def main() -> Any:
        queue: asyncio.Queue[int] = asyncio.Queue(1)
        ready = asyncio.Event()
        got: list[int] = []

        async def produce() -> None:
            for number in range(5):
                await queue.put(number)
            ready.set()

        async def consume() -> None:
            for _ in range(5):
                got.append(await queue.get())
            await ready.wait()

        async with asyncio.TaskGroup() as group:
            group.create_task(produce())
            group.create_task(consume())
        with pytest.raises(ExceptionGroup):
            await both()
        return got

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(later(1, 60))
            group.create_task(fail())

    async def fail() -> None:
        raise ValueError("no")

    assert turns.run(main()) == [0, 1, 2, 3, 4]


def test_a_future_can_be_made_a_task(turns: Turns) -> None:
    async def main() -> Any:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, 5)
        async with asyncio.TaskGroup() as group:
            task: asyncio.Task[Any] = group.create_task(future)  # type: ignore[arg-type]
        return task.result()

    assert turns.run(main()) == 5


def test_a_spinning_task_does_not_starve_the_host(turns: Turns) -> None:
    stop = False

    async def spin() -> None:
        while not stop:  # noqa: ASYNC110
            await asyncio.sleep(0)

    turns.cost = 0.05
    turns.loop.turn(lambda: turns.loop.create_task(spin()), lambda: False)
    for _ in range(3):
        before = turns.now
        assert turns.arms == [0]
        turns.arms.clear()
        turns.turn()
        assert BUDGET_MS - 1 < turns.now - before < 2 * BUDGET_MS
    stop = True
    turns.turn()


def test_a_loop_that_only_spins_counts_as_quiet(turns: Turns) -> None:
    arrived: list[bool] = []

    async def spin() -> int:
        rounds = 0
        while not arrived:
            rounds += 1
            await asyncio.sleep(0)
        return rounds

    def settle() -> bool:
        arrived.append(True)
        return len(arrived) == 1

    tasks: list[asyncio.Task[int]] = []
    turns.loop.turn(lambda: tasks.append(turns.loop.create_task(spin())), settle)
    assert tasks[0].result() == 1_000


def test_running_loops_of_the_host_are_restored() -> None:
    async def host() -> tuple[Any, Any]:
        turns = Turns()
        outer = asyncio.get_running_loop()
        inner: list[Any] = []

        async def main() -> None:
            inner.append(asyncio.get_running_loop())
            await asyncio.sleep(0)
            inner.append(asyncio.current_task())

        done = outer.create_future()

        def enter() -> None:  # from a callback of the host, never from inside a task
            turns.run(main())
            done.set_result(None)

        outer.call_soon(enter)
        await done
        assert inner[0] is turns.loop
        assert inner[1] is not asyncio.current_task()
        return asyncio.get_running_loop(), outer

    one, other = asyncio.run(host())
    assert one is other


def test_system_exit_in_a_task_reaches_whoever_awaits_it(turns: Turns) -> None:
    async def leave() -> None:
        sys.exit(3)

    async def main() -> str:
        try:
            await asyncio.create_task(leave())
        except SystemExit as error:
            return f"left with {error}"
        return "stayed"

    assert turns.run(main()) == "left with 3"


def test_what_nobody_awaits_is_reported(turns: Turns) -> None:
    async def fail() -> None:
        raise ValueError("lost")

    async def main() -> None:
        asyncio.create_task(fail())  # noqa: RUF006
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(int, "x")
        await asyncio.sleep(0)

    turns.run(main())
    gc.collect()
    assert sorted(str(context["exception"])[:15] for context in turns.failed) == ["invalid literal", "lost"]


def test_cancelled_timers_are_forgotten(turns: Turns) -> None:
    class Big:
        pass

    async def main() -> None:
        loop = asyncio.get_running_loop()
        kept = []
        for _ in range(500):
            big = Big()
            kept.append(weakref.ref(big))
            loop.call_later(3_600, id, big).cancel()
            del big
        assert sum(ref() is not None for ref in kept) < 250

    turns.run(main())


def test_long_timers_ask_for_an_hour_at_most(turns: Turns) -> None:
    turns.loop.turn(lambda: turns.loop.call_later(86_400, lambda: None), lambda: False)
    assert turns.arms == [3_600_000]
    turns.loop.turn(lambda: turns.loop.call_later(float("inf"), lambda: None), lambda: False)
    assert turns.arms == [3_600_000]


def test_other_ways_to_run_say_what_to_do(turns: Turns) -> None:
    async def main() -> list[str]:
        said = []
        for refuse in (
            lambda: asyncio.get_running_loop().run_until_complete(later(1, 1)),
            lambda: asyncio.get_running_loop().run_forever(),
        ):
            with pytest.raises(RuntimeError) as caught:
                refuse()
            said.append(str(caught.value))
        with pytest.raises(RuntimeError) as caught:
            await asyncio.to_thread(print)
        return [*said, str(caught.value)]

    assert turns.run(main()) == [
        "This event loop runs already; use await.",
        "This event loop runs already; use await.",
        "There are no threads in a sandbox; call the function directly.",
    ]
