"""The guest as its host sees it: it answers, it never raises, whatever arrives and whatever tenants do."""

from __future__ import annotations

import asyncio
import json
import linecache
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamic_workflows.guest.warmup import warmup
from dynamic_workflows.guest.worker import Guest
from dynamic_workflows.shared.protocol import encode_frame
from dynamic_workflows.shared.values import decode, encode
from tests.engine.guest.driver import Host, Port, flow, kinds, only

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=5) | st.sampled_from(["do:a-1", "Flow"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
host_kinds = [
    "load",
    "memo",
    "run",
    "accepted",
    "refused",
    "attempt",
    "settle",
    "result",
    "invoke",
    "park",
    "drop",
    "ping",
]
odd_messages = st.fixed_dictionaries(
    {"k": st.sampled_from(host_kinds)},
    optional={
        "run": st.integers(0, 2) | json_values, "key": st.just("do:a-1") | json_values, "n": json_values,
        "order": json_values, "value": st.just("1") | json_values, "error": json_values, "attempt": json_values,
        "re": json_values, "retry": json_values, "entries": json_values, "event": st.just("{}") | json_values,
        "entrypoint": st.just("Flow") | json_values, "limits": json_values, "effects": json_values,
        "modules": json_values, "env": json_values, "main": json_values, "method": json_values, "id": json_values,
        "args": st.just("[]") | json_values, "kwargs": st.just("{}") | json_values, "props": st.just("null"),
    },
)  # fmt: skip


def test_a_ping_is_answered_while_runs_wait() -> None:
    port = Port()
    assert port.send({"k": "ping", "n": 7}) == [{"k": "pong", "re": 7}]


@given(st.lists(odd_messages, max_size=6))
def test_no_message_makes_it_raise(messages: list[dict[str, Any]]) -> None:
    posted: list[str] = []
    guest = Guest(post=posted.append, arm=lambda delay: None, elapsed=lambda: 0)
    load = {
        "k": "load",
        "n": 1,
        "id": "a",
        "main": "flow.py",
        "modules": flow("await step.do('a')(lambda: 1)()"),
        "env": {},
    }
    run = {"k": "run", "run": 1, "entrypoint": "Flow", "event": "{}", "effects": "mediated", "limits": {}}
    guest.receive(encode_frame([load, run]))
    guest.receive(encode_frame(messages))
    guest.turn()
    posted.clear()
    guest.receive(encode_frame([{"k": "ping", "n": 1}]))
    assert json.loads(posted[-1])["m"][-1] == {"k": "pong", "re": 1}
    guest.close()


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"v":2,"m":[]}', None, 5])
def test_no_text_makes_it_raise(text: Any) -> None:
    port = Port()
    port.guest.receive(text)
    assert port.said == []


def test_a_message_that_cannot_be_handled_ends_its_run_only() -> None:
    port = Port()
    port.load(flow("await step.sleep('a', 5)"))
    port.start(run=1)
    port.start(run=2)
    port.guest.receive('{"v":1,"m":[{"k":"settle","run":1}]}')
    assert only(port.said, "raised")["run"] == 1
    assert only(port.said, "raised")["fatal"] is True
    assert kinds(port.send({"k": "settle", "run": 2, "key": "sleep:a-1", "order": 1})) == ["returned"]


def test_a_frame_that_arrives_within_post_is_taken_afterwards() -> None:
    said: list[Any] = []

    def post(text: str) -> None:
        said.extend(json.loads(text)["m"])
        if len(said) == 1:
            guest.receive(encode_frame([{"k": "ping", "n": 2}]))

    guest = Guest(post=post, arm=lambda delay: None, elapsed=lambda: 0)
    guest.receive(encode_frame([{"k": "ping", "n": 1}]))
    guest.turn()
    assert [message["re"] for message in said] == [1, 2]


def test_a_post_that_fails_does_not_reach_the_host() -> None:
    def post(text: str) -> None:
        raise OSError("closed")

    guest = Guest(post=post, arm=lambda delay: None, elapsed=lambda: 0)
    guest.receive(encode_frame([{"k": "ping", "n": 1}]))


def test_tenants_may_use_asyncio_timers_in_run() -> None:
    port = Port()
    port.load(flow("await asyncio.sleep(2.5)\nreturn asyncio.get_running_loop().time()"))
    port.now = 1_000
    assert port.start() == []
    assert port.advance(2_499) == []
    assert port.advance(1)[0]["value"] == "3.5"


def test_many_runs_at_once() -> None:
    port = Port()
    port.load(flow("return sum([await step.do('a')(lambda: 1)() for _ in range(3)])"))
    pending = [message for run in range(50) for message in port.start(run=run) if message["k"] == "finish"]
    order, outputs = 0, 0
    while pending:
        replies = []
        for message in pending:
            order += 1
            replies.append({"k": "settle", "run": message["run"], "key": message["key"], "order": order})
        said = port.send(*replies)
        outputs += sum(message.get("value") == "3" for message in said if message["k"] == "returned")
        pending = [message for message in said if message["k"] == "finish"]
    assert outputs == 50


SERVICES = """\
from workers import WorkerEntrypoint, Response, Request, waitUntil
from workers.workflows import NonRetryableError

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if isinstance(request, Request):
            return Response.json({"url": request.url, "body": await request.text(), "kind": request.headers["X-Kind"]}, status=201)

class Prices(WorkerEntrypoint):
    async def of(self, item, *, factor=1):
        print("asked")
        return [item, factor, self.ctx.props.tenant, (await self.env.WORLD.price(item)).id]
    def plain(self): return 5
    def fails(self): raise NonRetryableError("no price")
    def _hidden(self): return 1
"""


def invoked(port: Port, method: str, *args: Any, entrypoint: str | None = "Prices", **kwargs: Any) -> list[Any]:
    return port.send(
        {
            "k": "invoke", "n": 9, "entrypoint": entrypoint, "method": method, "args": encode(list(args)),
            "kwargs": encode(kwargs), "props": encode({"tenant": "acme"}),
        }
    )  # fmt: skip


def test_services_answer_calls() -> None:
    port = Port()
    assert port.load({"flow.py": SERVICES})["workers"] == ["Default", "Prices"]
    log, call = invoked(port, "of", "lamp", factor=2)
    assert (log["text"], call["re"], call["method"]) == ("asked", 9, "price")
    answer, done = port.send({"k": "result", "re": call["n"], "value": '{"id":"p"}'})
    assert done == {"k": "done", "re": 9}
    assert (answer["re"], decode(answer["value"])) == (9, ["lamp", 2, "acme", "p"])
    assert invoked(port, "plain")[0]["value"] == "5"
    assert invoked(port, "fails")[0]["error"]["final"] is True
    for method, entrypoint in (("_hidden", "Prices"), ("nope", "Prices"), ("plain", "Nope"), ("fetch", "Prices")):
        assert invoked(port, method, entrypoint=entrypoint)[0]["error"]["name"] == "WorkflowError"
    request = {"url": "/a", "method": "post", "headers": {"x-kind": "test"}, "body": "hello"}
    response = decode(invoked(port, "fetch", request, entrypoint=None)[0]["value"])
    assert response.status == 201
    assert asyncio.run(response.json()) == {"url": "/a", "body": "hello", "kind": "test"}


def test_warming_up_leaves_no_trace() -> None:
    warmup(1)  # imports of its own
    before = (set(sys.modules), list(sys.meta_path), sys.stdout, set(linecache.cache), sys.get_asyncgen_hooks())
    warmup(2)
    after = (set(sys.modules), list(sys.meta_path), sys.stdout, set(linecache.cache), sys.get_asyncgen_hooks())
    assert after == before


def test_the_warm_up_really_runs_its_workflow(monkeypatch: pytest.MonkeyPatch) -> None:
    import dynamic_workflows.guest.warmup as module

    said: list[str] = []
    reply = module._reply

    def listen(message: dict[str, Any], orders: Any) -> dict[str, Any] | None:
        said.append(message["k"])
        return reply(message, orders)

    monkeypatch.setattr(module, "_reply", listen)
    warmup(1)
    assert said.count("returned") == 1
    assert said.count("call") == 1


def test_the_workers_modules() -> None:
    host = Host()
    host.play(
        flow("""
        import workers
        from workers import Response, Request, fetch, handler, DurableObject, waitUntil, env
        from workers.workflows import NonRetryableError
        text, made = Response("hi", headers={"X-A": 1}), Response.json({"a": 1}, status=404)
        seen = [text.status, await text.text(), text.headers["x-a"], "x-A" in text.headers, text.ok, made.ok,
                await made.json(), made.headers["Content-Type"], await Response.from_json([1]).json(),
                await Request("/x", "post", body=b"1").json(), Request("/x").method, await Response(b"z").bytes(),
                Response.redirect("/y").headers["location"], workers.workflows.NonRetryableError is NonRetryableError]
        done = []
        async def background():
            done.append(1)
        waitUntil(background())
        self.ctx.waitUntil(background())
        await step.sleep("a", 1)
        seen.append(len(done))
        @handler
        async def on_fetch(request): return request
        seen.append(await on_fetch(1))
        for call in (lambda: fetch("https://a"), lambda: DurableObject(1, 2), lambda: Response(5)):
            try:
                await call()
            except Exception as error:
                seen.append(str(error))
        return seen
    """)
    )
    assert host.error is None, host.error
    assert host.output == [
        200, "hi", "1", True, True, False, {"a": 1}, "application/json", [1], 1, "GET", b"z", "/y", True, 2, 1,
        "This worker is not permitted to access the internet via global functions like fetch(). "
        "It must use capabilities (such as bindings in 'env') to talk to the outside world.",
        "DurableObject is not available in this release.",
        "A body is text or bytes, not int; use Response.from_json for values.",
    ]  # fmt: skip
