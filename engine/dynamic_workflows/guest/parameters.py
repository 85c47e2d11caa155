"""What a step's function asks for: names of other steps, and ``ctx``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a function, in order; those behind ``positional`` go by keyword."""

    names: tuple[str, ...]
    positional: int


_NONE = Parameters((), 0)
_cache: dict[CodeType, Parameters] = {}


def parameters(function: Callable[..., Any]) -> Parameters:
    """Return a function's parameters; plain functions are looked at once per code object."""
    if type(function) is not FunctionType:
        return _inspected(function)
    code = function.__code__
    known = _cache.get(code)
    if known is None:
        if len(_cache) > 10_000:  # code made anew for every call
            _cache.clear()
        known = _cache[code] = _of_code(code)
    return known


def _of_code(code: CodeType) -> Parameters:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return Parameters(code.co_varnames[:count], code.co_argcount) if count else _NONE


def _inspected(function: Callable[..., Any]) -> Parameters:
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say
        return _NONE
    names = tuple(parameter.name for parameter in found)
    keywords = sum(parameter.kind is parameter.KEYWORD_ONLY for parameter in found)
    return Parameters(names, len(names) - keywords)
