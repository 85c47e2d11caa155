"""Spans of time as tenants write them: milliseconds, ``timedelta`` or text such as ``"10 minutes"``."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from functools import lru_cache

from .errors import InvalidDuration

_DAY = 86_400_000
_UNITS = {
    "ms": 1,
    "second": 1_000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": _DAY,
    "week": 7 * _DAY,
    "month": 30 * _DAY,
    "year": 31_557_600_000,  # 365.25 days
}
_TEXT = re.compile(r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?: +([a-z]+))?")
_LONGEST_TEXT = 64
_LONGEST = 1 << 53  # what a JavaScript number still counts exactly


def milliseconds(value: int | float | str | timedelta) -> int:
    """Return the whole milliseconds of a duration.

    Numbers and numeric text are milliseconds, empty text is 0. Units are case-sensitive; unknown ones are an error
    (the original engine silently takes ``"5 Minutes"`` for 5 ms).

    Raises:
        InvalidDuration: it is none of these, negative or not finite.
    """
    if type(value) is int:
        result: float = value
    elif isinstance(value, str):
        if len(value) > _LONGEST_TEXT:
            raise InvalidDuration(value[:_LONGEST_TEXT])
        result = _parse(value)
    elif isinstance(value, timedelta):
        result = value / timedelta(milliseconds=1)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        result = value
    else:
        raise InvalidDuration(value)
    if not 0 <= result <= _LONGEST:  # also false for nan
        raise InvalidDuration(value)
    return result if type(result) is int else _rounded(result)


def _rounded(result: float) -> int:
    return math.floor(result + 0.5)


@lru_cache(maxsize=256)  # every step has a timeout, and most have the same
def _parse(text: str) -> float:
    if not text:
        return 0
    match = _TEXT.fullmatch(text.strip(" "))
    if match is None:
        raise InvalidDuration(text)
    number, unit = match[1], match[2] or "ms"
    factor = _UNITS.get(unit) or (_UNITS.get(unit[:-1]) if unit.endswith("s") and unit != "mss" else None)
    if factor is None:
        raise InvalidDuration(text)
    return int(number) * factor if number.isdigit() else float(number) * factor


def describe(ms: int) -> str:
    """Return a duration for people: ``420 ms``, ``12.4 s``, ``3 min 20 s``, ``5 h 10 min``, ``30 days``."""
    if ms < 1_000:
        return f"{ms} ms"
    if ms < 60_000:
        tenths = ms // 100
        return f"{tenths // 10} s" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10} s"
    if ms < 3_600_000:
        return _pair(ms // 60_000, "min", ms % 60_000 // 1_000, "s")
    if ms < _DAY:
        return _pair(ms // 3_600_000, "h", ms % 3_600_000 // 60_000, "min")
    days, hours = ms // _DAY, ms % _DAY // 3_600_000
    return _pair(days, "day" if days == 1 else "days", hours if days < 10 else 0, "h")


def _pair(big: int, unit: str, small: int, part: str) -> str:
    return f"{big:,} {unit} {small} {part}" if small else f"{big:,} {unit}"
