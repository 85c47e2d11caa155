"""``env.WORKFLOWS`` as tenant code sees it: every method of the binding and of its instances, also on itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host.harness import SECOND, House, Refused, flow

Make = Callable[..., House]
CHILD = """
    if event["payload"].get("child"):
        got = (await step.wait_for_event("go", "go")).payload
        return [event["instanceId"], got]
    flows = self.env.WORKFLOWS
"""


async def output(h: House, body: str, **args: Any) -> Any:
    run = await h.run(flow(CHILD + body), {}, **args)
    status = await h.status(run)
    assert status["status"] == "complete", status["error"]
    return json.loads(status["output"])


async def test_create_in_every_form(house: Make) -> None:
    body = """
    made = [await flows.create({"id": "a", "params": {"child": 1}}), await flows.create(id="b", params={"child": 1})]
    made += await flows.create_batch([{"id": "c", "params": {"child": 1}}, {"id": "a"}, {"id": "c"}])
    both = await flows.createBatch({"instances": [{"id": "d", "params": {"child": 1}}, {"id": "d"}, {"id": "a"}]})
    made += both["created"]
    made += (await flows.create_batch({"count": 2, "params": {"child": 1}}))["created"]
    return [[one.id for one in made], both["errors"]]
    """
    async with house() as h:
        ids, errors = await output(h, body)
        assert ids[:4] == ["a", "b", "c", "d"]
        assert len(set(ids)) == len(ids) == 6
        assert errors == [
            {"index": 1, "id": "d", "code": 10415, "message": "workflows.api.error.instance.duplicate_in_batch"},
            {"index": 2, "id": "a", "code": 10405, "message": "workflows.api.error.instance.already_exists"},
        ]
        assert len(await h.ask("runs")) == 7


async def test_get_status_events_and_deletion(house: Make) -> None:
    body = """
    one = await flows.create({"id": "a", "params": {"child": 1}})
    same = await flows.get("a")
    before = await same.status()
    await same.send_event({"type": "go", "payload": 7})
    await flows.create({"id": "b", "params": {"child": 1}})
    await (await flows.get("b")).sendEvent({"type": "go", "payload": 8})
    types = [item["type"] async for item in one.subscribe()]
    after = await one.status()
    gone = await flows.delete_batch(["a", "x", "a"])
    also = await flows.deleteBatch(["b"])
    return [same.id, before["status"] in ("queued", "running", "waiting"), types[0], types[-1], after, gone, also]
    """
    async with house() as h:
        missing = {"id": "x", "code": 10400, "message": "workflows.api.error.instance.not_found"}
        assert await output(h, body) == [
            "a", True, "workflow_queued", "workflow_completed",
            {"status": "complete", "output": ["a", 7], "error": None, "rollback": None},
            {"deleted": [{"id": "a"}, {"id": "a"}], "errors": [missing]}, {"deleted": [{"id": "b"}], "errors": []},
        ]  # fmt: skip
        assert len(await h.ask("runs")) == 1


async def test_pause_resume_terminate_restart_and_delete_of_another(house: Make) -> None:
    body = """
    said = []
    one = await flows.create({"id": "a", "params": {"child": 1}})
    async def until(status):
        while (await one.status())["status"] != status:
            pass
        said.append(status)
    await until("waiting")
    await one.pause()
    await until("paused")
    await one.resume()
    await until("waiting")
    await one.terminate({"rollback": True})
    await until("terminated")
    await one.restart()
    await until("waiting")
    await one.delete()
    try:
        await flows.get("a")
    except Exception as error:
        said.append(str(error))
    return said
    """
    async with house() as h:
        said = await output(h, body)
        assert said[:-1] == ["waiting", "paused", "waiting", "terminated", "waiting"]
        assert said[-1].endswith("(instance.not_found) Instance does not exist")


async def test_a_subscription_waits_for_what_happens_in_a_step_and_outside(house: Make) -> None:
    body = """
    one = await flows.create({"id": "a", "params": {"child": 1}})
    async def follow():
        seen = []
        subscription = await one.subscribe({"filter": ["wait_started", "workflow_completed"]})
        while not (answer := await subscription.next()).done:
            seen.append(answer.value["type"])
            if answer.value["type"] == "wait_started":
                asyncio.get_running_loop().call_later(45, lambda: asyncio.ensure_future(tell()))
        return [seen, (await subscription.next())["done"]]
    async def tell():
        await one.send_event({"type": "go", "payload": 7})
    inside = await step.do("follow")(follow)()
    again = [item["eventId"] async for item in one.subscribe()]
    rest = [item["type"] async for item in one.subscribe({"cursor": again[-2]})]
    return [inside, again == sorted(set(again)), rest]
    """
    async with house() as h:
        run = await h.run(flow(CHILD + body), {})
        await h.advance(50 * SECOND)
        status = await h.status(run)
        assert json.loads(status["output"]) == [
            [["wait_started", "workflow_completed"], True], True, ["workflow_completed"],
        ]  # fmt: skip
        assert h.engine.subscribers._of == {}


async def test_a_subscription_ends_when_its_instance_is_deleted(house: Make) -> None:
    body = """
    one = await flows.create({"id": "a", "params": {"child": 1}})
    subscription = one.subscribe()
    first = await subscription.next()
    asyncio.get_running_loop().call_later(1, lambda: asyncio.ensure_future(one.delete()))
    rest = [item["type"] async for item in subscription]
    try:
        await one.subscribe().next()
    except Exception as error:
        return [first["value"]["type"], str(error)]
    """
    async with house() as h:
        run = await h.run(flow(CHILD + body), {})
        await h.advance(2 * SECOND)
        first, error = json.loads((await h.status(run))["output"])
        assert first == "workflow_queued"
        assert "(instance.not_found) Instance does not exist" in error


ITSELF = """
    me = await self.env.WORKFLOWS.get(event["instanceId"])
    async def act():
        if (await self.env.WORLD.count())["id"] == "count-1":
            await me.{verb}()
            await self.env.WORLD.after()
        return 1
    @step.do("before")
    async def before():
        await self.env.WORLD.before()
    await before()
    {call}
    await self.env.WORLD.end(key="end")
    return "done"
