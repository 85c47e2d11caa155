"""``env``: calls are posted at once, attributed to the code that makes them, and answered in kind."""

from __future__ import annotations

from typing import Any

from dynamic_workflows.shared.values import decode, encode
from tests.engine.guest.driver import Host, Port, flow, kinds, only


def calls(host: Port) -> list[Any]:
    return [(m["binding"], m["method"], decode(m["args"]), decode(m["kwargs"])) for m in host.said if m["k"] == "call"]


def test_any_method_of_a_service_can_be_called_with_any_values() -> None:
    host = Host()
    host.play(flow("return [(await self.env.WORLD.charge(40, at=b'x')).id, await self.env['WORLD'].ship()]"))
    assert calls(host) == [("WORLD", "charge", [40], {"at": b"x"}), ("WORLD", "ship", [], {})]
    assert host.output == ["charge-1", {"id": "ship-2"}]
    assert [message.get("key") for message in host.said if message["k"] == "call"] == [None, None]


def test_calls_inside_a_step_name_its_key_and_attempt() -> None:
    host = Host()
    host.play(
        flow("""
        async def helper():
            return await asyncio.gather(self.env.WORLD.one(), asyncio.create_task(other()))
        async def other():
            from workers import env
            return await env.WORLD.two()
        await step.do("a")(helper)()
    """)
    )
    assert [(m["method"], m["key"], m["attempt"]) for m in host.said if m["k"] == "call"] == [
        ("one", "do:a-1", 1),
        ("two", "do:a-1", 1),
    ]


def test_calls_nobody_awaits_are_sent_and_their_errors_are_nobodys() -> None:
    host = Host(lambda call: {"$error": {"name": "ValueError", "message": "no"}})
    host.play(flow("self.env.WORLD.fire()\nawait step.sleep('nap', 1)\nreturn 1"))
    assert calls(host) == [("WORLD", "fire", [], {})]
    assert host.output == 1
    assert "log" not in kinds(host.said)


def test_errors_of_calls_are_raised_with_their_class() -> None:
    host = Host(lambda call: {"$error": {"name": "PaymentError", "message": "declined", "module": "world"}})
    host.play(
        flow("""
        try:
            await self.env.WORLD.charge()
        except Exception as error:
            return [error.name, str(error)]
    """)
    )
    assert host.output == ["PaymentError", "declined"]


def test_values_are_decoded_and_missing_bindings_named() -> None:
    port = Port()
    port.load(
        flow("""
        seen = [self.env.RATE, self.env.CONFIG.currency, "RATE" in self.env, list(self.env)]
        for wrong in (lambda: self.env.NOPE, lambda: setattr(self.env, "RATE", 2)):
            try:
                wrong()
            except AttributeError as error:
                seen.append(str(error))
        return seen
    """),
        env={
            "RATE": {"kind": "value", "value": encode(2.0)},
            "CONFIG": {"kind": "value", "value": encode({"currency": "EUR"})},
        },
    )
    assert decode(only(port.start(), "returned")["value"]) == [
        2.0,
        "EUR",
        True,
        ["RATE", "CONFIG"],
        "env has no binding 'NOPE'; there are: RATE, CONFIG.",
        "env cannot be changed: its bindings are the host's.",
    ]


def test_a_workflow_binding_makes_instances() -> None:
    def world(call: dict[str, Any]) -> Any:
        args = decode(call["args"])
        if call["method"] == "create":
            return {"id": args[0].get("id", "made")}
        if call["method"] in ("create_batch",):
            return [{"id": item["id"]} for item in args[0]]
        return args[0] if call["method"] == "get" else {"status": "running"}

    host = Host(world)
    host.play(
        flow("""
        flows = self.env.FLOWS
        made = await flows.create({"id": "one", "params": {"a": 1}})
        named = await flows.create(params=2)
        batch = await flows.create_batch([{"id": "x"}, {"id": "y"}])
        again = await flows.createBatch([{"id": "z"}])
        got = await flows.get("one")
        status = await got.status()
        await got.send_event({"type": "go", "payload": 1})
        await got.sendEvent({"type": "go", "payload": 2})
        await got.terminate()
        await got.restart({"from": {"name": "a"}})
        await flows.deleteBatch(["x"])
        return [made.id, named.id, [one.id for one in batch], again[0].id, got.id, status.status]
    """)
    )
    assert host.error is None
    assert host.output == ["one", "made", ["x", "y"], "z", "one", "running"]
    assert [(method, args) for _, method, args, _ in calls(host)] == [
        ("create", [{"id": "one", "params": {"a": 1}}]),
        ("create", [{"params": 2}]),
        ("create_batch", [[{"id": "x"}, {"id": "y"}]]),
        ("create_batch", [[{"id": "z"}]]),
        ("get", ["one"]),
        ("instance.status", ["one"]),
        ("instance.send_event", ["one", {"type": "go", "payload": 1}]),
        ("instance.send_event", ["one", {"type": "go", "payload": 2}]),
        ("instance.terminate", ["one"]),
        ("instance.restart", ["one", {"from": {"name": "a"}}]),
        ("delete_batch", [["x"]]),
    ]


def test_arguments_that_cannot_travel_raise_at_the_call() -> None:
    host = Host()
    host.play(
        flow("""
        seen = []
        for argument in (object(), "x" * 2_000_000):
            try:
                await self.env.WORLD.charge(argument)
            except Exception as error:
                seen.append([type(error).__name__, str(error)[:60]])
        return seen
    """)
    )
    assert host.output == [
        ["NotSerialisable", "A object cannot be stored, at value[0]."],
        ["PayloadTooLarge", "An argument of WORLD.charge() is too large: 2,000,004 bytes."],
    ]
    assert calls(host) == []


def test_env_cannot_be_called_while_code_loads() -> None:
    port = Port()
    answer = port.load({"flow.py": "from workers import env\nenv.WORLD.charge()\n"})
    assert answer["error"]["message"].startswith("env.WORLD.charge() can be called while a run")
    assert (answer["file"], answer["line"]) == ("flow.py", 2)
    assert (
        Port().load({"flow.py": "from workers import env\nassert 'WORLD' in env and list(env)\n"})["entrypoints"] == []
    )


def test_results_of_two_runs_go_where_they_belong() -> None:
    port = Port()
    port.load(flow("return await self.env.WORLD.get(event.payload)"))
    one, two = only(port.start(1, run=1), "call"), only(port.start(2, run=2), "call")
    said = port.send({"k": "result", "re": two["n"], "value": "20"}, {"k": "result", "re": one["n"], "value": "10"})
    assert sorted((m["run"], m["value"]) for m in said) == [(1, "10"), (2, "20")]
    assert port.send({"k": "result", "re": one["n"], "value": "1"}, {"k": "result", "re": 99, "value": "1"}) == []
