"""Frames between engine and guest: one JSON text a turn, checked field by field before anything is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import ProtocolError
from .limits import FRAME_BYTES, FRAME_DEPTH, LOG_TEXT, MESSAGES_MAX, STREAM_CHUNK_BYTES
from .nesting import nested_deeper
from .texts import storable

VERSION = 1

_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_loads = json.JSONDecoder(parse_constant=_no_constant).decode


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything one side said in a turn; ``more`` announces another frame of the same turn."""

    messages: list[dict[str, Any]]
    more: bool


def encode_frame(messages: Sequence[Mapping[str, Any]], *, more: bool = False) -> str:
    """Return the text of a frame."""
    return f'{{"v":{VERSION},"m":{_dumps(messages)}' + (',"more":true}' if more else "}")


def frames_of(messages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the frames of a turn: one, or several where one would be longer or fuller than the other side takes."""
    text = encode_frame(messages)
    if len(messages) < 2 or (len(text) <= FRAME_BYTES and len(messages) <= MESSAGES_MAX):
        return [text]
    middle = len(messages) // 2
    return [*frames_of(messages[:middle]), *frames_of(messages[middle:])]


def decode_frame(text: object) -> Frame:
    """Return the frame of a text from the other side.

    Raises:
        ProtocolError: it is not a frame of this version, whatever it is.
    """
    if type(text) is not str:
        raise ProtocolError("A frame is text.")
    if len(text) > FRAME_BYTES:
        raise ProtocolError(f"A frame of {len(text):,} characters is over {FRAME_BYTES:,}.")
    if nested_deeper(text, FRAME_DEPTH):
        raise ProtocolError(f"A frame is nested more than {FRAME_DEPTH} levels deep, or does not close.")
    try:
        frame = _loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise ProtocolError(f"A frame is not JSON: {str(error)[:120]}.") from None
    if type(frame) is not dict or frame.get("v") != VERSION or type(frame["v"]) is not int:
        raise ProtocolError(f"A frame is not of version {VERSION}.")
    messages, more = frame.get("m"), frame.get("more", False)
    if type(messages) is not list or type(more) is not bool or not frame.keys() <= _FRAME:
        raise ProtocolError("A frame has other fields than v, m and more.")
    if len(messages) > MESSAGES_MAX:
        raise ProtocolError(f"A frame has {len(messages):,} messages, over {MESSAGES_MAX:,}.")
    for message in messages:
        if type(message) is not dict or type(message.get("k")) is not str:
            raise ProtocolError("A message is not an object with a kind.")
    return Frame(messages, more)


_FRAME = {"v", "m", "more"}
_NUMBER_MAX = 1 << 53
_Check = Callable[[Any], bool]


def _integer(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _NUMBER_MAX


def _text(value: Any) -> bool:
    return type(value) is str


def _wire(value: Any) -> bool:
    return type(value) is str and value.isascii()


def _short(value: Any) -> bool:
    return type(value) is str and len(value) <= 512 and storable(value)


def _true(value: Any) -> bool:
    return value is True


def _flag(value: Any) -> bool:
    return type(value) is bool


def _object(value: Any) -> bool:
    return type(value) is dict


def _config(value: Any) -> bool:
    return value is None or type(value) is dict


def _optional_short(value: Any) -> bool:
    return value is None or _short(value)


def _names(value: Any) -> bool:
    return type(value) is list and all(_short(item) for item in value)


def _chunk(value: Any) -> bool:
    return type(value) is str and len(value) <= 4 * (STREAM_CHUNK_BYTES // 3 + 1)


def _log_text(value: Any) -> bool:
    return type(value) is str and len(value) <= LOG_TEXT


def _record(value: Any) -> bool:
    """Return whether a value is an error record."""
    if type(value) is not dict or not {"name", "message"} <= value.keys() <= _RECORD.keys():
        return False
    return all(_RECORD[field](item) for field, item in value.items())


_RECORD: dict[str, _Check] = {
    "name": _short, "message": _text, "traceback": _text, "module": _short, "final": _true, "state": _text,
    "exceptions": lambda value: type(value) is list and all(_record(item) for item in value),
}  # fmt: skip


def _entries(value: Any) -> bool:
    return type(value) is list and all(
        type(entry) is list and len(entry) == 3 and _short(entry[0]) and _integer(entry[1]) and _object(entry[2])
        for entry in value
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    """The fields of one kind of message: required ones, optional ones, and groups of which exactly one is there."""

    fields: dict[str, _Check]
    required: frozenset[str]
    one_of: tuple[str, ...] = ()


def _kind(
    required: dict[str, _Check], optional: dict[str, _Check] | None = None, one_of: dict[str, _Check] | None = None
) -> _Kind:
    fields = {"k": _short, "n": _integer, **required, **(optional or {}), **(one_of or {})}
    return _Kind(fields, frozenset(required), tuple(one_of or ()))


_RUN: dict[str, _Check] = {"run": _integer}
_KEY: dict[str, _Check] = {"run": _integer, "key": _short}
_ATTEMPT: dict[str, _Check] = {"run": _integer, "key": _short, "attempt": _integer}
_WITHIN: dict[str, _Check] = {"key": _short, "attempt": _integer}

GUEST = {
    "loaded": _kind(
        {"re": _integer},
        {"workers": _names, "file": _short, "line": _integer, "column": _integer},
        {"entrypoints": _names, "error": _record},
    ),
    "start": _kind({**_ATTEMPT, "name": _short, "config": _config}, {"rollback": _true}),
    "chunk": _kind({**_ATTEMPT, "chunk": _integer, "bytes": _chunk}),
    "finish": _kind(_ATTEMPT, None, {"value": _wire, "error": _record, "fatal": _record, "stream": _integer}),
    "get": _kind(_KEY, {"chunk": _integer}),
    "delayed": _kind(_ATTEMPT, None, {"delay": _integer, "error": _record}),
    "sleep": _kind(_KEY, None, {"duration": _integer, "until": _integer}),
    "wait": _kind({**_KEY, "type": _short, "timeout": _integer}),
    "call": _kind(
        {"n": _integer, "binding": _short, "method": _short, "args": _wire, "kwargs": _wire},
        _WITHIN,
        {"run": _integer, "re": _integer},
    ),
    "log": _kind({"level": _short, "text": _log_text}, {"run": _integer, "re": _integer, **_WITHIN}),
    "returned": _kind({}, {"run": _integer, "re": _integer}, {"value": _wire, "error": _record}),
    "raised": _kind({**_RUN, "error": _record}, {"fatal": _true, "rollbacks": _true}),
    "missing": _kind(_KEY),
    "parked": _kind(_RUN),
    "done": _kind({"re": _integer}),
    "pong": _kind({"re": _integer}),
}

HOST = {
    "part": _kind({"name": _short, "text": _text}),
    "load": _kind({"n": _integer, "id": _short, "main": _short, "modules": _object, "env": _object}, {"data": _object}),
    "memo": _kind({**_RUN, "entries": _entries, "last": _flag}),
    "run": _kind(
        {**_RUN, "entrypoint": _short, "event": _text, "effects": _short, "limits": _object},
        {"mode": _short, "props": _text},
    ),
    "accepted": _kind(_ATTEMPT),
    "refused": _kind({**_KEY, "error": _record}, {"attempt": _integer}),
    "attempt": _kind(_ATTEMPT),
    "ack": _kind({**_ATTEMPT, "chunk": _integer}),
    "value": _kind(_KEY, {"chunk": _integer}, {"value": _text, "bytes": _chunk, "error": _record}),
    "settle": _kind(_KEY, {"order": _integer, "value": _text, "error": _record, "retry": _integer}),
    "rollback": _kind({**_ATTEMPT, "error": _record, "ctx": _object}, {"output": _text}),
    "delay": _kind({**_ATTEMPT, "error": _record}),
    "result": _kind({"re": _integer}, None, {"value": _text, "error": _record}),
    "invoke": _kind(
        {"n": _integer, "entrypoint": _optional_short, "method": _short, "args": _text, "kwargs": _text, "props": _text}
    ),
    "end": _kind({"re": _integer}),
    "park": _kind(_RUN),
    "drop": _kind(_RUN),
    "ping": _kind({"n": _integer}),
}


def check_guest_message(message: Mapping[str, Any]) -> None:
    """Raise ProtocolError unless a message from a guest has exactly the fields its kind allows."""
    _check(GUEST, message)


def check_host_message(message: Mapping[str, Any]) -> None:
    """Raise ProtocolError unless a message from an engine has exactly the fields its kind allows."""
    _check(HOST, message)


def _check(kinds: Mapping[str, _Kind], message: Mapping[str, Any]) -> None:
    name = message.get("k")
    kind = kinds.get(name) if type(name) is str else None
    if kind is None:
        raise ProtocolError(f"A message has the unknown kind {str(name)[:40]!r}.")
    fields = kind.fields
    for field, value in message.items():
        check = fields.get(field)
        if check is None or not check(value):
            raise ProtocolError(f"The field {str(field)[:40]!r} of a {name} message is not allowed or malformed.")
    if not kind.required <= message.keys():
        raise ProtocolError(f"A {name} message lacks {', '.join(sorted(kind.required - message.keys()))}.")
    if kind.one_of and sum(field in message for field in kind.one_of) != 1:
        raise ProtocolError(f"A {name} message needs exactly one of {', '.join(kind.one_of)}.")
