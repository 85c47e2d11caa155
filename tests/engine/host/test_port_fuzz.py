"""A guest port that says anything, at any moment, to a real engine: nothing breaks and nobody else is touched."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dynamic_workflows.host.clocks import passes
from dynamic_workflows.shared.protocol import GUEST
from tests.engine.host.test_ports import CONFIG, Bench, Port, bench, finish, start

KEYS = ["do:a-1", "do:b-1", "do:a-2", "sleep:s-1", "wait:w-1", "rollback:a-1", "do:", "x", "do:a-0", "sleep:a-1"]
TEXTS = ["1", "null", '"text"', "[]", "{}", "[", '{"$":"bytes","v":"AA=="}', '{"$":"?"}', "NaN", "[" * 300]
ERRORS: list[dict[str, Any]] = [
    {"name": "ValueError", "message": "no"}, {"name": "NonRetryableError", "message": "", "final": True},
    {"name": "\u2028", "message": "'; drop table history; --", "traceback": "x" * 100},
]  # fmt: skip
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "key": st.sampled_from(KEYS), "name": st.sampled_from(["a", "b", "s", "x" * 300, ""]),
    "attempt": st.integers(0, 3), "config": st.sampled_from([None, CONFIG, {}, {"timeout": -1}, {"retries": 5}]),
    "rollback": st.just(True), "value": st.sampled_from(TEXTS), "error": st.sampled_from(ERRORS),
    "fatal": st.sampled_from(ERRORS), "stream": st.integers(0, 3), "chunk": st.integers(0, 3),
    "bytes": st.sampled_from(["", "AA==", "AAAA" * 100]), "delay": st.integers(0, 5_000),
    "duration": st.sampled_from([0, 5, 60_000, 2**53]), "until": st.sampled_from([0, 2**53]),
    "type": st.sampled_from(["go", "", "no such", "x" * 200]), "timeout": st.sampled_from([0, 1_000, 60_000, 2**53]),
    "binding": st.sampled_from(["WORLD", "WORKFLOWS", "LOADER", "NOPE"]),
    "method": st.sampled_from(["pay", "create", "get", "status", "_find", "__init__"]),
    "args": st.sampled_from(["[]", '["kept"]', "{}", "["]),
    "kwargs": st.sampled_from(["{}", '{"key":"k"}', '{"id":"kept"}', "[]"]),
    "level": st.sampled_from(["info", "x" * 99]), "text": st.sampled_from(["", "said", "\0\ud800"]),
    "entrypoints": st.sampled_from([[], ["Flow"]]), "workers": st.just([]), "file": st.just("flow.py"),
    "line": st.integers(0, 9), "column": st.integers(0, 9), "rollbacks": st.just(True), "re": st.integers(0, 5),
    "n": st.integers(0, 5),
}  # fmt: skip


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """Return a message whose shape is right; ``run`` says whose: this port's newest run, another port's, or nobody's."""
    kind = draw(st.sampled_from(sorted(GUEST)))
    shape = GUEST[kind]
    chosen = sorted(shape.required)
    if shape.one_of:
        chosen.append(draw(st.sampled_from(shape.one_of)))
    optional = sorted(shape.fields.keys() - {"k", *chosen, *shape.one_of})
    chosen += draw(st.lists(st.sampled_from(optional), unique=True, max_size=2)) if optional else []
    message: dict[str, Any] = {"k": kind}
    for field in chosen:
        if field == "run":
            message[field] = draw(st.sampled_from(["mine", "mine", "mine", "mine", "theirs", "nobody's"]))
        elif kind == "finish" and field == "fatal":
            message[field] = draw(VALUES["fatal"])
        elif kind == "raised" and field == "fatal":
            message[field] = True
        else:
            message[field] = draw(VALUES[field])
    return message


MOMENTS = st.one_of(
    st.tuples(st.just("say"), st.lists(messages(), min_size=1, max_size=5), st.booleans()),
    st.tuples(st.just("raw"), st.sampled_from(["", "{", "[" * 99, '{"v":1,"m":[1]}', "\ud800"]), st.none()),
    st.tuples(st.just("time"), st.sampled_from([1, 20, 1_000, 60_000]), st.none()),
    st.tuples(st.just("step"), st.sampled_from(["a", "b"]), st.none()),
    st.tuples(st.just("ask"), st.sampled_from(["send_event", "pause", "resume", "skip", "terminate", "restart"]), st.none()),
    st.tuples(st.just("end"), st.sampled_from(["crashed", "killed", "frame lost", "abuse: x", "limit: its memory"]), st.none()),
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(MOMENTS, min_size=1, max_size=14))
def test_any_message_at_any_moment_leaves_the_engine_whole_and_others_untouched(moments: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_fuzzed(Path(folder), moments))


async def _fuzzed(folder: Path, moments: list[Any]) -> None:
    async with bench(folder, cpu_turn=10_000_000) as b:  # at its exit derived tables equal rebuild()
        victim, safe, theirs = await b.start("victim")
        safe.say(start(theirs), finish(theirs, value='"secret"'), {**start(theirs, "do:b-1"), "n": 1})
        before = await b.kinds(victim)
        run, port, number = await b.start("attacker")
        for what, more, held in moments:
            port, number = _current(b, port, number, safe)
            if what == "say":
                whose = {"mine": number, "theirs": theirs, "nobody's": 77}
                said = [{**m, "run": whose[m["run"]]} if "run" in m else m for m in more]
                port.say(*said, more=held)
            elif what == "raw":
                port.listener.frame(more)
            elif what == "time":
                await b.clock.advance(more)
            elif what == "step":
                port.say(start(number, f"do:{more}-1"))
            elif what == "end":
                port.listener.closed(more)
            else:
                await _asked(b, more, run)
            await passes(30)
            assert b.core.failure is None
        await b.clock.advance(20)
        assert await b.kinds(victim) == before
        assert [port for port in (safe,) if port.destroyed] == []
        safe.say(finish(theirs, "do:b-1"), {"k": "returned", "run": theirs, "value": '"secret"'})
        assert (await b.kinds(victim))[-1] == "completed"
        rows = (await b.ask("history", **run))["rows"]
        assert [row["seq"] for row in rows] == list(range(rows[0]["seq"], rows[0]["seq"] + len(rows)))
        calls = await b.ask("ledger", tenant="victim")
        assert calls == []


def _current(b: Bench, port: Port, number: int, safe: Port) -> tuple[Port, int]:
    """Return where the attacker's run is now: it may have got another sandbox."""
    for other in reversed(b.ports.opened):
        if other is not safe and "run" in other.kinds():
            return other, other.last("run")["run"]
    return port, number


async def _asked(b: Bench, verb: str, run: dict[str, Any]) -> None:
    args = {"type": "go", "payload": 1} if verb == "send_event" else {}
    text = json.dumps(
        {"v": 1, "id": f"fuzz {b.clock.now()} {verb} {len(b.ports.opened)}", "verb": verb, "args": {**run, **args}}
    )
    json.loads(await b.desk.request(text))  # an error is an answer too
