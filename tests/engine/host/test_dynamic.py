"""Dynamic workflows end to end: a tenant's code behind a wrapped binding, from its default fetch to its tails."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from dynamic_workflows.host.dispatcher import create_dynamic_workflow_entrypoint, wrap_workflow_binding
from dynamic_workflows.host.running.code import WorkerCode
from dynamic_workflows.host.running.loader import WorkerStub
from dynamic_workflows.shared.errors import InstanceNotFound
from tests.engine.host.harness import SECOND, House
from tests.engine.host.loading import HEAD, Service, Tail, code

Make = Callable[..., House]


class Dispatcher:
    """A platform of its own: it keeps sources by tenant and runs them behind one workflow."""

    def __init__(self, h: House) -> None:
        self.h, self.tails = h, {"acme": Tail(), "globex": Tail()}
        self.sources: dict[str, str] = {}
        self.options: dict[str, Any] = {}
        self.bound = h.engine.bind("dynamic", create_dynamic_workflow_entrypoint(self._load), env={"A": 1})

    def worker(self, tenant: str) -> WorkerStub:
        return self.h.engine.loader.get(f"{tenant}/1", lambda: self._code(tenant))

    def _code(self, tenant: str) -> WorkerCode:
        flows = wrap_workflow_binding({"tenantId": tenant}, env={"WORKFLOWS": self.bound})
        env = {"WORKFLOWS": flows, "HOST": Service(tenant)}
        return code(self.sources[tenant], env=env, tails=[self.tails[tenant]], **self.options)

    def _load(self, context: Any) -> Any:
        tenant = context.metadata["tenantId"]
        return self.worker(tenant).get_entrypoint("Flow", props={"of": tenant}, limits={"subRequests": 5})


PLAYGROUND = """
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = request.url.partition("://")[2].partition("/")[2]
        if path == "run":
            given = await request.json()
            print("creating", given["id"])
            instance = await self.env.WORKFLOWS.create({"id": given["id"], "params": given["payload"]})
            return Response.json({"id": await instance.id, "same": instance.id}, status=201)
        instance = await self.env.WORKFLOWS.get(path.rpartition("/")[2])
        return Response.json(await instance.status())

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        print("run of", event.instanceId, event.workflowName, self.ctx.props)
        @step.do("double")
        async def double():
            print("in the step")
            return [event.payload["n"] * 2, await self.env.HOST.greet()]
        found = await double()
        await step.sleep("nap", "1 minute")
        return found
"""


async def test_a_tenants_fetch_creates_a_workflow_and_its_tail_hears_the_logs_of_all(house: Make) -> None:
    async with house() as h:
        d = Dispatcher(h)
        d.sources["acme"] = PLAYGROUND
        site = d.worker("acme").get_entrypoint()
        made = await site.fetch("https://acme/run", method="POST", body='{"id": "one", "payload": {"n": 21}}')
        assert (made.status, await made.json()) == (201, {"id": "one", "same": "one"})
        await h.settle()

        async def status() -> Any:
            return await (await site.fetch("https://acme/status/one")).json()

        assert (await status())["status"] == "waiting"
        await h.advance(60 * SECOND)
        assert await status() == {"status": "complete", "output": [42, "acme greets"], "error": None, "rollback": None}
        await h.settle()
        tail = d.tails["acme"]
        assert [message for _, message in tail.logs()] == [
            "creating one", "run of one dynamic {'of': 'acme'}", "in the step",
        ]  # fmt: skip
        runs = [item for item in tail.items if item["event"] == {"rpcMethod": "run"}]
        assert [(item["outcome"], item["entrypoint"]) for item in runs] == [("ok", "Flow")] * 2, "parked, then done"
        assert {item["scriptName"] for item in tail.items} == {"acme/1"}
        assert d.tails["globex"].items == []


FOLLOWS = """
class Default(WorkerEntrypoint):
    async def make(self, *ids): return [one.id for one in await self.env.WORKFLOWS.create_batch([{"id": id} for id in ids])]
    async def make_more(self, batch):
        made = await self.env.WORKFLOWS.createBatch(batch)
        return [[one.id for one in made.created], made.errors]
    async def follow(self, id, options=None):
        seen = []
        async for event in (await self.env.WORKFLOWS.get(id)).subscribe(options): seen.append(event.type)
        return seen
    async def call(self, id, method, *args): return await getattr(await self.env.WORKFLOWS.get(id), method)(*args)
    async def drop(self, ids): return await self.env.WORKFLOWS.deleteBatch(ids)

class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        async def undo(): await self.env.HOST.greet("undone")
        await step.do("one", rollback=undo)(lambda: 1)()
        got = await step.wait_for_event("go", "go")
        await step.do("two")(lambda: 2)()
        return got["payload"]
