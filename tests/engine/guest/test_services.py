"""The ``workers`` modules as tenant code meets them, beyond what a run needs."""

from __future__ import annotations

import pytest

from dynamic_workflows.guest.env import plain
from dynamic_workflows.shared.values import decode, encode
from tests.engine.guest.driver import Host, Port, flow


def served(source: str, method: str = "go") -> object:
    """Return what a method of ``Default`` answers, or the text of its error."""
    port = Port()
    body = "\n".join(f"        {line}" for line in source.strip().split("\n"))
    answer = port.load(
        {"flow.py": f"from workers import *\nclass Default(WorkerEntrypoint):\n    async def go(self):\n{body}\n"}
    )
    assert "error" not in answer, answer
    invoke = {
        "k": "invoke",
        "n": 3,
        "entrypoint": None,
        "method": method,
        "args": "[]",
        "kwargs": "{}",
        "props": "null",
    }
    said = port.send(invoke)
    assert [message["k"] for message in said] == ["returned", "done"]
    return (
        decode(said[0]["value"]) if "value" in said[0] else f"{said[0]['error']['name']}: {said[0]['error']['message']}"
    )


def test_what_may_travel_by_rpc_is_returned_as_it_is_and_the_rest_named() -> None:
    assert served("return [python_to_rpc({'a': [1, {2}]})['a'][0], python_from_rpc([1])]") == [1, [1]]
    assert served("return python_to_rpc({'a': [(1,)]})") == "TypeError: <class 'tuple'> cannot be sent over RPC."
    assert served("return python_to_rpc(bytearray())") == "TypeError: <class 'bytearray'> cannot be sent over RPC."
    text = served("import asyncio\nwaits = asyncio.sleep(0)\ntry: return python_to_rpc(waits)\nfinally: waits.close()")
    assert str(text).startswith("TypeError: Awaitable <class 'coroutine'> cannot be sent over RPC.")


def test_env_can_be_patched_for_a_while() -> None:
    assert served(
        "with patch_env({'A': 1}, B=2):\n"
        "    inside = [env.A, env['B'], 'A' in env, 'WORLD' in env, sorted(env)]\n"
        "return [inside, 'A' in env]"
    ) == [[1, 2, True, True, ["A", "B", "FLOWS", "WORLD"]], False]


def test_javascript_is_there_as_far_as_python_code_needs_it() -> None:
    assert served("return 'WORLD' in import_from_javascript('cloudflare:workers').env") is True
    assert served("return import_from_javascript('cloudflare:sockets')") == (
        "ImportError: There is no JavaScript module 'cloudflare:sockets' here: a sandbox runs Python only."
    )


@pytest.mark.parametrize("name", ["Blob", "File", "FormData", "DurableObject"])
def test_classes_that_are_missing_can_be_named_and_say_so_when_made(name: str) -> None:
    assert str(served(f"class Mine({name}): pass\nisinstance(1, {name})\nreturn Mine(1, 2)")).startswith(
        f"NotAvailableError: {name} is not available in this release."
    )


def test_an_instances_id_is_text_and_may_be_awaited() -> None:
    host = Host(lambda call: {"id": "one"})
    host.play(
        flow("""
        made = await self.env.FLOWS.create({"id": "one"})
        return [made.id == "one", await made.id, f"{made.id}", {made.id: 1}["one"], type(await made.id) is str]
    """)
    )
    assert host.output == [True, "one", "one", 1, True]


class Converted:
    """Like a JavaScript object made by ``to_js``."""

    def __init__(self, value: object) -> None:
        self._value = value

    def to_py(self) -> object:
        return self._value


class JsNull:
    """Like JavaScript's null."""


def test_javascript_objects_in_what_a_call_passes_are_turned_back() -> None:
    assert plain([Converted({"a": [JsNull(), Converted(1)]}), {"b": (Converted("x"),)}]) == [
        {"a": [None, 1]}, {"b": ["x"]},
    ]  # fmt: skip


def test_a_binding_is_not_asked_whether_it_is_a_javascript_object() -> None:
    host = Host()
    host.play(flow("return await self.env.WORLD.charge(self.env.FLOWS)"))
    assert host.error is not None
    assert (host.error["name"], host.error["message"][:40]) == (
        "NotSerialisable",
        "A dynamic_workflows.guest.env.WorkflowBi",
    )
    assert [message for message in host.said if message["k"] == "call"] == []


def test_props_of_a_run_are_seen_in_its_ctx() -> None:
    port = Port()
    port.load(flow("return [self.ctx.props, self.ctx.exports is not None]"))
    run = {"k": "run", "run": 1, "entrypoint": "Flow", "event": "{}", "effects": "mediated", "limits": {}}
    assert decode(port.send({**run, "props": encode({"a": 1})})[-1]["value"]) == [{"a": 1}, True]


def test_an_invocation_that_is_ended_says_no_more() -> None:
    port = Port()
    source = "from workers import *\nimport asyncio\nclass Default(WorkerEntrypoint):\n    async def go(self):\n"
    source += "        async def rest():\n            await asyncio.sleep(1)\n            print('too late')\n"
    source += "        waitUntil(rest())\n"
    port.load({"flow.py": source})
    port.send(
        {"k": "invoke", "n": 3, "entrypoint": None, "method": "go", "args": "[]", "kwargs": "{}", "props": "null"}
    )
    port.send({"k": "end", "re": 3}, {"k": "end", "re": 99})
    assert port.advance(2_000) == []
