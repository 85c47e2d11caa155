"""Durations: the documented grammar, strict where the original engine silently misreads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dynamic_workflows.shared.durations import describe, milliseconds
from dynamic_workflows.shared.errors import InvalidDuration

UNITS = {
    "second": 1_000,
    "minute": 60_000,
    "hour": 3_600_000,
    "day": 86_400_000,
    "week": 604_800_000,
    "month": 2_592_000_000,
    "year": 31_557_600_000,
}


@given(st.integers(0, 200), st.sampled_from(sorted(UNITS)), st.booleans(), st.integers(1, 3))
def test_a_number_and_a_unit_multiply(number: int, unit: str, plural: bool, spaces: int) -> None:
    assert milliseconds(f"{number}{' ' * spaces}{unit}{'s' if plural else ''}") == number * UNITS[unit]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0),
        (1_500, 1_500),
        (2.5, 3),
        ("", 0),
        ("250", 250),
        ("10 ms", 10),
        ("1.5 hours", 5_400_000),
        (".5 seconds", 500),
        (timedelta(minutes=2), 120_000),
        (" 3 days ", 259_200_000),
    ],
)
def test_the_other_forms(given: Any, expected: int) -> None:
    assert milliseconds(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "5 Minutes", "10 m", "3 fortnights", "ten days", "5minutes", "-1 day", "1e3", "1 day 2 hours", "5 mss", "NaN",
        -1, float("nan"), float("inf"), 1e300, True, None, [], timedelta(-1), "9" * 5_000, "٣ days",
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_name(given: Any) -> None:
    with pytest.raises(InvalidDuration, match="is not a duration"):
        milliseconds(given)


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        found = milliseconds(text)
    except InvalidDuration:
        return
    assert found >= 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, "0 ms"),
        (420, "420 ms"),
        (2_000, "2 s"),
        (12_449, "12.4 s"),
        (200_000, "3 min 20 s"),
        (18_600_000, "5 h 10 min"),
        (86_400_000, "1 day"),
        (90_000_000, "1 day 1 h"),
        (30 * 86_400_000, "30 days"),
    ],
)
def test_durations_are_described_for_people(given: int, expected: str) -> None:
    assert describe(given) == expected
