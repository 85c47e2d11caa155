"""Calls of entrypoints: requests and responses, env, the gateway, limits, tails, waitUntil, and handlers as functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dynamic_workflows.host.tenants.platform import check_tenant
from dynamic_workflows.host.world import World
from dynamic_workflows.shared.errors import OutboundNotPermitted, TooManySubrequests, WorkflowError
from dynamic_workflows.shared.http import Request, Response
from tests.engine.host.harness import House
from tests.engine.host.loading import Service, Tail, code, default, worker

Make = Callable[..., House]

ECHO = """
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        body = await request.text()
        return Response.json({"method": request.method, "url": request.url, "body": body, "kind": request.headers["X-Kind"]},
                             status=201, headers={"X-Seen": "yes"})
"""


async def test_a_request_goes_in_and_a_response_comes_out(house: Make) -> None:
    async with house() as h:
        stub = default(h, ECHO)
        expected = {"method": "POST", "url": "https://a/b", "body": "näh", "kind": "test"}
        options: dict[str, Any] = {"method": "post", "headers": {"x-kind": "test"}, "body": "näh"}
        for request in (Request("https://a/b", **options), {"url": "https://a/b", **options}):
            response = await stub.fetch(request)
            assert isinstance(response, Response)
            assert (response.status, response.ok, response.headers["x-seen"]) == (201, True, "yes")
            assert await response.json() == expected
        assert (await (await stub.fetch("https://a/b", **options)).json()) == expected
        with pytest.raises(KeyError, match="x-kind"):
            await stub.fetch("https://a/b")


async def test_fetch_must_return_a_response(house: Make) -> None:
    async with house() as h:
        with pytest.raises(TypeError, match="fetch must return a Response, not dict"):
            await default(h, "class Default(WorkerEntrypoint):\n    async def fetch(self, request): return {}\n").fetch(
                "/"
            )


@pytest.mark.parametrize(
    "source",
    [
        "@handler\nasync def on_fetch(request, env, ctx):\n    return Response(f'{request.url} {env.A} {ctx.props}')\n",
        "def on_fetch(request, env):\n    return Response(f'{request.url} {env.A} {{}}')\n",
        "async def on_fetch(*args):\n    return Response(f'{args[0].url} {args[1].A} {args[2].props}')\n",
        "class Default(WorkerEntrypoint):\n    async def on_fetch(self, request):\n"
        "        return Response(f'{request.url} {self.env.A} {self.ctx.props}')\n",
    ],
)
async def test_handlers_may_be_functions_of_the_main_module(house: Make, source: str) -> None:
    async with house() as h:
        assert await (await default(h, source, env={"A": 5}).fetch("/x")).text() == "/x 5 {}"


async def test_other_handlers_are_called_by_their_names(house: Make) -> None:
    source = "def on_scheduled(controller, env, ctx):\n    return [controller.cron, env.A]\n"
    async with house() as h:
        assert await default(h, source, env={"A": 5}).scheduled({"cron": "* * * * *"}) == ["* * * * *", 5]
        with pytest.raises(WorkflowError, match="There is no worker class 'Default'"):
            await default(h, source).queue([])


class Gateway:
    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    async def fetch(self, request: Request) -> Response:
        text = await request.text()
        return Response(f"{self.prefix} {request.method} {request.url} {text}", 202, headers={"x-by": "gateway"})

    def secret(self) -> str:
        return "never to be called"


OUT = """
class Default(WorkerEntrypoint):
    async def out(self, url):
        response = await fetch(url, method="PUT", body="data")
        return [response.status, response.headers["X-By"], await response.text()]
    async def forward(self, url): return await (await fetch(Request(url, body="b", method="POST"))).text()
    async def other(self):
        from dynamic_workflows.guest.scope import SCOPE
        return await SCOPE.get().guest.call(":outbound", "secret", (), {})
"""


async def test_l7_every_fetch_goes_to_the_gateway_and_to_nothing_else_of_it(house: Make) -> None:
    async with house() as h:
        stub = default(h, OUT, global_outbound=Gateway("acme"))
        assert await stub.out("https://a") == [202, "gateway", "acme PUT https://a data"]
        assert await stub.forward("https://b") == "acme POST https://b b"
        with pytest.raises(AttributeError, match="A gateway has no method 'secret'"):
            await stub.other()
        stub = default(h, OUT, global_outbound=default(h, "class Default(WorkerEntrypoint):\n    async def fetch(self, request):\n"
                                                          "        return Response('by a worker', headers={'x-by': request.url})\n"))  # fmt: skip
        assert await stub.out("https://a") == [200, "https://a", "by a worker"]


async def test_l7_without_a_gateway_there_is_no_network(house: Make) -> None:
    async with house() as h:
        with pytest.raises(OutboundNotPermitted) as refused:
            await default(h, OUT).out("https://a")
        assert str(refused.value) == (
            "This worker is not permitted to access the internet via global functions like fetch(). It must use "
            "capabilities (such as bindings in 'env') to talk to the outside world."
        )


MANY = """
class Default(WorkerEntrypoint):
    async def ask(self, n): return [await self.env.HOST.greet() for _ in range(n)][-1]
