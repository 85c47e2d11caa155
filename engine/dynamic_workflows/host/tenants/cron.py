"""Cron expressions as Cloudflare takes them: five fields in UTC, Sunday is 1, and Quartz's ``L``, ``W`` and ``#``.

When both a day of the month and a weekday are given, either is enough. A range whose end lies before its start runs
on over the end: ``FRI-MON``, ``22-2``.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import date

from dynamic_workflows.shared.errors import InvalidSchedule
from dynamic_workflows.shared.limits import CRON_LENGTH

MINUTE_MS = 60_000
DAY_MINUTES = 1_440
_EPOCH = date(1970, 1, 1).toordinal()
_CYCLE = 400 * 12  # months after which the calendar repeats itself
_CHARACTERS = re.compile(r"[a-zA-Z0-9, */#_-]*")
_ITEM = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\w+))?")
Days = Callable[[int, int], Set[int]]  # the days of a month that match, by year and month


@dataclass(frozen=True, slots=True)
class Field:
    """One of the five fields."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    also: str = ""

    def values(self, text: str) -> frozenset[int]:
        """Return the numbers that a list of values, ranges and steps stands for.

        Raises:
            InvalidSchedule: it is none; says what this field takes.
        """
        values: set[int] = set()
        for item in text.split(","):
            match = _ITEM.fullmatch(item)
            if match is None or (match[1] and "," in text and not match[4]):
                raise self.wrong(text)
            first = self.low if match[1] else self.value(match[2], text)
            last = self.value(match[3], text) if match[3] else self.high if match[1] or match[4] else first
            step = self._step(match[4], text) if match[4] else 1
            values.update(self._run(first, last)[::step])
        return frozenset(values)

    def _run(self, first: int, last: int) -> list[int]:
        if first <= last:
            return list(range(first, last + 1))
        return [*range(first, self.high + 1), *range(self.low, last + 1)]

    def value(self, text: str, whole: str) -> int:
        """Return one number or name as a number."""
        if text.upper() in self.names:
            return self.names.index(text.upper()) + self.low
        if text.isascii() and text.isdigit() and len(text) <= 2 and self.low <= int(text) <= self.high:
            return int(text)
        raise self.wrong(whole)

    def _step(self, text: str, whole: str) -> int:
        most = self.high - self.low
        if not (text.isascii() and text.isdigit() and len(text) <= 2 and 1 <= int(text) <= most):
            raise InvalidSchedule(f'the {self.name} is "{whole}": a step is 1 to {most}')
        return int(text)

    def wrong(self, text: str) -> InvalidSchedule:
        """Return the error of a field that breaks its rule."""
        names = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return InvalidSchedule(
            f'the {self.name} is "{text}": give {self.low} to {self.high}{names}, a range such as'
            f" {self.low + 1}-{self.low + 4}, a step such as */2, a list of these with commas, or *{self.also}"
        )


MINUTE = Field("minute", 0, 59)
HOUR = Field("hour", 0, 23)
DAY = Field("day of the month", 1, 31, also="; or one of L, LW, L-3, L-3W and 15W (the weekday nearest to the 15th)")
MONTH = Field(
    "month", 1, 12, ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
)  # fmt: skip
WEEKDAY = Field(
    "weekday", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
    also="; or one of L (Saturday), FRIL (the last Friday) and MON#2 (the second Monday). Sunday is 1",
)  # fmt: skip


