"""Subscriptions: what happened, then what happens, in order and once (semantics C.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.binding import WorkflowInstance
from dynamic_workflows.host.clocks import passes
from dynamic_workflows.host.history.events import IDS_A_ROW, TYPES
from dynamic_workflows.host.history.subscription import poll
from dynamic_workflows.shared.errors import InstanceNotFound, InvalidOptions, StoreLost
from tests.engine.host.harness import SECOND, House, flow
from tests.engine.host.test_lifecycle import start

Make = Callable[..., House]

BUSY = flow(
    """
    @step.do("flaky", config={"retries": {"limit": 1, "delay": lambda: 500, "backoff": "constant"}})
    async def flaky(ctx):
        if ctx["attempt"] == 1:
            raise ValueError("no")
        return b"xy"
    @step.do("secret", config={"sensitive": "output"})
    async def secret():
        return "hunter2"
    await flaky()
    await secret()
    await step.sleep("nap", "2 seconds")
    event = await step.wait_for_event("go", "go", timeout=1_000)
    try:
        await step.wait_for_event("go", "go", timeout=1_000)
    except Exception:
        return [event.payload]
    """
)
BUSY_TYPES = [
    "workflow_queued", "workflow_started", "workflow_running", "step_started", "attempt_started", "attempt_errored",
    "workflow_waiting", "attempt_started", "workflow_running", "attempt_completed", "step_completed", "step_started",
    "attempt_started", "attempt_completed", "step_completed", "sleep_started", "workflow_waiting", "sleep_completed",
    "workflow_running", "wait_started", "workflow_waiting", "wait_completed", "workflow_running", "wait_started",
    "workflow_waiting", "wait_timed_out", "workflow_running", "workflow_completed",
]  # fmt: skip
WAITS = flow("return (await step.wait_for_event('go', 'go', timeout='1 day')).payload")
FAILS = flow(
    """
    @step.do("a", config={"retries": {"limit": 0, "delay": 0}})
    async def a():
        raise ValueError("no")
    await a()
    """
)


async def handle(h: House, run: dict[str, Any]) -> WorkflowInstance:
    return await h.engine.workflow(run["workflow"]).scoped(run["tenant"]).get(run["id"])


class Listener:
    """Reads a subscription to its end, beside the test."""

    def __init__(self, subscription: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.task = asyncio.create_task(self._read(subscription))

    async def _read(self, subscription: Any) -> None:
        async for event in subscription:
            self.events.append(event)

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


async def busy(h: House, source: str = BUSY) -> dict[str, Any]:
    """Run the busy workflow to its end."""
    run = await h.run(source, {"n": 1}, id="busy")
    await h.advance(2_600)
    await h.ask("send_event", **run, type="go", payload=7)
    await h.advance(SECOND)
    return run


async def heard(h: House, run: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """Return everything a subscription says of a run that has ended."""
    subscription = (await handle(h, run)).subscribe(options)
    found = []
    while not (answer := await subscription.next())["done"]:
        found.append(answer["value"])
    assert await subscription.next() == {"value": None, "done": True}
    return found


async def test_everything_that_happened_in_order_with_its_fields(house: Make) -> None:
    async with house() as h:
        run = await busy(h)
        events = await heard(h, run)
        assert [event["type"] for event in events] == BUSY_TYPES
        ids = [event["eventId"] for event in events]
        assert ids == sorted(set(ids))
        assert {event["instanceId"] for event in events} == {"busy"}
        common = {"instanceId", "eventId", "timestamp", "type"}
        fields = [{name: value for name, value in event.items() if name not in common} for event in events]
        config = {"retries": {"limit": 1, "delay": "[dynamic]", "backoff": "constant"}, "timeout": "10 minutes"}
        error = {"name": "ValueError", "message": "no"}
        assert fields[:2] == [{}, {"params": {"n": 1}}]
        assert fields[3:6] == [
            {"stepName": "flaky-1", "config": config}, {"stepName": "flaky-1", "attempt": 1},
            {"stepName": "flaky-1", "attempt": 1, "error": error, "retryDelayMs": 500},
        ]  # fmt: skip
        assert [event["output"] for event in events if "output" in event] == [b"xy", "[REDACTED]", [7]]
        assert fields[15] == {"stepName": "nap-1", "durationMs": 2_000}
        assert fields[19] == {"stepName": "go-1", "eventType": "go"}
        assert fields[25] == {"stepName": "go-2"}
        assert events[15]["timestamp"] - events[0]["timestamp"] == 500


async def test_live_events_are_the_same_as_those_of_history(house: Make) -> None:
    async with house() as h:
        run = await h.run(WAITS, id="busy")
        await h.ask("delete", **run)
        created = asyncio.create_task(busy(h))
        await h.until(lambda: h.engine.scheduler.active)
        live = Listener((await handle(h, run)).subscribe())
        await created
        await live.task
        assert live.events == await heard(h, run)


async def test_a_cursor_starts_behind_it_and_a_filter_leaves_out(house: Make) -> None:
    async with house() as h:
        run = await busy(h)
        events = await heard(h, run)
        for n, event in enumerate(events):
            assert await heard(h, run, cursor=event["eventId"]) == events[n + 1 :]
        wanted = ["step_completed", "workflow_completed"]
        assert await heard(h, run, filter=wanted) == [event for event in events if event["type"] in wanted]
        assert await heard(h, run, filter=["workflow_errored"]) == []
        assert await heard(h, run, filter=[], cursor=5) == []


async def test_errors_pauses_and_ends(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        error = {"name": "ValueError", "message": "no"}
        events = await heard(h, await h.run(FAILS))
        assert [(event["type"], event.get("error")) for event in events[-3:]] == [
            ("attempt_errored", error), ("step_errored", None), ("workflow_errored", error)
        ]  # fmt: skip
        assert "retryDelayMs" not in events[-3]
        run = await h.run(
            flow("await step.do('a')(lambda: self.env.WORLD.work())()\nawait step.sleep('nap', '1 hour')")
        )
        live = Listener((await handle(h, run)).subscribe())
        await h.ask("pause", **run)
        await h.advance(SECOND)
        await h.ask("resume", **run)
        await h.settle()
        await h.ask("terminate", **run)
        await h.settle()
        assert live.task.done()
        assert [type for type in live.types() if type.startswith("workflow_")] == [
            "workflow_queued", "workflow_started", "workflow_running", "workflow_waiting_for_pause", "workflow_paused",
            "workflow_running", "workflow_waiting", "workflow_terminated",
        ]  # fmt: skip


async def test_a_cut_off_attempt_has_no_delay(house: Make) -> None:
    async with house(world_delay=1_000) as h:
        run = await h.run(flow("return await step.do('a')(lambda: self.env.WORLD.work())()"))
        await h.crash()
        await h.advance(SECOND)
        (cut,) = [event for event in await heard(h, run) if event["type"] == "attempt_errored"]
        assert cut["error"]["message"] == "Attempt failed due to internal workflows error"
        assert "retryDelayMs" not in cut


async def test_it_tells_of_the_latest_life_and_ids_go_on(house: Make) -> None:
    async with house() as h:
        run = await busy(h)
        first = await heard(h, run)
        await h.ask("restart", **run, **start("nap", type="sleep"))
        live = Listener((await handle(h, run)).subscribe({"cursor": first[-1]["eventId"]}))
        await h.advance(2 * SECOND)
        await h.ask("send_event", **run, type="go", payload=8)
        await h.advance(SECOND)
        await live.task
        again = await heard(h, run)
        assert live.events == again
        assert again[0]["eventId"] > first[-1]["eventId"]
        kept = BUSY_TYPES.index("sleep_started")
        assert again[0]["type"] == "workflow_queued"
        steps = [event["type"] for event in again if not event["type"].startswith("workflow_")]
        assert steps == [type for type in BUSY_TYPES if not type.startswith("workflow_")]
        assert [event["timestamp"] for event in again if event["type"] == "step_completed"] == [
            event["timestamp"] for event in first[:kept] if event["type"] == "step_completed"
        ]
        assert [event["output"] for event in again if "output" in event] == [b"xy", "[REDACTED]", [8]]


async def test_a_restart_while_somebody_listens_goes_on_with_the_next_life(house: Make) -> None:
    async with house() as h:
        run = await h.run(WAITS)
        live = Listener((await handle(h, run)).subscribe({"filter": ["workflow_queued", "workflow_completed"]}))
        await h.settle()
        await h.ask("restart", **run)
        await h.ask("send_event", **run, type="go")
        await h.settle()
        assert live.types() == ["workflow_queued", "workflow_queued", "workflow_completed"]


async def test_it_ends_when_the_instance_is_deleted_or_it_is_closed(house: Make) -> None:
    async with house() as h:
        run = await h.run(WAITS)
        instance = await handle(h, run)
        deleted, closed = Listener(instance.subscribe()), instance.subscribe()
        listener = Listener(closed)
        await h.settle()
        closed.close()
        await passes(10)
        assert listener.task.done()
        await h.ask("delete", **run)
        await h.settle()
        assert deleted.task.done()
        with instance.subscribe() as lost:
            with pytest.raises(InstanceNotFound):
                await lost.next()
            with pytest.raises(InstanceNotFound):
                await instance.subscribe()
        assert not h.engine.subscribers._of


async def test_a_question_that_is_taken_back_ends_at_once(house: Make) -> None:
    async with house() as h:
        instance = await handle(h, await h.run(WAITS))
        await h.settle()
        last = (await poll(instance.subscribe(), 0))["cursor"]
        question = asyncio.create_task(poll(instance.subscribe({"cursor": last}), 30_000))
        await passes(20)
        question.cancel()
        await passes(20)
        assert question.cancelled(), "not an empty answer, after which its asker goes on"


async def test_nothing_is_told_before_it_is_durable_and_a_stopped_engine_fails_it(house: Make) -> None:
    async with house() as h:
        run = await h.run(WAITS)
        subscription = await (await handle(h, run)).subscribe({"filter": ["wait_completed"]})
        waiting = asyncio.create_task(subscription.next())
        await h.settle()
        await h.crash()
        with pytest.raises(StoreLost):
            await waiting
        with pytest.raises(StoreLost):
            await subscription.next()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"since": 1}, "subscribe takes cursor, filter or both"), ({"cursor": -1}, "cursor is -1"),
        ({"cursor": "1"}, "cursor is '1'"), ({"cursor": True}, "cursor is True"),
        ({"filter": "step_completed"}, "give a list of event types"),
        ({"filter": ["step_done"]}, "filter has 'step_done', which is no event type"),
    ],
)  # fmt: skip
async def test_options_that_are_refused(house: Make, options: dict[str, Any], text: str) -> None:
    async with house() as h:
        instance = await handle(h, await h.run(WAITS))
        with pytest.raises(InvalidOptions) as caught:
            instance.subscribe(options)
        assert text in str(caught.value)


def test_the_types_are_those_of_the_reference() -> None:
    assert len(TYPES) == 29
    assert {"rollback_attempt_errored", "wait_timed_out", "workflow_waiting_for_pause"} <= TYPES
    assert IDS_A_ROW > 4