"""


async def test_handles_of_a_tenant_lose_nothing_on_the_way(house: Make) -> None:
    async with house() as h:
        d = Dispatcher(h)
        d.sources = {"acme": FOLLOWS, "globex": FOLLOWS}
        acme, globex = (d.worker(tenant).get_entrypoint() for tenant in d.sources)
        assert await acme.make("a", "b", "c") == ["a", "b", "c"]
        assert await globex.make("a") == ["a"]
        await h.settle()
        following = asyncio.ensure_future(acme.follow("a", {"filter": ["workflow_started", "workflow_completed"]}))
        await h.settle()
        for method in ("sendEvent", "send_event"):
            await acme.call("b" if method == "sendEvent" else "a", method, {"type": "go", "payload": method})
        await h.settle()
        assert (await acme.call("a", "status"))["output"] == "send_event"
        assert (await acme.call("b", "status"))["output"] == "sendEvent"
        assert await following == ["workflow_started", "workflow_completed"]
        assert (await globex.call("a", "status"))["status"] == "waiting"
        await acme.call("a", "restart", {"from": {"name": "two"}})
        await h.settle()
        assert (await acme.call("a", "status"))["output"] == "send_event", "the event of before was kept"
        await acme.call("c", "terminate", {"rollback": True})
        await h.settle()
        status = await acme.call("c", "status")
        assert (status["status"], status["rollback"]["outcome"]) == ("terminated", "complete")
        created, [error] = await acme.make_more({"instances": [{"id": "d"}, {"id": "a"}]})
        assert (created, error["index"], error["id"]) == (["d"], 1, "a")
        await acme.call("d", "delete")
        assert await acme.drop(["a", "nope"]) == {
            "deleted": [{"id": "a"}],
            "errors": [{"id": "nope", "code": 10400, "message": "workflows.api.error.instance.not_found"}],
        }
        with pytest.raises(InstanceNotFound):
            await acme.call("d", "status")
        assert (await globex.call("a", "status"))["status"] == "waiting"


async def test_who_follows_an_instance_is_forgotten_with_its_worker(house: Make) -> None:
    async with house() as h:
        d = Dispatcher(h)
        d.sources["acme"] = FOLLOWS
        stub = d.worker("acme").get_entrypoint()
        await stub.make("a")
        following = asyncio.ensure_future(stub.follow("a"))
        await h.settle()
        assert h.engine.subscribers._of
        for running in h.engine.workers:
            running.destroy("killed")
        await asyncio.gather(following, return_exceptions=True)
        await h.settle()
        assert not h.engine.subscribers._of


async def test_a_run_that_fails_and_is_undone_is_told_of_once(house: Make) -> None:
    source = """
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            async def undo(): print("undone")
            await step.do("one", rollback=undo)(lambda: 1)()
            raise ValueError("no")
    """
    async with house() as h:
        d = Dispatcher(h)
        d.sources["acme"] = source
        one = await wrap_workflow_binding({"tenantId": "acme"}, env={"WORKFLOWS": d.bound}).create({})
        await h.settle()
        assert (await one.status())["rollback"]["outcome"] == "complete"
        assert [item["outcome"] for item in d.tails["acme"].items] == ["exception"]


CONVERTED = """
from pyodide.ffi import to_js, create_proxy, JsException
from js import Object
js = lambda value: to_js(value, dict_converter=Object.fromEntries)
class Default(WorkerEntrypoint):
    async def p15(self): return (await self.env.WORKFLOWS.create(js({"id": "p15", "params": {"a": [1, {"b": None}]}}))).id
    async def p16(self): return [one.id for one in await self.env.WORKFLOWS.create_batch(js([{"id": "x"}, {"id": "y"}]))]
    async def p17(self): return (await (await self.env.WORKFLOWS.get("p15")).status())["output"]
    async def p18(self): await (await self.env.WORKFLOWS.get("p15")).send_event(js({"type": "go", "payload": {"n": 5}}))
    async def caught(self):
        try: await self.env.WORKFLOWS.get("nope")
        except JsException as error: return str(error)
    async def script(self):
        import js
        return js.document
class Flow(WorkflowEntrypoint):
    async def run(self, event, step): return [event.payload, (await step.wait_for_event("go", "go")).payload]
"""


async def test_p15_to_p18_options_converted_beforehand_work_as_they_are(house: Make) -> None:
    async with house() as h:
        d = Dispatcher(h)
        d.sources["acme"] = CONVERTED
        stub = d.worker("acme").get_entrypoint()
        assert await stub.p15() == "p15"
        assert await stub.p16() == ["x", "y"]
        await stub.p18()
        await h.settle()
        assert await stub.p17() == [{"a": [1, {"b": None}]}, {"n": 5}]
        if sys.platform != "emscripten":  # there the class is Pyodide's own, and a browser's sandbox widens it
            assert await stub.caught() == "(instance.not_found) Instance does not exist"
            with pytest.raises(AttributeError, match="js.document: there is no JavaScript here"):
                await stub.script()


async def test_limits_of_the_stub_hold_in_a_run_too(house: Make) -> None:
    source = """
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            made = 0
            try:
                for _ in range(10):
                    await self.env.HOST.greet()
                    made += 1
            except Exception as error:
                return [made, type(error).__name__]
    """
    async with house() as h:
        d = Dispatcher(h)
        d.sources["acme"] = source
        binding = wrap_workflow_binding({"tenantId": "acme"}, env={"WORKFLOWS": d.bound})
        one = await binding.create({})
        await h.settle()
        assert (await one.status())["output"] == [5, "TooManySubrequests"]


async def test_a_run_that_raises_or_is_cut_off_is_told_of_as_that(house: Make) -> None:
    source = """
    class Flow(WorkflowEntrypoint):
        async def run(self, event, step):
            if event.payload: raise ValueError("no")
            await asyncio.sleep(1_000)
    """
    async with house() as h:
        d = Dispatcher(h)
        d.sources["acme"] = source
        binding = wrap_workflow_binding({"tenantId": "acme"}, env={"WORKFLOWS": d.bound})
        await binding.create({"params": 1})
        await h.settle()
        [item] = d.tails["acme"].items
        assert (item["outcome"], item["exceptions"][0]["message"]) == ("exception", "no")
        other = await binding.create({"params": 0})
        await h.settle()
        await other.terminate()
        await h.settle()
        assert [item["outcome"] for item in d.tails["acme"].items] == ["exception", "canceled"]


def test_the_head_of_these_tests_imports_every_public_name() -> None:
    from dynamic_workflows.guest.workers_modules import workers

    assert "from workers import *" in HEAD
    assert all(hasattr(workers, name) for name in workers.__all__)