class Cron:
    """When an expression fires. Times are epoch milliseconds, always at the start of a minute.

    Raises:
        InvalidSchedule: the expression breaks a rule, or its day never comes.
    """

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or not 0 < len(text) <= CRON_LENGTH:
            raise InvalidSchedule(f"give text of 1 to {CRON_LENGTH} characters", text)
        self.text = text
        try:
            self._parse(text)
        except InvalidSchedule as error:
            raise InvalidSchedule(error.rule, text) from None

    def _parse(self, text: str) -> None:
        fields = text.split()
        if len(fields) != 5 or not _CHARACTERS.fullmatch(text) or text != text.strip():
            raise InvalidSchedule("give five fields with spaces between them: minute hour day month weekday")
        minute, hour, day, month, weekday = fields
        hours, minutes = sorted(HOUR.values(hour)), sorted(MINUTE.values(minute))
        self._times = [60 * h + m for h in hours for m in minutes]
        self._months = MONTH.values(month)
        self._days = _days(day, weekday)
        if not any(self._of_month(2000 + n // 12, n % 12 + 1) for n in range(_CYCLE)):
            raise InvalidSchedule(f'day of the month "{day}" never comes in month "{month}": no such day exists')

    def next(self, after: int) -> int:
        """Return the first time after ``after``."""
        first, minute = divmod(after // MINUTE_MS, DAY_MINUTES)
        for day in self._from(first):
            place = bisect_right(self._times, minute) if day == first else 0
            if place < len(self._times):
                return (day * DAY_MINUTES + self._times[place]) * MINUTE_MS
        raise AssertionError("an expression that was accepted fires again")

    def missed(self, after: int, until: int) -> tuple[int, int]:
        """Return the latest time after ``after`` and up to ``until``, and how many come before it.

        There must be one: ``next(after) <= until``.
        """
        first, begun = divmod(after // MINUTE_MS, DAY_MINUTES)
        last, ended = divmod(until // MINUTE_MS, DAY_MINUTES)
        count = latest = 0
        for day in self._from(first):
            if day > last:
                break
            start = bisect_right(self._times, begun) if day == first else 0
            stop = bisect_right(self._times, ended) if day == last else len(self._times)
            if stop > start:
                count += stop - start
                latest = (day * DAY_MINUTES + self._times[stop - 1]) * MINUTE_MS
        return latest, count - 1

    def _from(self, first: int) -> Iterator[int]:
        """Yield the days, counted from 1970, that match, the first of them ``first`` or later."""
        start = date.fromordinal(first + _EPOCH)
        month = start.year * 12 + start.month - 1
        for n in range(month, month + _CYCLE + 1):
            year, of_year = divmod(n, 12)
            base = date(year, of_year + 1, 1).toordinal() - _EPOCH - 1
            for day in self._of_month(year, of_year + 1):
                if base + day >= first:
                    yield base + day

    def _of_month(self, year: int, month: int) -> list[int]:
        return sorted(self._days(year, month)) if month in self._months else []


def _days(day: str, weekday: str) -> Days:
    of_month = None if day == "*" else _day_of_month(day)
    of_week = None if weekday == "*" else _weekday(weekday)
    if of_month is None or of_week is None:
        return of_month or of_week or _every
    either = of_month, of_week
    return lambda year, month: either[0](year, month) | either[1](year, month)


def _every(year: int, month: int) -> Set[int]:
    return frozenset(range(1, _length(year, month) + 1))


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


def _day_of_month(text: str) -> Days:
    if match := re.fullmatch(r"L(?:-(\d{1,2}))?(W)?", text):
        back, near = int(match[1] or 0), match[2]
        if match[1] is not None and not 1 <= back <= 30:
            raise DAY.wrong(text)
        return lambda year, month: _one(year, month, _length(year, month) - back, bool(near))
    if match := re.fullmatch(r"(\w+)W", text):
        number = DAY.value(match[1], text)
        return lambda year, month: _one(year, month, number, True)
    values = DAY.values(text)
    return lambda year, month: values & _every(year, month)


def _one(year: int, month: int, day: int, near: bool) -> Set[int]:
    """Return a day of a month, or the weekday of that month nearest to it; none when the month has no such day."""
    last = _length(year, month)
    if not 1 <= day <= last:
        return frozenset()
    weekday = calendar.weekday(year, month, day)
    if near and weekday == calendar.SATURDAY:
        day += -1 if day > 1 else 2
    elif near and weekday == calendar.SUNDAY:
        day += 1 if day < last else -2
    return frozenset({day})


def _weekday(text: str) -> Days:
    if text == "L":
        return _weekday("7")
    if match := re.fullmatch(r"(\w+)L", text):
        wanted = WEEKDAY.value(match[1], text)
        return lambda year, month: frozenset(_weekdays(year, month, wanted)[-1:])
    if match := re.fullmatch(r"(\w+)#([1-5])", text):
        which, place = WEEKDAY.value(match[1], text), int(match[2])
        return lambda year, month: frozenset(_weekdays(year, month, which)[place - 1 : place])
    values = WEEKDAY.values(text)
    return lambda year, month: frozenset(day for value in values for day in _weekdays(year, month, value))


def _weekdays(year: int, month: int, wanted: int) -> list[int]:
    """Return the days of a month that fall on a weekday, Sunday being 1."""
    first = (wanted - 2 - calendar.weekday(year, month, 1)) % 7 + 1
    return list(range(first, _length(year, month) + 1, 7))
