"""What makes an exception itself, beside class and message: its arguments and attributes, as far as they are values."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

from . import values
from .errors import NotSerialisable, StepError
from .limits import ERROR_STATE

_OWN = frozenset({"step_traceback"})  # what the engine itself notes on an exception


def state_of(error: BaseException, message: str) -> str | None:
    """Return arguments and attributes as wire text, or None where the message says it all.

    What cannot be stored is left out, and so is what would make the text too long.
    """
    plain = error.args == (message,) or (not error.args and not message)
    state: dict[str, Any] = {}
    if not plain and not isinstance(error, BaseExceptionGroup):
        args = list(_arguments(error))
        if _text(args) is not None:
            state["args"] = args
    room = ERROR_STATE - len(values.encode(state))
    kept: dict[str, Any] = {}
    for name, value in _attributes(error):
        text = _text(value)
        if text is not None and len(text) + len(name) + 8 <= room:
            room -= len(text) + len(name) + 8
            kept[name] = value
    if kept:
        state["attributes"] = kept
    return values.encode(state) if state else None


def _arguments(error: BaseException) -> tuple[Any, ...]:
    if isinstance(error, OSError):  # its args lack the name of the file
        given: tuple[Any, ...] = OSError.__reduce__(error)[1]  # type: ignore[assignment]
        return given
    return error.args


def _attributes(error: BaseException) -> Iterable[tuple[str, Any]]:
    own = {*_OWN, "name"} if isinstance(error, StepError) else _OWN
    for name, value in getattr(error, "__dict__", {}).items():
        if isinstance(name, str) and name not in own and (name == "__notes__" or not name.startswith("__")):
            yield name, value


def _text(value: Any) -> str | None:
    try:
        text = values.encode(value)
    except NotSerialisable:
        return None
    except Exception:  # a tenant's own idea of a dict or a number
        return None
    return text if len(text) <= ERROR_STATE else None


def rebuilt(kind: type[Exception], message: str, state: str | None) -> Exception | None:
    """Return an exception as it was, without running a constructor of a tenant's; None if nothing will do."""
    args, attributes = _read(state)
    candidates = [(kind, args)] if args is not None else []
    if issubclass(kind, KeyError):  # its text is the repr of its argument
        with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            candidates.append((kind, (ast.literal_eval(message),)))
    if not message:
        candidates.append((kind, ()))
    candidates.append((kind, (message,)))
    for candidate, given in candidates:
        error = _made(candidate, given, attributes)
        if error is not None and _says(error, message):
            return error
    carrier: type[Exception] = type(kind.__name__, (_Carrier, kind), {"__module__": kind.__module__})
    error = _made(carrier, (message,), attributes)
    return error if error is not None and _says(error, message) else None


def noted(error: Exception, state: str | None) -> Exception:
    """Return an exception of another class, with the attributes it had."""
    _, attributes = _read(state)
    error.__dict__.update({name: value for name, value in attributes.items() if name != "name"})
    return error


def group(kind: type[BaseException], message: str, errors: Sequence[Exception], state: str | None) -> Exception | None:
    """Return a group of exceptions; its message ends with their number."""
    text = message.rpartition(" (")[0] or message
    with contextlib.suppress(Exception):
        made = BaseExceptionGroup.__new__(kind, text, list(errors))  # type: ignore[type-var]
        return noted(made, state) if isinstance(made, Exception) else None
    return None


def _read(state: str | None) -> tuple[tuple[Any, ...] | None, dict[str, Any]]:
    if state is None:
        return None, {}
    with contextlib.suppress(ValueError):
        found = values.decode(state)
        if isinstance(found, dict):
            args, attributes = found.get("args"), found.get("attributes")
            return (
                tuple(args) if isinstance(args, list) else None,
                attributes if isinstance(attributes, dict) else {},
            )
    return None, {}


def _made(kind: type[Exception], args: tuple[Any, ...], attributes: dict[str, Any]) -> Exception | None:
    base = next(one for one in kind.__mro__ if one.__module__ == "builtins")
    try:
        error: Exception = base.__new__(kind, *args)
        base.__init__(error, *args)  # type: ignore[misc]
        error.__dict__.update(attributes)
    except Exception:  # Python's own class wants something else
        return None
    return error


def _says(error: Exception, message: str) -> bool:
    try:
        return str(error) == message
    except Exception:  # a tenant's __str__
        return False


class _Carrier(Exception):
    """Gives an error class that tells its text in another way the recorded one."""

    def __str__(self) -> str:
        return str(self.args[0])
