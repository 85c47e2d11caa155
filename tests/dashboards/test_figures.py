"""Rows of the engine to figures: exact, and without Panel."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards import figures
from dashboards.figures import HOUR, MINUTE, Ahead, Attempt, Latency, Minute, Tenant

T0 = 1_000 * HOUR


def row(at: int, kind: str, key: str | None = None, *, attempt: int = 1, uid: int = 1, **more: Any) -> dict[str, Any]:
    """Return one row of the engine's activity, `at` milliseconds after T0."""
    common = {"pos": at, "uid": uid, "tenant": "acme", "workflow": "order", "id": f"order-{uid}", "life": 1}
    return {**common, "at": T0 + at, "kind": kind, "key": key, "attempt": attempt, "final": 0, "interrupted": 0, **more}


def step(name: str, began: int, ended: int, *, kind: str = "step.completed", **more: Any) -> list[dict[str, Any]]:
    """Return the rows of one attempt."""
    which = {name: value for name, value in more.items() if name in ("attempt", "uid", "tenant")}
    return [row(began, "step.started", f"do:{name}-1", **which), row(ended, kind, f"do:{name}-1", **more)]


def answer(*rows: dict[str, Any], now: int = 0, gap: bool = False) -> dict[str, Any]:
    """Return what `platform.activity` answers."""
    return {"now": T0 + now, "pos": max([0, *(row["pos"] for row in rows)]), "rows": list(rows), "gap": gap}


def test_runs_are_counted_by_tenant_and_state_in_the_order_of_the_states() -> None:
    rows = [
        {"tenant": "acme", "state": "complete", "runs": 5},
        {"tenant": "acme", "state": "running", "runs": 1},
        {"tenant": "globex", "state": "complete", "runs": 9},
    ]
    assert list(figures.by_state(rows).items()) == [("running", 1), ("complete", 14)]
    assert figures.by_tenant(rows) == [Tenant("globex", {"complete": 9}), Tenant("acme", {"running": 1, "complete": 5})]
    assert [tenant.total for tenant in figures.by_tenant(rows)] == [9, 6]
    assert figures.by_tenant([]) == []


def test_throughput_counts_by_minutes_of_the_clock() -> None:
    rows = [
        row(-3 * MINUTE, "queued"), row(-1, "queued"), row(0, "completed"), row(1, "errored"), row(2, "terminated"),
        *step("a", 3, MINUTE - 1), row(MINUTE, "completed"),
    ]  # fmt: skip
    assert figures.throughput(rows, T0 + MINUTE, 3) == [
        Minute(T0 - MINUTE, 1, 0, 0, 0, 0), Minute(T0, 0, 1, 1, 1, 1), Minute(T0 + MINUTE, 0, 1, 0, 0, 0),
    ]  # fmt: skip
    assert [minute.ended for minute in figures.throughput(rows, T0 + MINUTE, 3)] == [0, 3, 1]
    assert figures.throughput([], T0, 2) == [Minute(T0 - MINUTE, 0, 0, 0, 0, 0), Minute(T0, 0, 0, 0, 0, 0)]


def test_an_attempt_is_its_beginning_and_its_end() -> None:
    rows = [
        *step("charge card", 0, 10, kind="step.failed"),
        *step("charge card", 20, 25, attempt=2, kind="step.failed", interrupted=1),
        *step("charge card", 30, 70, attempt=3),
        *step("ship", 80, 90, kind="step.failed", final=1),
        row(95, "step.completed", "do:began before-1"),
        row(96, "step.started", "do:never ended-1"),
    ]
    found = figures.attempts(rows)
    assert [(one.step, one.number, one.took, one.outcome) for one in found] == [
        ("charge card", 1, 10, "failed"), ("charge card", 2, 5, "cut"), ("charge card", 3, 40, "done"),
        ("ship", 1, 10, "final"),
    ]  # fmt: skip


def test_attempts_of_two_runs_and_two_lives_are_kept_apart() -> None:
    rows = [
        row(0, "step.started", "do:a-1", uid=1), row(5, "step.started", "do:a-1", uid=2),
        row(7, "step.completed", "do:a-1", uid=2), row(9, "step.started", "do:a-1", uid=1, life=2),
        row(10, "step.completed", "do:a-1", uid=1, life=2),
    ]  # fmt: skip
    assert [one.took for one in figures.attempts(rows)] == [2, 1]


@pytest.mark.parametrize(
    ("values", "share", "found"),
    [([], 50, 0), ([7], 99, 7), ([1, 2, 3, 4], 50, 2), ([1, 2, 3, 4], 95, 4), (list(range(1, 101)), 95, 95),
     (list(range(1, 101)), 99, 99), (list(range(1, 101)), 100, 100)],
)  # fmt: skip
def test_a_percentile_is_a_value_that_was_measured(values: list[int], share: int, found: int) -> None:
    assert figures.percentile(values, share) == found


def test_latencies_are_of_each_step_the_slowest_first_and_what_was_cut_off_is_not_measured() -> None:
    names = ("acme", "order", "charge card")
    ended = [Attempt(*names, T0, T0 + took, 1, "done") for took in range(1, 21)]
    ended += [Attempt(*names, T0, T0 + 30, 1, "failed"), Attempt(*names, T0, T0 + 999, 1, "cut")]
    ended += [Attempt("globex", "order", "ship", T0, T0 + 500, 2, "final")]
    assert figures.latencies(ended) == [
        Latency("globex", "order", "ship", 1, 500, 500, 500, 500, 0, 1, 0),
        Latency(*names, 22, 11, 20, 30, 30, 1, 0, 1),
    ]


def test_due_times_are_listed_by_span_with_those_that_have_none() -> None:
    rows: list[dict[str, Any]] = [
        {"kind": "sleep", "within": MINUTE, "timers": 2}, {"kind": "retry", "within": MINUTE, "timers": 1},
        {"kind": "wait", "within": None, "timers": 4},
    ]  # fmt: skip
    found = figures.ahead(rows)
    assert [span.within for span in found] == [*figures.AHEAD, None]
    assert (found[0], found[-1]) == (Ahead(MINUTE, 2, 0, 1), Ahead(None, 0, 4, 0))
    assert [span.total for span in found] == [3, 0, 0, 0, 0, 4]


def test_a_window_takes_what_comes_and_forgets_what_is_old() -> None:
    window = figures.Window()
    window.take(answer(*step("a", 0, 10), row(20, "step.started", "do:b-1"), now=30))
    assert (window.pos, len(window.attempts), window.since) == (20, 1, T0 + 30 - HOUR)
    window.take(answer(row(HOUR + 15, "step.completed", "do:b-1"), now=HOUR + 20))
    assert [(one.step, one.took) for one in window.attempts] == [("b", HOUR - 5)], (
        "it began before the window, and was seen"
    )
    assert [one["pos"] for one in window.rows] == [20, HOUR + 15]


def test_a_window_knows_from_when_on_nothing_is_left_out() -> None:
    window = figures.Window()
    window.take(answer(row(0, "queued"), now=10))
    window.take(answer(row(500, "queued"), now=600, gap=True))
    assert (window.since, len(window.rows)) == (T0 + 500, 1)
