"""What steps and runs give back: errors with their class, message and traceback; values that cannot be stored."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Any

import pytest

from dynamic_workflows.shared.limits import RESULT_BYTES
from tests.engine.guest.driver import Host, Port, flow, only

ERRORS = {
    "flow.py": """\
from workers import WorkflowEntrypoint
from workers.workflows import NonRetryableError
import shop


class Local(Exception):
    pass


class Flow(WorkflowEntrypoint):
    async def run(self, event, step):
        seen = []
        for name in ("value", "key", "declined", "local", "final"):
            @step.do(name)
            async def work():
                return shop.raise_(name, Local)

            try:
                await work()
            except (ValueError, KeyError, shop.Declined, Local, NonRetryableError) as error:
                seen.append([type(error).__name__, str(error), type(error) in (shop.Declined, Local)])
        return seen
""",
    "shop.py": """\
from workers.workflows import NonRetryableError


class Declined(ValueError):
    def __init__(self, card, *, code):
        super().__init__(f"{card} declined with {code}")
        self.code = code


def raise_(name, local):
    if name == "value":
        raise ValueError("no such item")
    if name == "key":
        return {}["lamp"]
    if name == "declined":
        raise Declined("visa", code=5)
    if name == "local":
        raise local("mine")
    raise NonRetryableError("give up")
