"""Tenants: code by content, pinned runs, scopes that cannot be crossed, and code that does not load."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.host.harness import House, Refused, flow

Make = Callable[..., House]


async def test_two_tenants_run_different_code_under_one_workflow_name_and_never_meet(house: Make) -> None:
    async with house() as h:
        acme = await h.run(flow('await step.sleep("nap", "1 hour")\nreturn "acme"', "Order"), id="one")
        globex = await h.run(flow('return "globex"', "Order"), id="one", tenant="globex")
        assert acme["workflow"] == globex["workflow"] == "order"
        assert acme["id"] == globex["id"] == "one"
        assert json.loads((await h.status(globex))["output"]) == "globex"
        assert [run["tenant"] for run in await h.ask("runs", tenant="acme")] == ["acme"]
        with pytest.raises(Refused, match="instance.not_found"):
            await h.ask("status", tenant="initech", workflow="order", id="one")
        await h.advance(3_600_000)
        assert json.loads((await h.status(acme))["output"]) == "acme"


async def test_tenant_code_cannot_reach_an_instance_of_another_tenant(house: Make) -> None:
    source = flow(
        """
        try:
            other = await self.env.WORKFLOWS.get("secret")
            await other.terminate()
        except Exception as error:
            return type(error).__name__
        """
    )
    async with house() as h:
        secret = await h.run(flow('await step.sleep("nap", "1 hour")'), id="secret")
        spy = await h.run(source, tenant="globex")
        assert json.loads((await h.status(spy))["output"]) == "InstanceNotFound"
        assert (await h.status(secret))["status"] == "waiting"


async def test_a_run_keeps_the_code_it_was_created_with(house: Make) -> None:
    async with house() as h:
        old = await h.run(flow('await step.sleep("nap", "1 hour")\nreturn "old"'))
        new = await h.run(flow('await step.sleep("nap", "1 hour")\nreturn "new"'))
        await h.crash()
        await h.advance(3_600_000)
        assert [json.loads((await h.status(run))["output"]) for run in (old, new)] == ["old", "new"]
        version = (await h.status(old))["version"]
        assert '"old"' in (await h.ask("files", tenant="acme", version=version))["files"]["flow.py"]
        with pytest.raises(Refused, match="CodeError: Tenant globex has no version"):
            await h.ask("files", tenant="globex", version=version)


async def test_a_tenant_starts_instances_of_its_own_code(house: Make) -> None:
    source = flow(
        """
        if event["payload"].get("child"):
            return "child of " + event["payload"]["child"]
        @step.do("start child")
        async def start():
            child = await self.env.WORKFLOWS.create({"id": "kid", "params": {"child": event["instanceId"]}})
            return child.id
        kid = await start()
        await step.sleep("let it run", "1 minute")
        return (await (await self.env.WORKFLOWS.get(kid)).status())["output"]
        """
    )
    async with house() as h:
        run = await h.run(source, {}, id="parent")
        await h.advance(60_000)
        status = await h.status(run)
        assert status["output"] is not None, status
        assert json.loads(status["output"]) == "child of parent"


CODE = [
    ("class Flow(\n    pass", "CodeError", "line"),
    ("x = 1\n\nif x\n    y = 2\n", "CodeError", "expected ':'"),
    ("import nothing_here\n", "CodeError", "ModuleNotFoundError: No module named 'nothing_here'"),
    ("class Flow:\n    pass\n", "NoEntrypoint", "flow.py has no class based on WorkflowEntrypoint."),
    ("  \n", "CodeError", "flow.py is empty."),
]


@pytest.mark.parametrize(("source", "name", "text"), CODE)
async def test_code_that_does_not_load_creates_nothing_and_says_where(
    house: Make, source: str, name: str, text: str
) -> None:
    async with house() as h:
        with pytest.raises(Refused) as refused:
            await h.run(source)
        record = refused.value.record
        assert record["name"] == name
        assert text in record["message"] or text in record
        assert record["file"] == "flow.py"
        assert await h.ask("runs") == []
        assert await h.result(flow("return 1")) == 1


async def test_a_syntax_error_names_line_and_column(house: Make) -> None:
    async with house() as h:
        with pytest.raises(Refused) as refused:
            await h.run("x = 1\n\nif x\n    y = 2\n")
        record = refused.value.record
        assert (record["message"], record["line"], record["column"]) == ("expected ':'", 3, 5)


ARGS = [
    ({"files": {}, "main": "flow.py"}, "There are no files to run."),
    ({"files": {"flow.py": "x", "../up.py": "y"}, "main": "flow.py"}, "'../up.py' is not a file name"),
    ({"files": {"flow.py": "x"}, "main": "other.py"}, "'other.py' is not one of the files"),
    ({"files": {"flow.py": "x"}, "main": "flow.py", "tenant": "no spaces"}, "Tenant 'no spaces' is not"),
    ({"files": {"flow.py": "x"}, "main": "flow.py", "payload": "x" * 2_000_000}, "The payload is too large"),
]


@pytest.mark.parametrize(("args", "text"), ARGS)
async def test_a_request_that_cannot_run_says_why(house: Make, args: dict[str, Any], text: str) -> None:
    async with house() as h:
        with pytest.raises(Refused, match=text):
            await h.ask("run", **{"tenant": "acme", **args})


async def test_more_tenants_than_sandboxes_take_turns(house: Make) -> None:
    async with house(capacity=2) as h:
        runs = [await h.run(flow('await step.sleep("nap", "1 minute")\nreturn 1'), tenant=f"t{n}") for n in range(6)]
        await h.advance(60_000)
        assert [(await h.status(run))["status"] for run in runs] == ["complete"] * 6


async def test_world_fails_as_scripted_and_the_ledger_says_so(house: Make) -> None:
    source = flow(
        """
        @step.do("shard", config={"retries": {"limit": 3, "delay": 0, "backoff": "constant"}})
        async def shard(ctx):
            return [ctx["attempt"], await self.env.WORLD.run_tests(1, key="s1", fail_first=2)]
        return await shard()
        """
    )
    async with house() as h:
        assert await h.result(source) == [3, {"id": "run_tests-1"}]
        assert await h.ledger() == {"run_tests": (3, 1)}


async def test_what_tenant_code_prints_is_kept_with_its_step(house: Make) -> None:
    source = flow(
        """
        print("starting")
        @step.do("loud")
        async def loud():
            print("inside")
        await loud()
        """
    )
    async with house() as h:
        run = await h.run(source)
        logs = await h.ask("logs", **run)
        assert [(row["key"], row["text"].strip()) for row in logs] == [(None, "starting"), ("do:loud-1", "inside")]


REQUESTS = [
    ("nonsense", "A request is a JSON object."),
    ("[" * 200_000, "nested more than"),
    ('{"v":2,"id":"x","verb":"runs"}', "A request is an object with v = 1."),
    ('{"v":1,"id":5,"verb":"runs"}', "A request has an id"),
    ('{"v":1,"id":"x","verb":"nope"}', "There is no verb 'nope'."),
    ('{"v":1,"id":"x","verb":"runs","args":[1]}', "A request's args are an object."),
]


@pytest.mark.parametrize(("text", "words"), REQUESTS)
async def test_a_request_that_makes_no_sense_is_answered_with_what_is_wrong(house: Make, text: str, words: str) -> None:
    async with house() as h:
        answer = json.loads(await h.desk.request(text))
        assert answer["error"]["name"] == "ProtocolError"
        assert words in answer["error"]["message"]