"""


async def test_calls_of_an_invocation_are_counted_by_the_host_and_the_lower_limit_counts(house: Make) -> None:
    async with house() as h:
        service = Service()
        stub = worker(h, MANY, env={"HOST": service}, limits={"subRequests": 3})
        assert await stub.get_entrypoint().ask(3) == "service greets"
        for entrypoint, most in (
            (stub.get_entrypoint(), 3), (stub.get_entrypoint(limits={"subRequests": 2}), 2),
            (stub.get_entrypoint(limits={"sub_requests": 9}), 3),
        ):  # fmt: skip
            service.asked.clear()
            with pytest.raises(TooManySubrequests, match=f"this invocation may make {most} "):
                await entrypoint.ask(5)
            assert len(service.asked) == most


TALKS = """
class Default(WorkerEntrypoint):
    async def fetch(self, request):
        print("asked for", request.url)
        return Response("x")
    async def fail(self):
        import logging
        logging.warning("about to fail")
        raise ValueError("no")
    async def later(self):
        async def rest():
            await asyncio.sleep(1)
            print("rest done", await self.env.HOST.greet())
        waitUntil(rest())
        self.ctx.waitUntil(rest())
        print("answered")
        return 1
    async def endless(self):
        waitUntil(asyncio.sleep(1_000))
        return 1
    async def lost(self):
        async def rest(): raise ValueError("in the background")
        waitUntil(rest())
