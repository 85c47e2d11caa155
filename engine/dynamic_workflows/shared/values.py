"""Wire values: what a step returns, an event carries or a call passes, as ASCII JSON text.

Everything JSON cannot say travels as a tag object ``{"$": type, "v": …}``, so Python types survive history.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from .errors import NotSerialisable
from .http import Request, Response, fields_of, message_from
from .limits import RESULT_BYTES, VALUE_DEPTH
from .nesting import nested_deeper

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_EXACT = 1 << 53
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False, allow_nan=False).encode


class AttributeDict(dict[str, Any]):
    """A dict whose keys can be read as attributes too; names of dict methods are reachable by subscription only."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no key {name!r}; there are {', '.join(map(repr, self)) or 'none'}") from None


class _Tagged:
    """A request or a response on its way through a call."""

    def __init__(self, tag: str, fields: dict[str, Any]) -> None:
        self.tag, self.fields = tag, fields


def encode(value: Any, *, call: bool = False) -> str:
    """Return the wire text of a value; what a ``call`` passes or answers may hold requests and responses too.

    Raises:
        NotSerialisable: it holds a cycle, a type that cannot be stored, or is nested too deeply.
    """
    try:
        return _dumps(_pack(_with_messages(value) if call else value, (), []))
    except RecursionError:
        raise NotSerialisable("The value is nested too deeply.") from None


def _with_messages(value: Any) -> Any:
    if isinstance(value, Request | Response):
        return _Tagged(*fields_of(value))
    if type(value) in (list, tuple):
        return [_with_messages(item) for item in value]
    if type(value) in (dict, AttributeDict):
        return {key: _with_messages(item) for key, item in value.items()}
    return value


def _pack(value: Any, path: tuple[Any, ...], open_ids: list[int]) -> Any:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is int:
        return value if -_EXACT <= value <= _EXACT else _big(value)
    if kind is float:
        return _float(value)
    if kind is dict or kind is list or kind is tuple or kind is AttributeDict:
        return _container(value, path, open_ids)
    return _other(value, path, open_ids)


def _big(value: int) -> dict[str, str]:
    try:
        return {"$": "int", "v": str(value)}
    except ValueError as error:  # more digits than Python converts
        raise NotSerialisable(f"The value holds an integer that is too long: {error}.") from None


def _float(value: float) -> Any:
    if value.is_integer() or value != value or value in (float("inf"), float("-inf")):
        return {"$": "float", "v": repr(float(value))}
    return value


def _container(value: Any, path: tuple[Any, ...], open_ids: list[int]) -> Any:
    if id(value) in open_ids:
        raise NotSerialisable(f"The value contains itself, at {_where(path)}.")
    if len(open_ids) >= VALUE_DEPTH:
        raise NotSerialisable(f"The value is nested more than {VALUE_DEPTH} levels deep.")
    open_ids.append(id(value))
    try:
        if isinstance(value, dict):
            packed = {k if type(k) is str else _key(k, path): _pack(v, (path, k), open_ids) for k, v in value.items()}
            return {"$": "dict", "v": packed} if "$" in packed else packed
        if isinstance(value, (set, frozenset)):
            return {"$": "set", "v": sorted((_pack(v, path, open_ids) for v in value), key=_dumps)}
        return [_pack(v, (path, i), open_ids) for i, v in enumerate(value)]
    finally:
        open_ids.pop()


def _key(key: Any, path: tuple[Any, ...]) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int):
        return str(_big(int(key))["v"])
    if isinstance(key, float):
        return str(int(key)) if key.is_integer() else repr(float(key))
    raise NotSerialisable(f"A {_named(key)} cannot be a key, at {_where(path)}.")


def _other(value: Any, path: tuple[Any, ...], open_ids: list[int]) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$": "bytes", "v": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime):
        return {"$": "datetime", "v": value.isoformat()}
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):  # enums and other subclasses
        return _pack(int(value), path, open_ids)
    if isinstance(value, float):
        return _float(float(value))
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return _container(value, path, open_ids)
    if isinstance(value, _Tagged):
        return {"$": value.tag, "v": _pack(value.fields, path, open_ids)}
    hint = " A stream is the whole output of a step, or read first." if hasattr(type(value), "__aiter__") else ""
    raise NotSerialisable(f"A {_named(value)} cannot be stored, at {_where(path)}.{hint}")


