"""What is recorded: for each kind of row and feature a workflow, what is done to it, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.engine.host.harness import flow
from tests.engine.host.test_examples import read

Act = tuple[str, Any]  # advance: milliseconds · crash: None · send_event, pause, …: its arguments


@dataclass(frozen=True, slots=True)
class Scenario:
    """A workflow, what happens before it is recorded, and what brings it to its end after that."""

    source: str | dict[str, Any]
    acts: Sequence[Act] = ()
    then: Sequence[Act] = ()
    world_delay: int = 0
    slots: int = 64


STEP = '@step.do("{0}")\nasync def {0}():\n    return await self.env.WORLD.{0}(key="{0}")\n'
GO: Act = ("send_event", {"type": "go", "payload": {"by": "ada"}})
NAP: Act = ("advance", 3_600_000)

PARALLEL = flow(
    """
    async def part(n):
        @step.do(f"part {n}", config={"retries": {"limit": 3, "delay": 500 * (4 - n)}})
        async def work():
            return await self.env.WORLD.part(n, key=str(n), fail_first=1)
        return await work()
    seen = []
    for done in asyncio.as_completed([asyncio.ensure_future(part(n)) for n in range(4)]):
        seen.append((await done)["id"])
    return seen
    """
)
RETRIES = flow(
    """
    @step.do("flaky", config={"retries": {"limit": 3, "delay": "2 seconds", "backoff": "linear"}})
    async def flaky():
        return await self.env.WORLD.flaky(key="flaky", fail_first=2)
    @step.do("hopeless", config={"retries": {"limit": 1, "delay": 100, "backoff": "constant"}})
    async def hopeless():
        raise ValueError("never")
    @step.do("final")
    async def final():
        raise NonRetryableError("at once")
    seen = [await flaky()]
    for one in (hopeless, final):
        try:
            await one()
        except Exception as error:
            seen.append([type(error).__name__, str(error)])
    return seen
    """
)
WAITS = flow(
    """
    seen = []
    await step.sleep("so that an event is buffered", 500)
    seen.append((await step.wait_for_event("buffered", "go"))["payload"])
    try:
        await step.wait_for_event("late", "go", timeout="5 seconds")
    except Exception as error:
        seen.append([type(error).__name__, str(error)])
    first = await asyncio.gather(step.wait_for_event("one", "go"), step.wait_for_event("two", "stop"))
    seen.append([event["type"] for event in first])
    return seen
    """
)
SAGA = flow(
    """
    fast = {"retries": {"limit": 2, "delay": 300, "backoff": "constant"}}
    async def do(name, fail_first=0):
        async def undo(given):
            await self.env.WORLD.undo(given["stepName"], key=name, fail_first=fail_first)
        @step.do(name, rollback=undo, rollback_config=fast)
        async def work():
            return await self.env.WORLD.act(name, key=name)
        return await work()
    await do("book")
    await do("charge", 1)
    if event["payload"] == "wait":
        await step.sleep("nap", "1 hour")
    raise ValueError("no stock")
    """
)
SECRET = flow(
    """
    @step.do("token", config={"sensitive": "output"})
    async def token():
        return "s3cret"
    @step.do("use")
    async def use():
        return len(await token())
    value = await token()
    await step.wait_for_event("go", "go")
    return [await use(), len(value)]
    """
)
DELAYS = flow(
    """
    async def delay(ctx, error):
        return 1_000 * ctx["attempt"] + len(str(error))
    @step.do("slow", config={"retries": {"limit": 3, "delay": delay, "backoff": "exponential"}})
    async def slow(ctx):
        if ctx["attempt"] < 3:
            raise RuntimeError("again")
        return ctx["attempt"]
    return await slow()
    """
)
STREAM = flow(
    """
    @step.do("pages")
    async def pages():
        async def chunks():
            for n in range(3):
                yield bytes([65 + n]) * 10
        return chunks()
    found = b"".join([chunk async for chunk in await pages()])
    await step.sleep("nap", "1 hour")
    return found.decode()
    """
)
TWO = flow(STEP.format("first") + STEP.format("second") + "return [await first(), await second()]")
NAPS = flow('await step.sleep("nap", "1 hour")\nawait step.wait_for_event("go", "go")\nreturn event["payload"]')
VALUES = flow(
    """
    import datetime
    @step.do("values")
    async def values():
        return [None, True, 1, 2**70, 0.5, 2.0, "ä", b"bytes", {1, 2}, {"a": (1, 2)}, datetime.datetime(2026, 1, 2, 3)]
    return await values()
    """
)
CONFLICT = flow('try:\n    raise KeyError("k")\nfinally:\n    await step.sleep("nap", 10)')

SCENARIOS: dict[str, Scenario] = {
    "order": Scenario(read("order"), [("send_event", {"type": "approve", "payload": {"by": "ada"}}), ("skip", {})]),
    "pipeline": Scenario(read("ci-pipeline"), [("advance", 60_000), ("events", None), ("advance", 60_000)]),
    "agent": Scenario(read("agent-plan"), [("advance", 60_000), ("events", None), ("advance", 60_000)]),
    "as-completed": Scenario(PARALLEL, [("advance", 60_000)]),
    "retries": Scenario(RETRIES, [("advance", 60_000)]),
    "retries-pending": Scenario(RETRIES, then=[("advance", 60_000)]),
    "retried-now": Scenario(RETRIES, [("retry_now", {})], [("advance", 60_000)]),
    "waits": Scenario(WAITS, [GO, ("advance", 10_000), ("send_event", {"type": "stop"}), GO]),
    "waits-open": Scenario(
        WAITS, [("send_event", {"type": "stop"}), ("advance", 1_000)], [GO, ("advance", 10_000), GO]
    ),
    "rollback": Scenario(SAGA, [("advance", 60_000)]),
    "rollback-under-way": Scenario(SAGA, [("advance", 100)], [("advance", 60_000)]),
    "terminated": Scenario(NAPS, [("terminate", {})]),
    "terminated-with-rollback": Scenario(
        {"source": SAGA, "payload": "wait"}, [("terminate", {"rollback": True}), ("advance", 60_000)]
    ),
    "paused": Scenario(NAPS, [("pause", {}), GO], [("advance", 5_000), ("resume", {}), NAP]),
    "pause-over": Scenario(NAPS, [("pause", {}), ("advance", 5_000), ("resume", {}), NAP, GO]),
    "pausing": Scenario(TWO, [("pause", {})], [("advance", 2_000), ("resume", {}), ("advance", 3_000)], 1_000),
    "restarted": Scenario(TWO, [("restart", {}), ("advance", 1_000)]),
    "restarted-from": Scenario(SECRET, [GO, ("restart", {"from": {"name": "use"}}), ("advance", 1_000)]),
    "restarted-from-open": Scenario(SECRET, [GO, ("restart", {"from": {"name": "go", "type": "waitForEvent"}})], [GO]),
    "sensitive": Scenario(SECRET, [GO]),
    "delay-function": Scenario(DELAYS, [("advance", 60_000)]),
    "stream": Scenario(STREAM, (), [NAP]),
    "values": Scenario(VALUES),
    "errored": Scenario(CONFLICT, [("advance", 1_000)]),
    "interrupted": Scenario(TWO, [("crash", None), ("advance", 1_000), ("crash", None), ("advance", 1_000)], (), 1_000),
    "in-flight": Scenario(TWO, [("advance", 1_000)], [("advance", 2_000)], 1_000),
    "sleeping": Scenario(NAPS, (), [NAP, GO]),
    "requeued": Scenario(
        NAPS,
        [("beside", flow('await step.do("busy")(lambda: self.env.WORLD.busy(key="busy"))()')), NAP],
        [NAP, NAP, GO],
        5_400_000,
        1,
    ),
    "skipped": Scenario(NAPS, [("skip", {})], [GO]),
}