"""


async def test_l8_a_tail_is_told_once_of_every_invocation(house: Make) -> None:
    async with house() as h:
        tails = [Tail(), Tail()]
        stub = default(h, TALKS, tails=tails)
        await stub.fetch("https://a/b", headers={"x-a": "1"})
        await h.settle()
        [item] = tails[0].items
        assert tails[1].items == [item]
        assert item["event"] == {"request": {"url": "https://a/b", "method": "GET", "headers": {"x-a": "1"}}}
        assert [(line["level"], line["message"]) for line in item["logs"]] == [("info", "asked for https://a/b")]
        assert (item["outcome"], item["exceptions"], item["scriptName"]) == ("ok", [], "unnamed 1")
        with pytest.raises(ValueError, match="no"):
            await stub.fail()
        await h.settle()
        item = tails[0].items[1]
        assert (item["outcome"], item["event"]) == ("exception", {"rpcMethod": "fail"})
        assert [(error["name"], error["message"]) for error in item["exceptions"]] == [("ValueError", "no")]
        assert tails[0].logs()[1:] == [("warning", "about to fail")]
        assert len(tails[0].items) == len(tails[1].items) == 2


async def test_what_wait_until_was_given_goes_on_behind_the_answer_and_the_tail_hears_of_it(house: Make) -> None:
    async with house() as h:
        tail = Tail()
        stub = default(h, TALKS, tails=[tail], env={"HOST": Service()})
        assert await stub.later() == 1
        await h.settle()
        assert tail.items == []
        await h.advance(1_000)
        assert [message for _, message in tail.logs()] == ["answered", *["rest done service greets"] * 2]
        await stub.lost()
        await h.settle()
        [error] = tail.items[1]["logs"]
        assert (error["level"], error["message"].splitlines()[0]) == ("error", "What waitUntil was given failed.")
        assert "in the background" in error["message"]


async def test_what_wait_until_was_given_ends_after_30_seconds(house: Make) -> None:
    async with house() as h:
        tail = Tail()
        assert await default(h, TALKS, tails=[tail]).endless() == 1
        await h.advance(29_999)
        [running] = h.engine.workers
        assert (tail.items, running.busy) == ([], True)
        await h.advance(1)
        assert ([item["outcome"] for item in tail.items], running.busy) == (["canceled"], False)


async def test_what_ends_after_30_seconds_is_cancelled_in_the_worker(house: Make) -> None:
    source = """
    seen = []
    async def rest():
        try: await asyncio.sleep(1_000)
        except asyncio.CancelledError: seen.append("cancelled")
    class Default(WorkerEntrypoint):
        def leave(self): waitUntil(rest())
        def seen(self): return seen
    """
    async with house() as h:
        stub = default(h, source)
        await stub.leave()
        await h.advance(30_000)
        assert await stub.seen() == ["cancelled"]


async def test_an_invocation_whose_worker_dies_is_told_of_as_that(house: Make) -> None:
    source = "class Default(WorkerEntrypoint):\n    async def wait(self): await asyncio.sleep(1_000)\n"
    for reason, outcome in (
        ("crashed: exit code 1", "internalError"), ("limit: its memory", "exceededMemory"),
        ("limit: its 5 s of CPU time", "exceededCpu"), ("evicted", "canceled"),
    ):  # fmt: skip
        async with house() as h:
            tail = Tail()
            asked = asyncio.ensure_future(default(h, source, tails=[tail]).wait())
            await h.settle()
            for running in h.engine.workers:
                running.destroy(reason)
            with pytest.raises(WorkflowError):
                await asked
            await h.settle()
            assert [item["outcome"] for item in tail.items] == [outcome]


async def test_a_tail_may_be_a_worker_and_one_that_fails_is_noted_and_harms_nobody(house: Make) -> None:
    listens = """
    class Default(WorkerEntrypoint):
        async def tail(self, events): await self.env.HOST.greet(len(events), events[0]["logs"][0]["message"], self.ctx.props["of"])
    """
    async with house() as h:
        service = Service()
        listener = worker(h, listens, env={"HOST": service}).get_entrypoint(props={"of": "acme"})
        deaf = SimpleNamespace(tail=lambda events: 1 / 0)
        stub = default(h, TALKS, tails=[deaf, listener])
        assert await (await stub.fetch("/x")).text() == "x"
        await h.settle()
        assert service.asked == [[1, "asked for /x", "acme"]]
        [(text,)] = await h.engine.core.submit(lambda tx: tx.query("select text from log where uid = 0"))
        assert text == "A tail of unnamed 2 failed: ZeroDivisionError: division by zero"


async def test_lines_of_one_invocation_do_not_use_up_those_of_the_next(house: Make) -> None:
    source = "class Default(WorkerEntrypoint):\n    def shout(self, n):\n        for i in range(n): print(i)\n"
    async with house() as h:
        tail = Tail()
        stub = default(h, source, tails=[tail])
        for _ in range(2):
            await stub.shout(700)
        await h.settle()
        assert [len(item["logs"]) for item in tail.items] == [700, 700]


async def test_calls_of_world_from_a_request_are_in_the_ledger_without_a_run(house: Make) -> None:
    check_tenant("acme")
    source = "class Default(WorkerEntrypoint):\n    async def buy(self): return (await self.env.WORLD.charge(5, key='k'))['id']\n"
    async with house(world_delay=100) as h:
        asked = asyncio.ensure_future(default(h, source, env={"WORLD": World("acme", lambda: 100)}).buy())
        await h.advance(100)
        assert await asked == "charge-1"
        [row] = await h.ask("ledger", tenant="acme")
        assert (row["method"], row["workflow"], row["instance"], row["asked"], row["done"]) == (
            "charge",
            None,
            None,
            1,
            1,
        )


async def test_a_call_after_the_end_of_its_request_is_refused(house: Make) -> None:
    source = """
    seen = []
    class Default(WorkerEntrypoint):
        async def leave(self):
            async def rest():
                await asyncio.sleep(1)
                try: await self.env.HOST.greet()
                except Exception as error: seen.append(str(error))
            self.task = asyncio.create_task(rest())
            seen.append(self.task)
            return 1
        async def seen(self): return [part for part in seen if isinstance(part, str)]
    """
    async with house() as h:
        stub = default(h, source, env={"HOST": Service()})
        await stub.leave()
        await h.advance(1_000)
        assert await stub.seen() == ["The request that this call belongs to is over."]


async def test_code_of_one_worker_serves_many_requests_at_once(house: Make) -> None:
    source = "class Default(WorkerEntrypoint):\n    async def slow(self, n):\n        await asyncio.sleep(1)\n        return [n, self.ctx.props]\n"
    async with house() as h:
        stub = h.engine.loader.get("one", lambda: code(source))
        asked = [asyncio.ensure_future(stub.get_entrypoint(props={"n": n}).slow(n)) for n in range(20)]
        await h.advance(1_000)
        assert [await one for one in asked] == [[n, {"n": n}] for n in range(20)]