""",
}


def test_errors_keep_their_class_and_message_live_and_from_history() -> None:
    host = Host()
    host.play(ERRORS)
    assert host.output == [
        ["ValueError", "no such item", False],
        ["KeyError", "'lamp'", False],
        ["Declined", "visa declined with 5", True],
        ["Local", "mine", True],
        ["NonRetryableError", "give up", False],
    ]
    again = host.replay(ERRORS)
    assert again.output == host.output
    finals = [message["key"] for message in host.said if message.get("error", {}).get("final")]
    assert finals == ["do:final-1"]


def test_a_traceback_begins_at_the_tenants_frame_and_shows_their_lines() -> None:
    host = Host()
    host.play(ERRORS)
    error = next(m["error"] for m in host.said if m.get("key") == "do:value-1" and m["k"] == "finish")
    assert re.sub(r" +[~^]+\n", "", error["traceback"]) == (
        "Traceback (most recent call last):\n"
        '  File "flow.py", line 16, in work\n'
        "    return shop.raise_(name, Local)\n"
        '  File "shop.py", line 12, in raise_\n'
        '    raise ValueError("no such item")\n'
        "ValueError: no such item\n"
    )


def test_an_uncaught_step_error_tells_where_it_arose_and_where_it_left_run() -> None:
    host = Host()
    host.play(flow("@step.do('a')\ndef a():\n    raise ValueError('no')\nawait a()"))
    assert host.error is not None
    assert host.error["name"] == "ValueError"
    text = host.error["traceback"]
    assert text.index('File "flow.py", line 9, in a') < text.index('File "flow.py", line 10, in run')
    assert "dynamic_workflows" not in text
    again = host.replay(flow("@step.do('a')\ndef a():\n    raise ValueError('no')\nawait a()"))
    assert again.error == host.error


def test_chained_errors_lose_the_engines_frames_too() -> None:
    host = Host()
    host.play(
        flow("""
        try:
            await step.do("bad\\n")(lambda: 1)()
        except Exception as error:
            raise RuntimeError("outer") from error
    """)
    )
    assert host.error is not None
    assert "site-packages" not in host.error["traceback"]
    assert "dynamic_workflows" not in host.error["traceback"]
    assert host.error["traceback"].count("Traceback (most recent call last)") == 2


def test_errors_that_resist_being_told_are_told_anyway() -> None:
    host = Host()
    host.play(
        flow("""
        class Rude(Exception):
            def __str__(self): raise RuntimeError("no")
            __repr__ = __str__
        raise Rude()
    """)
    )
    assert host.error is not None
    assert host.error["name"] == "Rude"


def test_an_error_with_a_huge_text_is_cut() -> None:
    host = Host()
    host.play(flow("raise ValueError('x' * 9_000_000)"))
    assert host.error is not None
    assert len(host.error["message"]) < 20_000


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("object()", "A object cannot be stored"),
        ("[].append", "A builtin_function_or_method cannot be stored"),
        ("loop", "contains itself"),
        ("{(1, 2): 3}", "A tuple cannot be a key"),
        ("[x for x in [asyncio.sleep]]", "A function cannot be stored, at value[0]"),
    ],
)
def test_a_value_that_cannot_be_stored_is_fatal_and_cannot_be_caught(value: str, reason: str) -> None:
    host = Host()
    host.play(
        flow(f"""
        loop = []
        loop.append(loop)
        try:
            await step.do("a")(lambda: {value})()
        except BaseException:
            print("caught")
            await step.do("b")(lambda: 1)()
    """)
    )
    assert host.fatal is not None
    assert host.fatal["message"] == 'Value returned from step "a" is not serialisable'
    assert reason in host.fatal["traceback"]
    assert [m["k"] for m in host.said] == ["loaded", "start", "finish"]


def test_a_result_over_a_mebibyte_is_an_ordinary_failure() -> None:
    host = Host()
    host.retries = 1
    host.play(flow(f"return len(await step.do('a')(lambda ctx: 'x' * ({RESULT_BYTES} * (2 - ctx['attempt'])))())"))
    assert host.output == 0
    failed = next(m for m in host.said if m["k"] == "finish")
    assert failed["error"]["name"] == "WorkflowInternalError"
    assert failed["error"]["message"] == "Step a-1 output is too large. Maximum allowed size is 1MiB."


def test_many_large_results_travel_in_frames_that_fit() -> None:
    host = Host()
    host.play(
        flow("""
        async def part(i):
            return len(await step.do("a")(lambda: "\\x00" * 1_000_000)())
        return sum(await asyncio.gather(*map(part, range(5))))
    """)
    )
    assert host.output == 5_000_000
    assert len([frame for frame in host.frames if frame["m"] and frame["m"][0]["k"] == "finish"]) == 5


def test_a_stream_is_sent_piece_by_piece_each_once_the_one_before_is_stored() -> None:
    port = Port()
    port.load(flow("async def rows():\n    yield bytes(600_000)\nawait step.do('a')(rows)()"))
    said = port.start()
    for n, size in enumerate((262_144, 262_144, 75_712)):
        chunk = only(said, "chunk")
        assert (chunk["chunk"], len(b64decode(chunk["bytes"]))) == (n, size)
        stale = {"k": "ack", "run": 1, "key": "do:a-1", "attempt": 2, "chunk": n}
        assert port.send(stale) == []
        said = port.send({**stale, "attempt": 1})
    assert only(said, "finish")["stream"] == 3


def test_a_guest_behind_a_relay_sends_its_streams_no_faster_than_the_relay_takes_them() -> None:
    port = Port()
    port.load(flow("async def rows():\n    yield bytes(16 << 20)\nawait step.do('a')(rows)()"))
    said, sent = port.start(), 0
    while port.now < 2_000:
        for message in said:
            sent += len(message["bytes"]) if message["k"] == "chunk" else 0
        acks = [{**m, "k": "ack"} for m in said if m["k"] == "chunk"]
        for ack in acks:
            del ack["bytes"]
        said = port.send(*acks) if acks else port.advance(50)
    assert 16_000_000 < sent < 8_000_000 + 2 * 5_000_000 + 400_000


@pytest.mark.parametrize(
    ("body", "name", "message"),
    [
        ("return object()", "NotSerialisable", "Value returned from run is not serialisable: A object cannot"),
        ("return 'x' * 2_000_000", "PayloadTooLarge", "The value returned from run is too large: 2,000,002 bytes."),
        ("raise SystemExit(4)", "SystemExit", "4"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("raise GeneratorExit", "RuntimeError", "The run ended itself"),
        ("asyncio.current_task().cancel(); await asyncio.sleep(0)", "CancelledError", ""),
        ("def f(): return f()\nf()", "RecursionError", "maximum recursion depth exceeded"),
        ("raise ExceptionGroup('g', [ValueError(1)])", "ExceptionGroup", "g (1 sub-exception)"),
    ],
)
def test_whatever_leaves_run_is_reported(body: str, name: str, message: str) -> None:
    host = Host()
    host.play(flow(body))
    assert host.error is not None
    assert host.error["name"] == name
    assert host.error["message"].startswith(message)


def test_a_constructor_that_fails_is_reported_too() -> None:
    port = Port()
    port.load(
        {
            "flow.py": "from workers import WorkflowEntrypoint\nclass Flow(WorkflowEntrypoint):\n"
            "    def __init__(self, ctx, env):\n        raise ValueError('no start')\n"
        }
    )
    assert only(port.start(), "raised")["error"]["message"] == "no start"


def test_an_unknown_entrypoint_is_fatal() -> None:
    port = Port()
    port.load(flow("return 1"))
    raised = only(port.start(entrypoint="Other"), "raised")
    assert raised["fatal"] is True
    assert raised["error"]["message"] == "There is no workflow class 'Other' in this worker."


def test_a_result_may_be_a_tuple_or_nothing() -> None:
    results: list[Any] = []
    for body in ("return (1, 2)", "pass"):
        host = Host()
        host.play(flow(body))
        results.append(host.output)
    assert results == [[1, 2], None]
