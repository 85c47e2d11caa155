"""Lengths, sizes and counts as the playground writes them."""

from __future__ import annotations

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def duration(ms: float) -> str:
    """Return `420 ms`, `12.4 s`, `3 min 20 s`, `5 h 10 min`, `29 d 23 h` or `30 days`."""
    length = max(0, ms)
    if round(length) < SECOND:
        return f"{round(length)} ms"
    if length < MINUTE - 50:
        return f"{length / SECOND:.1f}".removesuffix(".0") + " s"
    if length < HOUR - SECOND / 2:
        return _pair(length, MINUTE, "min", SECOND, "s")
    if length < DAY - MINUTE / 2:
        return _pair(length, HOUR, "h", MINUTE, "min")
    hours = round(length / HOUR)
    if hours % 24 == 0:
        return "1 day" if hours == 24 else f"{hours // 24} days"
    return f"{hours // 24} d {hours % 24} h"


def _pair(length: float, large: int, large_name: str, small: int, small_name: str) -> str:
    whole, rest = divmod(round(length / small), large // small)
    return f"{whole} {large_name}" if rest == 0 else f"{whole} {large_name} {rest} {small_name}"


def size(count: int) -> str:
    """Return bytes in kB, MB or GB of 1,000."""
    if count < 1_000:
        return f"{count} B"
    if count < 999_500:
        return f"{round(count / 1_000)} kB"
    return f"{count / 1_000_000:.1f} MB" if count < 999_500_000 else f"{count / 1_000_000_000:.1f} GB"


def counted(count: int, one: str, other: str) -> str:
    """Return a sentence with its number in it: `{n}` is where it stands."""
    return (one if count == 1 else other).replace("{n}", f"{count:,}")