def _named(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _where(path: tuple[Any, ...]) -> str:
    parts: list[str] = []
    while path:
        path, key = path
        parts.append(f"[{key!r:.40}]")
    return "value" + "".join(reversed(parts[:12]))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_plain = json.JSONDecoder(parse_constant=_no_constant).decode
_attributes = json.JSONDecoder(parse_constant=_no_constant, object_hook=AttributeDict).decode


def decode(text: str, *, attributes: bool = False) -> Any:
    """Return the value of a wire text; with ``attributes``, dicts are ``AttributeDict``.

    Raises:
        ValueError: the text is not one that ``encode`` writes.
    """
    if not isinstance(text, str):
        raise ValueError("A wire value is text.")
    if nested_deeper(text, 2 * VALUE_DEPTH + 1):
        raise ValueError("The text is nested too deeply, or does not close.")
    try:
        value = (_attributes if attributes else _plain)(text)
        return _unpack(value, AttributeDict if attributes else dict) if '"$"' in text else value
    except RecursionError:
        raise ValueError("The text is nested too deeply.") from None
    except (TypeError, OverflowError) as error:
        raise ValueError(f"The text holds a malformed tag: {error}.") from None


def _unpack(value: Any, objects: type[dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, objects) for item in value]
    if not isinstance(value, dict):
        return value
    if "$" not in value:
        return objects({key: _unpack(item, objects) for key, item in value.items()})
    untag = _UNTAG.get(value["$"]) if isinstance(value["$"], str) else None
    if len(value) != 2 or "v" not in value or untag is None:
        raise ValueError("The text holds an unknown tag.")
    return untag(value["v"], objects)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("A tag holds no text.")
    return value


def _dict(value: Any, objects: type[dict[str, Any]]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("A dict tag holds no object.")
    return objects({key: _unpack(item, objects) for key, item in value.items()})


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_frozen, value))
    return frozenset(value) if isinstance(value, set) else value


def _set(value: Any, objects: type[dict[str, Any]]) -> set[Any]:
    if not isinstance(value, list):
        raise ValueError("A set tag holds no list.")
    return {_frozen(_unpack(item, objects)) for item in value}


_UNTAG: dict[str, Callable[[Any, type[dict[str, Any]]], Any]] = {
    "bytes": lambda value, _: base64.b64decode(_text(value), validate=True),
    "datetime": lambda value, _: datetime.fromisoformat(_text(value)),
    "float": lambda value, _: float(_text(value)),
    "int": lambda value, _: int(_text(value)),
    "set": _set,
    "dict": _dict,
    "request": lambda value, objects: message_from("request", _dict(value, dict)),
    "response": lambda value, objects: message_from("response", _dict(value, dict)),
}

_ESCAPE = re.compile(r"\\(?:u(00[0-7][0-9a-f])|u(0[0-7][0-9a-f]{2})|u(d[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})|u....|.)")
_BYTES = re.compile(r'\{"\$":"bytes","v":"([A-Za-z0-9+/=]*)"\}')


def size(text: str) -> int:
    """Return how many bytes the value of a wire text has without the wire's own growth (escapes and base64)."""
    total = len(text) - sum(len(match[0]) - len(match[1]) * 3 // 4 for match in _BYTES.finditer(text))
    for match in _ESCAPE.finditer(text):
        utf8 = 4 if match[3] else 1 if match[1] or len(match[0]) == 2 else 2 if match[2] else 3
        total -= len(match[0]) - utf8
    return total


def too_large(text: str) -> bool:
    """Return whether the value of a wire text is over the 1 MiB that a result, params or a payload may have."""
    return len(text) > RESULT_BYTES and size(text) > RESULT_BYTES