"""
INSIDE, OUTSIDE = 'await step.do("act")(act)()', "await act()"


@pytest.mark.parametrize("call", [INSIDE, OUTSIDE])
async def test_it_terminates_itself(house: Make, call: str) -> None:
    async with house() as h:
        run = await h.run(flow(ITSELF.format(verb="terminate", call=call)))
        await h.advance(10 * SECOND)
        assert (await h.status(run))["status"] == "terminated"
        assert set(await h.ledger()) == {"before", "count"}


@pytest.mark.parametrize("call", [INSIDE, OUTSIDE])
async def test_it_deletes_itself(house: Make, call: str) -> None:
    async with house() as h:
        run = await h.run(flow(ITSELF.format(verb="delete", call=call)))
        await h.advance(10 * SECOND)
        with pytest.raises(Refused, match="instance.not_found"):
            await h.status(run)
        calls = await h.engine.core.submit(lambda tx: tx.query("select method from ledger order by pos"))
        assert calls == [("before",), ("count",)]
        assert h.engine.scheduler.running == 0


@pytest.mark.parametrize("call", [INSIDE, OUTSIDE])
async def test_it_restarts_itself(house: Make, call: str) -> None:
    async with house() as h:
        run = await h.run(flow(ITSELF.format(verb="restart", call=call)))
        await h.advance(10 * SECOND)
        assert json.loads((await h.status(run))["output"]) == "done"
        assert await h.ledger() == {"before": (2, 2), "count": (2, 2), "end": (1, 1)}
        assert (await h.kinds(run))[0] == "restarted"


async def test_it_pauses_itself_in_a_step_which_then_ends(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(ITSELF.format(verb="pause", call=INSIDE)))
        assert (await h.status(run))["status"] == "paused"
        assert await h.ledger() == {"before": (1, 1), "count": (1, 1), "after": (1, 1)}
        await h.ask("resume", **run)
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == "done"
        assert (await h.ledger())["count"] == (1, 1)


async def test_it_pauses_itself_outside_a_step_and_goes_on_from_there(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow(ITSELF.format(verb="pause", call=OUTSIDE)))
        assert (await h.status(run))["status"] == "paused"
        await h.ask("resume", **run)
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == "done"
        assert (await h.ledger())["before"] == (1, 1)


WRONG = [
    ("await flows.get({'a': 1})", "(instance.not_found) Instance does not exist"),
    ("await flows.get(10 ** 40)", "(instance.not_found) Instance does not exist"),
    ("await flows.get('\\ud800')", "(instance.not_found) Instance does not exist"),
    ("await flows.get(event['instanceId'] + '!')", "(instance.not_found) Instance does not exist"),
    ("await flows.create('a')", "create takes a dict of options, not str."),
    ("await flows.create({'locationHint': {}})", "locationHint is {}: give one of"),
    ("await flows.create_batch([5])", "create takes a dict of options, not int."),
    ("await flows.create_batch('abc')", "create_batch takes a list of options"),
    ("await flows.create_batch(5)", "create_batch takes a list of options"),
    ("await flows.delete_batch('abc')", "(body) Provided argument is invalid"),
    ("await flows.delete_batch(['a', 5])", "(instance.invalid_id) Instance ID is invalid"),
    ("await flows.purge()", "A workflow binding has no method 'purge'"),
    ("await me.restart('a')", 'restart takes {"from": {"name": ...}}, not \'a\'.'),
    ("await me.restart({'form': {}})", "restart takes"),
    ("await me.restart({'from': 'a'})", "restart from 'a': give the name of a step"),
    ("await me.restart({'from': {'name': 'a', 'count': 0}})", "count a number from 1"),
    ("await me.restart({'from': {'name': 'a', 'type': 5}})", "type one of do, sleep, waitForEvent"),
    ("await me.restart({'from': {'name': 'a', 'type': 'x'}})", "(instance.cannot_restart) Step"),
    ("await me.restart({'from': {'name': '\\ud800'}})", "(instance.cannot_restart) Step"),
    ("await me.terminate('a')", 'terminate takes {"rollback": True}'),
    ("await me.send_event({'type': '\\ud800'})", "(workflow.invalid_event_type)"),
    ("await me.send_event('a')", "send_event takes"),
    ("await me.subscribe({'cursor': 'a'}).next()", "cursor is 'a'"),
    ("await me.subscribe({'filter': ['x']}).next()", "which is no event type"),
    ("await step.do('\\ud800')(lambda: 1)()", "invalid characters found"),
    ("await step.sleep('\\udfff', 1)", "invalid characters found"),
]


@pytest.mark.parametrize(("call", "says"), WRONG)
async def test_what_cannot_be_is_refused_with_a_reason_and_harms_nobody(house: Make, call: str, says: str) -> None:
    source = flow(
        f"""
        flows = self.env.WORKFLOWS
        me = await flows.get(event["instanceId"])
        print("\\ud800")
        try:
            {call}
        except Exception as error:
            return repr(str(error))
        """
    )
    async with house() as h:
        run = await h.run(source)
        status = await h.status(run)
        assert says in json.loads(status["output"]).replace("\\'", "'"), status
        assert [row["text"].strip() for row in await h.ask("logs", **run)] == ["\\ud800"]


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("runs", {"tenant": {"a": 1}}),
        ("runs", {"tenant": "\ud800"}),
        ("runs", {"limit": "x"}),
        ("ledger", {"tenant": [1]}),
        ("history", {"tenant": "acme", "workflow": "flow", "id": "one", "after": "x"}),
        ("status", {"tenant": "\ud800", "workflow": "\udfff", "id": "one"}),
        ("restart", {"tenant": "acme", "workflow": "flow", "id": "one", "from": 5}),
        ("run", {"tenant": "acme", "files": {"flow.py": "\ud800"}, "main": "flow.py"}),
    ],
)
async def test_a_client_that_asks_nonsense_does_not_end_the_engine(
    house: Make, verb: str, args: dict[str, Any]
) -> None:
    async with house() as h:
        await h.run(flow("return 1"), id="one")
        with pytest.raises(Refused):
            await h.ask(verb, **args)
        assert len(await h.ask("runs")) == 1


async def test_clients_follow_an_instance_by_asking_again(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.sleep("nap", "20 seconds")\nreturn b"x"'))
        first = await h.ask("events", **run)
        assert [event["type"] for event in first["events"]] == [
            "workflow_queued", "workflow_started", "workflow_running", "sleep_started", "workflow_waiting",
        ]  # fmt: skip
        assert not first["done"]
        assert (await h.ask("events", **run, cursor=first["cursor"], wait=0))["events"] == []
        only = {"cursor": first["cursor"], "filter": ["workflow_completed"]}
        later = asyncio.ensure_future(h.ask("events", **run, **only))
        await h.advance(20 * SECOND)
        answer = await later
        assert [event["type"] for event in answer["events"]] == ["workflow_completed"]
        assert answer["done"]
        assert answer["events"][0]["output"] == {"$": "bytes", "v": "eA=="}
        assert await h.ask("events", **run, cursor=answer["cursor"]) == {
            "events": [], "cursor": answer["cursor"], "done": True,
        }  # fmt: skip
        assert h.engine.subscribers._of == {}


async def test_a_question_for_events_is_answered_after_half_a_minute_at_the_latest(house: Make) -> None:
    async with house() as h:
        run = await h.run(flow('await step.wait_for_event("never", "never")'))
        cursor = (await h.ask("events", **run))["cursor"]
        asked = asyncio.ensure_future(h.ask("events", **run, cursor=cursor))
        await h.advance(30 * SECOND - 1)
        assert not asked.done()
        assert len(h.engine.subscribers._of) == 1
        await h.advance(1)
        assert (await asked) == {"events": [], "cursor": cursor, "done": False}
        assert h.engine.subscribers._of == {}
        with pytest.raises(Refused, match="wait is 30001"):
            await h.ask("events", **run, wait=30_001)
