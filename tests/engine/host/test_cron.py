"""Cron expressions: Cloudflare's dialect, checked against a plain reading of the rules and against another library."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dynamic_workflows.host.tenants.cron import Cron
from dynamic_workflows.shared.errors import InvalidSchedule

MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def text(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def firings(cron: str, after: str, count: int) -> list[str]:
    found, at = [], ms(after)
    for _ in range(count):
        at = Cron(cron).next(at)
        found.append(text(at))
    return found


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("* * * * *", ["2026-11-21 10:08", "2026-11-21 10:09"]),
        ("*/30 * * * *", ["2026-11-21 10:30", "2026-11-21 11:00"]),
        ("45 * * * *", ["2026-11-21 10:45", "2026-11-21 11:45"]),
        ("0 17 * * sun", ["2026-11-22 17:00", "2026-11-29 17:00"]),
        ("0 17 * * 1", ["2026-11-22 17:00", "2026-11-29 17:00"]),
        ("10 7 * * mon-fri", ["2026-11-23 07:10", "2026-11-24 07:10"]),
        ("10 7 * * 2-6", ["2026-11-23 07:10", "2026-11-24 07:10"]),
        ("0 15 1 * *", ["2026-12-01 15:00", "2027-01-01 15:00"]),
        ("0 18 * * 6L", ["2026-11-27 18:00", "2026-12-25 18:00"]),
        ("0 18 * * friL", ["2026-11-27 18:00", "2026-12-25 18:00"]),
        ("59 23 LW * *", ["2026-11-30 23:59", "2026-12-31 23:59", "2027-01-29 23:59"]),
    ],
)
def test_the_documented_examples(cron: str, expected: list[str]) -> None:
    assert firings(cron, "2026-11-21 10:07", len(expected)) == expected


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("0 0 * * MON#2", ["2026-12-14 00:00", "2027-01-11 00:00"]),
        ("0 0 * * 6#5", ["2027-01-29 00:00", "2027-04-30 00:00"]),
        ("0 0 * * L", ["2026-11-28 00:00"]),
        ("0 0 L * *", ["2026-11-30 00:00", "2026-12-31 00:00", "2027-01-31 00:00", "2027-02-28 00:00"]),
        ("0 0 L-1 FEB *", ["2027-02-27 00:00", "2028-02-28 00:00"]),
        ("0 0 L-2W * *", ["2026-11-27 00:00", "2026-12-29 00:00", "2027-01-29 00:00"]),
        ("0 0 1W * *", ["2026-12-01 00:00", "2027-01-01 00:00", "2027-02-01 00:00", "2027-03-01 00:00"]),
        ("0 0 1W 5 *", ["2027-05-03 00:00"]),  # a Saturday, and not back into April
        ("0 0 31W 1 *", ["2027-01-29 00:00"]),  # a Sunday, and not on into February
        ("0 0 15W 11 *", ["2027-11-15 00:00", "2028-11-15 00:00", "2029-11-15 00:00", "2030-11-15 00:00"]),
        ("0 22-2 * * *", ["2026-11-21 22:00", "2026-11-21 23:00", "2026-11-22 00:00", "2026-11-22 01:00"]),
        ("55-5/5 0 1 1 *", ["2027-01-01 00:00", "2027-01-01 00:05", "2027-01-01 00:55"]),
        ("0 0 * * FRI-MON", ["2026-11-22 00:00", "2026-11-23 00:00", "2026-11-27 00:00", "2026-11-28 00:00"]),
        ("0 0 1 Nov-feb *", ["2026-12-01 00:00", "2027-01-01 00:00", "2027-02-01 00:00", "2027-11-01 00:00"]),
        ("0 0 1 * MON", ["2026-11-23 00:00", "2026-11-30 00:00", "2026-12-01 00:00"]),  # either day is enough
        ("0 0 */10 * 2", ["2026-11-23 00:00", "2026-11-30 00:00", "2026-12-01 00:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
        ("5,10-12,50/5 3 1 1 *", [f"2027-01-01 03:{m}" for m in ("05", "10", "11", "12", "50", "55")]),
        ("0  9 * *   MON", ["2026-11-23 09:00"]),
    ],
)
def test_ranges_names_and_the_letters(cron: str, expected: list[str]) -> None:
    assert firings(cron, "2026-11-21 10:07", len(expected)) == expected


def test_a_day_that_comes_in_leap_years_only_is_found_over_a_century_without_one() -> None:
    assert firings("0 0 29 2 *", "2096-03-01 00:00", 1) == ["2104-02-29 00:00"]
    assert firings("0 0 * 2 MON#5", "2026-01-01 00:00", 2) == ["2044-02-29 00:00", "2072-02-29 00:00"]


@pytest.mark.parametrize(
    ("cron", "says"),
    [
        ("60 * * * *", 'the minute is "60": give 0 to 59'),
        ("* 24 * * *", 'the hour is "24": give 0 to 23'),
        ("* * 0 * *", 'the day of the month is "0": give 1 to 31'),
        ("* * * 13 *", 'the month is "13": give 1 to 12 or JAN to DEC'),
        ("* * * * 0", 'the weekday is "0": give 1 to 7 or SUN to SAT'),
        ("* * * * 8", "Sunday is 1"),
        ("* * * * MONDAY", 'the weekday is "MONDAY"'),
        ("*/0 * * * *", "a step is 1 to 59"),
        ("* */24 * * *", "a step is 1 to 23"),
        ("1,* * * * *", 'the minute is "1,*"'),
        ("1- * * * *", 'the minute is "1-"'),
        ("1,,2 * * * *", 'the minute is "1,,2"'),
        ("001 * * * *", 'the minute is "001"'),
        ("L * * * *", 'the minute is "L"'),
        ("* * L,15 * *", 'the day of the month is "L,15"'),
        ("* * L-31 * *", 'the day of the month is "L-31"'),
        ("* * L-0 * *", 'the day of the month is "L-0"'),
        ("* * 32W * *", 'the day of the month is "32W"'),
        ("* * lw * *", 'the day of the month is "lw"'),
        ("* * * * MON#6", 'the weekday is "MON#6"'),
        ("* * * * MON#1,FRI#1", 'the weekday is "MON#1,FRI#1"'),
        ("* * ? * *", "give five fields"),
        ("* * * *", "give five fields"),
        ("* * * * * *", "give five fields"),
        (" * * * * *", "give five fields"),
        ("*\t* * * *", "give five fields"),
        ("@daily", "give five fields"),
        ("٣ * * * *", "give five fields"),
        ("", "1 to 256 characters"),
        ("* * * * " + "1," * 124 + "1", "1 to 256 characters"),
        (7, "1 to 256 characters"),
        ("0 0 31 4,6 *", 'day of the month "31" never comes in month "4,6"'),
        ("0 0 30W 2 *", "never comes"),
    ],
)
def test_what_breaks_a_rule_says_which_field_and_what_it_takes(cron: Any, says: str) -> None:
    with pytest.raises(InvalidSchedule) as raised:
        Cron(cron)
    assert says in raised.value.message
    assert repr(cron)[:40] in raised.value.message


# -- against a plain reading of the rules ---------------------------------------------------------------------------


def item(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[str]:
    number = st.integers(low, high).map(str)
    value = number | st.sampled_from(names) if names else number
    spread = st.builds("{}-{}".format, value, value)
    steps = st.integers(1, high - low)
    stepped = st.builds("{}/{}".format, value | spread | st.just("*"), steps)
    return value | spread | stepped


def field(low: int, high: int, names: list[str] | None = None) -> st.SearchStrategy[str]:
    return st.just("*") | st.lists(item(low, high, names), min_size=1, max_size=3).map(",".join)


def numbers(text: str, low: int, high: int, names: list[str]) -> set[int]:
    """Expand a field by walking from value to value, the way a person would."""

    def number(part: str) -> int:
        return names.index(part.upper()) + low if part.upper() in names else int(part)

    found: set[int] = set()
    for one in text.split(","):
        span, _, step = one.partition("/")
        first, _, last = span.partition("-")
        at = low if first == "*" else number(first)
        end = number(last) if last else high if first == "*" or step else at
        place = 0
        while True:
            if place % int(step or 1) == 0:
                found.add(at)
            if at == end:
                break
            at, place = (low if at == high else at + 1), place + 1
    return found


def matches(cron: str, at: datetime) -> bool:
    minute, hour, day, month, weekday = cron.split()
    if at.minute not in numbers(minute, 0, 59, []) or at.hour not in numbers(hour, 0, 23, []):
        return False
    if at.month not in numbers(month, 1, 12, MONTHS):
        return False
    right_day = on_day(day, at)
    right_weekday = on_weekday(weekday, at)
    if day == "*" or weekday == "*":
        return right_day and right_weekday
    return right_day or right_weekday


def on_day(text: str, at: datetime) -> bool:
    last = calendar.monthrange(at.year, at.month)[1]
    if text[0] != "L" and text[-1] != "W":
        return at.day in numbers(text, 1, 31, [])
    wanted = last - int(text.strip("LW-") or 0) if text[0] == "L" else int(text[:-1])
    if not 1 <= wanted <= last:
        return False
    if text[-1] != "W":
        return at.day == wanted
    if at.isoweekday() > 5:
        return False
    working = [d for d in range(1, last + 1) if calendar.weekday(at.year, at.month, d) < 5]
    return at.day == min(working, key=lambda d: abs(d - wanted))


def on_weekday(text: str, at: datetime) -> bool:
    today = at.isoweekday() % 7 + 1
    if text == "L":
        return today == 7
    if text[-1] == "L":
        return today in numbers(text[:-1], 1, 7, WEEKDAYS) and (at + timedelta(7)).month != at.month
    if "#" in text:
        name, place = text.split("#")
        return today in numbers(name, 1, 7, WEEKDAYS) and (at.day + 6) // 7 == int(place)
    return today in numbers(text, 1, 7, WEEKDAYS)


def accepted(cron: str) -> Cron:
    """Return an expression, unless its day never comes."""
    try:
        return Cron(cron)
    except InvalidSchedule as error:
        assume("never comes" not in error.message)
        raise


weekday_name = st.sampled_from(WEEKDAYS) | st.integers(1, 7).map(str)
days = (
    field(1, 31)
    | st.sampled_from(["L", "LW"])
    | st.builds("L-{}{}".format, st.integers(1, 27), st.sampled_from(["", "W"]))
    | st.builds("{}W".format, st.integers(1, 28))
)
weekdays = (
    field(1, 7, WEEKDAYS)
    | st.just("L")
    | st.builds("{}L".format, weekday_name)
    | st.builds("{}#{}".format, weekday_name, st.integers(1, 4))
)
instants = st.integers(ms("1999-12-30 00:00"), ms("2101-03-02 00:00"))


@given(st.tuples(days, weekdays), instants)
def test_the_days_are_those_of_a_plain_reading(fields: tuple[str, str], start: int) -> None:
    cron = f"0 0 {fields[0]} * {fields[1]}"
    first = datetime.fromtimestamp(start / 1000, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expected = [day for n in range(1, 100) if matches(cron, day := first + timedelta(n))]
    found, at = [], int(first.timestamp()) * 1000
    while (at := Cron(cron).next(at)) < (first + timedelta(100)).timestamp() * 1000:
        found.append(datetime.fromtimestamp(at / 1000, UTC))
    assert found == expected


@given(st.tuples(field(0, 59), field(0, 23), st.just("*"), field(1, 12, MONTHS), weekdays), instants)
def test_the_minutes_of_a_day_are_those_of_a_plain_reading(fields: tuple[str, ...], start: int) -> None:
    cron = " ".join(fields)
    at = Cron(cron).next(start)
    midnight = at - at % 86_400_000
    times = [datetime.fromtimestamp((midnight + n * 60_000) / 1000, UTC) for n in range(1_440)]
    expected = [int(time.timestamp()) * 1000 for time in times if matches(cron, time)]
    found, when = [], midnight - 1
    while (when := Cron(cron).next(when)) < midnight + 86_400_000:
        found.append(when)
    assert found == expected
    assert at == next(time for time in expected if time > start)


@given(st.tuples(field(0, 59), field(0, 23), days, field(1, 12, MONTHS), weekdays), instants, st.integers(0, 40))
def test_what_was_missed_is_what_next_would_have_said(fields: tuple[str, ...], start: int, count: int) -> None:
    cron = accepted(" ".join(fields))
    times = [cron.next(start)]
    for _ in range(count):
        times.append(cron.next(times[-1]))
    end = cron.next(times[-1])
    assert times == sorted(set(times))
    assert times[0] > start
    for until in (times[-1], end - 1):
        assert cron.missed(start, until) == (times[-1], count)


@given(
    st.tuples(field(0, 59), field(0, 23), field(1, 31) | st.sampled_from(["L", "LW"]), field(1, 12), field(1, 7)),
    instants,
)
def test_another_library_finds_the_same_times(fields: tuple[str, ...], start: int) -> None:
    cronsim = pytest.importorskip("cronsim")
    minute, hour, day, month, weekday = fields
    if (day[0] == "*" and day != "*") or (weekday[0] == "*" and weekday != "*"):
        return  # there, a step over everything is no restriction
    plain = [
        ",".join(map(str, sorted(numbers(text, low, high, [])))) if text != "*" and text[0] != "L" else text
        for text, low, high in ((minute, 0, 59), (hour, 0, 23), (day, 1, 31), (month, 1, 12))
    ]
    of_week = weekday if weekday == "*" else ",".join(str(n - 1) for n in sorted(numbers(weekday, 1, 7, [])))
    cron = accepted(" ".join(fields))
    at = datetime.fromtimestamp(start / 1000, UTC)
    theirs = cronsim.CronSim(" ".join([*plain, of_week]), at)
    when = start
    for _ in range(20):
        when = cron.next(when)
        assert int(next(theirs).timestamp()) * 1000 == when
