"""Frames: whatever arrives, the decoder answers with a frame or a ProtocolError."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamic_workflows.shared.errors import ProtocolError
from dynamic_workflows.shared.limits import FRAME_BYTES, LOG_TEXT
from dynamic_workflows.shared.protocol import (
    Frame,
    check_guest_message,
    check_host_message,
    decode_frame,
    encode_frame,
)

RECORD = {"name": "ValueError", "message": "no"}

GUEST: list[dict[str, Any]] = [
    {"k": "loaded", "re": 1, "entrypoints": ["Order"], "workers": []},
    {"k": "loaded", "re": 1, "error": RECORD, "file": "order.py", "line": 7, "column": 3},
    {"k": "start", "run": 1, "key": "do:a-1", "name": "a", "attempt": 1, "config": {"retries": {}}},
    {"k": "start", "run": 1, "key": "do:a-1", "name": "a", "attempt": 2, "config": None, "n": 4},
    {"k": "start", "run": 1, "key": "do:a-1", "name": "a", "attempt": 1, "config": {}, "rollback": True},
    {"k": "finish", "run": 1, "key": "do:a-1", "attempt": 1, "value": "null"},
    {"k": "finish", "run": 1, "key": "do:a-1", "attempt": 1, "error": {**RECORD, "final": True, "traceback": "…"}},
    {"k": "finish", "run": 1, "key": "do:a-1", "attempt": 1, "fatal": RECORD},
    {"k": "finish", "run": 1, "key": "do:a-1", "attempt": 1, "stream": 3},
    {"k": "chunk", "run": 1, "key": "do:a-1", "attempt": 1, "chunk": 0, "bytes": "AA=="},
    {"k": "get", "run": 1, "key": "do:a-1", "chunk": 0},
    {"k": "get", "run": 1, "key": "do:a-1"},
    {"k": "delayed", "run": 1, "key": "do:a-1", "attempt": 1, "delay": 30_000},
    {"k": "delayed", "run": 1, "key": "do:a-1", "attempt": 1, "error": RECORD},
    {"k": "sleep", "run": 1, "key": "sleep:a-1", "duration": 0},
    {"k": "sleep", "run": 1, "key": "sleep:a-1", "until": 1_800_000_000_000},
    {"k": "wait", "run": 1, "key": "wait:a-1", "type": "go", "timeout": 500},
    {"k": "call", "run": 1, "n": 3, "binding": "WORLD", "method": "charge", "args": "[]", "kwargs": "{}"},
    {"k": "call", "re": 9, "n": 3, "binding": "WORLD", "method": "charge", "args": "[]", "kwargs": "{}"},
    {"k": "log", "run": 1, "key": "do:a-1", "attempt": 1, "level": "info", "text": "hello"},
    {"k": "returned", "run": 1, "value": "null"},
    {"k": "returned", "re": 5, "error": RECORD},
    {"k": "raised", "run": 1, "error": RECORD, "fatal": True},
    {"k": "raised", "run": 1, "error": RECORD, "rollbacks": True},
    {"k": "missing", "run": 1, "key": "rollback:a-1"},
    {"k": "parked", "run": 1},
    {"k": "done", "re": 5},
    {"k": "pong", "re": 2},
]
HOST: list[dict[str, Any]] = [
    {"k": "load", "n": 1, "id": "acme/1", "main": "order.py", "modules": {}, "env": {}},
    {"k": "load", "n": 1, "id": "a", "main": "order.py", "modules": {}, "env": {}, "data": {"a.bin": "AA=="}},
    {"k": "part", "name": "long.py", "text": "x = 1"},
    {"k": "end", "re": 5},
    {"k": "memo", "run": 1, "entries": [["do:a-1", 3, {"v": "1"}]], "last": True},
    {"k": "run", "run": 1, "entrypoint": "Order", "event": "{}", "effects": "mediated", "limits": {"steps": 5}},
    {"k": "run", "run": 1, "entrypoint": "O", "event": "{}", "effects": "direct", "limits": {}, "mode": "rollback"},
    {"k": "run", "run": 1, "entrypoint": "O", "event": "{}", "effects": "direct", "limits": {}, "props": "1"},
    {"k": "rollback", "run": 1, "key": "rollback:a-1", "attempt": 1, "error": RECORD, "ctx": {}, "output": "1"},
    {"k": "accepted", "run": 1, "key": "do:a-1", "attempt": 1},
    {"k": "refused", "run": 1, "key": "do:a-1", "error": RECORD},
    {"k": "attempt", "run": 1, "key": "do:a-1", "attempt": 2},
    {"k": "ack", "run": 1, "key": "do:a-1", "attempt": 2, "chunk": 0},
    {"k": "value", "run": 1, "key": "do:a-1", "chunk": 0, "bytes": "AA=="},
    {"k": "value", "run": 1, "key": "do:a-1", "value": "1"},
    {"k": "value", "run": 1, "key": "do:a-1", "error": RECORD},
    {"k": "settle", "run": 1, "key": "do:a-1", "order": 3},
    {"k": "settle", "run": 1, "key": "do:a-1", "retry": 1},
    {"k": "delay", "run": 1, "key": "do:a-1", "attempt": 1, "error": RECORD},
    {"k": "result", "re": 1, "value": "1"},
    {"k": "invoke", "n": 1, "entrypoint": None, "method": "hi", "args": "[]", "kwargs": "{}", "props": "null"},
    {"k": "park", "run": 1},
    {"k": "drop", "run": 1},
    {"k": "ping", "n": 1},
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


def test_frames_round_trip() -> None:
    assert decode_frame(encode_frame(GUEST)) == Frame(GUEST, False)
    assert decode_frame(encode_frame([], more=True)) == Frame([], True)
    assert encode_frame([{"k": "é"}]) == '{"v":1,"m":[{"k":"\\u00e9"}]}'


@pytest.mark.parametrize(
    "text",
    [
        None, b"{}", 5, "", "nonsense", "[]", "{}", "null", "1", '{"v":1}', '{"v":2,"m":[]}', '{"v":true,"m":[]}',
        '{"v":1.0,"m":[]}', '{"v":1,"m":{}}', '{"v":1,"m":[1]}', '{"v":1,"m":[{}]}', '{"v":1,"m":[{"k":1}]}',
        '{"v":1,"m":[],"x":1}', '{"v":1,"m":[],"more":1}', '{"v":1,"m":[NaN]}', "[" * 1_000_000,
        '{"v":1,"m":' + '[{"k":' * 100_000, "9" * 10_000, " " * (FRAME_BYTES + 1),
        '{"v":1,"m":[' + ",".join(['{"k":"pong","re":1}'] * 20_001) + "]}",
    ],
)  # fmt: skip
def test_what_is_no_frame_is_a_protocol_error(text: object) -> None:
    with pytest.raises(ProtocolError):
        decode_frame(text)


@given(st.text() | st.binary() | json_values.map(json.dumps))
def test_the_decoder_raises_nothing_else(text: object) -> None:
    try:
        decode_frame(text)
    except ProtocolError:
        return


@given(st.fixed_dictionaries({"v": st.just(1) | json_values, "m": st.lists(json_values, max_size=3) | json_values}))
def test_nor_do_the_checks(frame: dict[str, Any]) -> None:
    try:
        for message in decode_frame(json.dumps(frame)).messages:
            check_guest_message(message)
    except ProtocolError:
        return


@pytest.mark.parametrize("message", GUEST)
def test_guest_messages_pass(message: dict[str, Any]) -> None:
    check_guest_message(message)


@pytest.mark.parametrize("message", HOST)
def test_host_messages_pass(message: dict[str, Any]) -> None:
    check_host_message(message)
    with pytest.raises(ProtocolError, match="unknown kind"):
        check_guest_message(message)


@given(st.sampled_from(GUEST), st.data())
def test_a_changed_field_is_refused_unless_it_is_still_right(message: dict[str, Any], data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(message)))
    changed = {**message, field: data.draw(json_values)}
    try:
        check_guest_message(changed)
    except ProtocolError:
        return
    assert type(changed[field]) is type(message[field]) or (
        field == "config" and isinstance(changed[field], dict | None)
    )


@given(st.sampled_from(GUEST), st.data())
def test_a_missing_required_field_or_an_extra_one_is_refused(message: dict[str, Any], data: st.DataObject) -> None:
    with pytest.raises(ProtocolError, match="not allowed"):
        check_guest_message({**message, "surprise": 1})
    with pytest.raises(ProtocolError):
        check_guest_message({"k": message["k"]})


@pytest.mark.parametrize(
    "message",
    [
        {"k": "finish", "run": 1, "key": "a", "attempt": 1, "value": "1", "error": RECORD},
        {"k": "finish", "run": 1, "key": "a", "attempt": 1},
        {"k": "sleep", "run": 1, "key": "a", "duration": 1, "until": 2},
        {"k": "sleep", "run": 1, "key": "a", "duration": -1},
        {"k": "sleep", "run": True, "key": "a", "duration": 1},
        {"k": "pong", "re": 2**60},
        {"k": "wait", "run": 1, "key": "k" * 600, "type": "go", "timeout": 5},
        {"k": "log", "run": 1, "level": "info", "text": "x" * (LOG_TEXT + 1)},
        {"k": "raised", "run": 1, "error": {"name": "X"}},
        {"k": "raised", "run": 1, "error": {**RECORD, "cause": "x"}},
        {"k": "raised", "run": 1, "error": {**RECORD, "final": False}},
        {"k": "pong"},
        {"k": ["pong"], "re": 1},
    ],
)
def test_malformed_messages_are_refused(message: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        check_guest_message(message)
