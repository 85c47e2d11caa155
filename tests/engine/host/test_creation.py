"""Creating: the object form of a batch, location hints, and how many a second (semantics C.3, C.5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.engine import Limits
from dynamic_workflows.shared.errors import (
    CreationRateExceeded,
    InstanceAlreadyExists,
    InvalidBatch,
    InvalidInstanceId,
    InvalidOptions,
)
from tests.engine.host.harness import House, Refused, flow
from tests.engine.host.test_engine import Echo

Make = Callable[..., House]


def exists(index: int, id: str) -> dict[str, Any]:
    return {"index": index, "id": id, "code": 10405, "message": "workflows.api.error.instance.already_exists"}


def duplicate(index: int, id: str) -> dict[str, Any]:
    return {"index": index, "id": id, "code": 10415, "message": "workflows.api.error.instance.duplicate_in_batch"}


async def test_the_object_form_tells_of_ids_that_are_taken_or_repeated(house: Make) -> None:
    async with house() as h:
        echo = h.engine.bind("echo", Echo)
        await echo.create({"id": "old"})
        ids = ("old", "old", None, "new", "new")
        answer = await echo.create_batch({"instances": [{"params": 7} if id is None else {"id": id} for id in ids]})
        assert answer["errors"] == [exists(0, "old"), duplicate(1, "old"), duplicate(4, "new")]
        first, second = answer["created"]
        await h.settle()
        assert second.id == "new"
        assert (await first.status())["output"] == 7
        assert await echo.create_batch({"instances": [{"id": "new"}]}) == {"created": [], "errors": [exists(0, "new")]}


async def test_a_count_creates_so_many_alike(house: Make) -> None:
    async with house() as h:
        echo = h.engine.bind("echo", Echo)
        answer = await echo.create_batch({"count": 3, "params": {"n": 1}, "retention": {"errorRetention": 5}})
        await h.settle()
        assert answer["errors"] == []
        assert [(await one.status())["output"] for one in answer["created"]] == [{"n": 1}] * 3
        assert len({one.id for one in answer["created"]}) == 3


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ({}, InvalidBatch), ({"count": 0}, InvalidBatch), ({"count": 101}, InvalidBatch), ({"count": "2"}, InvalidBatch),
        ({"count": True}, InvalidBatch), ({"count": 2, "id": "a"}, InvalidBatch), ({"instances": []}, InvalidBatch),
        ({"instances": "ab"}, InvalidBatch), ({"instances": [{}] * 101}, InvalidBatch),
        ({"instances": [{}], "params": 1}, InvalidBatch), ({"count": 1, "instances": []}, InvalidBatch),
        ({"instances": [{"id": "a"}, {"id": "b c"}]}, InvalidInstanceId),
        ({"count": 2, "locationHint": "moon"}, InvalidOptions), ([{"id": "a"}, {"parms": 1}], InvalidOptions),
    ],
)  # fmt: skip
async def test_a_batch_that_breaks_a_rule_creates_nothing(house: Make, batch: Any, error: type[Exception]) -> None:
    async with house() as h:
        echo = h.engine.bind("echo", Echo)
        with pytest.raises(error):
            await echo.create_batch(batch)
        assert await h.engine.core.submit(lambda tx: tx.query("select * from instance")) == []


async def test_a_tenants_code_gets_handles_in_both_forms(house: Make) -> None:
    source = flow(
        """
        if event["payload"] != "parent":
            return event["payload"]
        @step.do("children")
        async def children():
            made = await self.env.WORKFLOWS.create_batch({"instances": [{"id": "a", "params": 1}, {"id": "a"}]})
            more = await self.env.WORKFLOWS.create_batch([{"id": "b", "params": 2}])
            counted = await self.env.WORKFLOWS.createBatch({"count": 2, "params": 3})
            return [made.created[0].id, made["errors"][0]["code"], more[0].id, len(counted.created), counted.errors]
        return await children()
        """
    )
    async with house() as h:
        run = await h.run(source, "parent")
        assert json.loads((await h.status(run))["output"]) == ["a", 10415, "b", 2, []]
        outputs = [state["output"] for state in await h.ask("runs", tenant="acme")]
        assert sorted(output for output in outputs if len(output) == 1) == ["1", "2", "3", "3"]


@pytest.mark.parametrize("hint", ["wnam", "apac-ne", "me", None])
async def test_location_hints_that_exist(house: Make, hint: str | None) -> None:
    async with house() as h:
        await h.engine.bind("echo", Echo).create({"locationHint": hint})


async def test_a_location_hint_that_does_not_exist(house: Make) -> None:
    async with house() as h:
        with pytest.raises(InvalidOptions, match="locationHint is 'moon': give one of afr, apac,"):
            await h.engine.bind("echo", Echo).create({"locationHint": "moon"})


async def test_more_than_the_limit_in_a_second_is_refused_by_name(house: Make) -> None:
    async with house(limits=Limits(creation_rate=5, workflow_creation_rate=3)) as h:
        one, two = h.engine.bind("one", Echo), h.engine.bind("two", Echo)
        await one.create({"id": "a"})
        await one.create_batch({"count": 2})
        with pytest.raises(CreationRateExceeded) as caught:
            await one.create()
        assert str(caught.value) == (
            '(instance.creation_rate) More than 3 instances a second of "one": create fewer, or later'
        )
        assert caught.value.status == 429
        with pytest.raises(InstanceAlreadyExists):  # the caller's own mistake comes first
            await one.create({"id": "a"})
        await one.scoped("other").create()
        with pytest.raises(CreationRateExceeded, match="More than 5 instances a second of one tenant"):
            await two.create_batch([{}] * 3)
        await two.create_batch([{}] * 2)
        await h.clock.advance(999)
        with pytest.raises(CreationRateExceeded):
            await one.create()
        await h.clock.advance(1)
        await one.create_batch([{}] * 3)


async def test_a_restart_counts_and_what_is_refused_changes_nothing(house: Make) -> None:
    async with house(limits=Limits(workflow_creation_rate=1)) as h:
        run = await h.run(flow("return 1"))
        before = await h.kinds(run)
        with pytest.raises(Refused, match="CreationRateExceeded"):
            await h.ask("restart", **run)
        with pytest.raises(Refused, match="CreationRateExceeded"):
            await h.run(flow("return 1"), tenant="acme")
        assert await h.kinds(run) == before
        await h.clock.advance(1_000)
        await h.ask("restart", **run)


async def test_an_instance_that_is_changed_and_deleted_in_one_turn_breaks_no_watcher(house: Make) -> None:
    async with house() as h:
        source = flow("return (await step.wait_for_event('go', 'go')).payload")
        one, two = await h.run(source), await h.run(source)
        await asyncio.gather(h.ask("pause", **one), h.ask("delete", **one), h.ask("pause", **two))
        assert [run["status"] for run in await h.ask("runs")] == ["paused"]
