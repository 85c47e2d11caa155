"""A verb that does not apply is absent."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards.verbs import verbs_of

FAILED = {"kind": "step.failed", "key": "do:a-1", "data": '{"error":{},"retry_at":9000}'}
BEGUN = {"kind": "started", "key": None, "data": None}
ROLLBACK = {"kind": "rollback.started", "key": None, "data": "{}"}
AGAIN = {"kind": "step.started", "key": "do:a-1", "data": "{}"}


@pytest.mark.parametrize(
    ("status", "due", "rows", "verbs"),
    [
        ("queued", None, [], ["send", "terminate"]),
        ("running", None, [BEGUN], ["pause", "send", "terminate"]),
        ("waiting", 5, [BEGUN], ["pause", "skip", "send", "terminate"]),
        ("waiting", 5, [BEGUN, FAILED], ["pause", "retry_now", "skip", "send", "terminate"]),
        ("running", None, [BEGUN, FAILED, AGAIN], ["pause", "send", "terminate"]),
        ("paused", 5, [BEGUN, FAILED], ["resume", "send", "terminate"]),
        ("waitingForPause", None, [BEGUN], ["resume", "send", "terminate"]),
        ("running", None, [BEGUN, ROLLBACK], ["send", "terminate"]),
        ("complete", None, [BEGUN], ["restart"]),
        ("errored", None, [BEGUN], ["restart"]),
    ],
)
def test_verbs_of_a_run(status: str, due: int | None, rows: list[dict[str, Any]], verbs: list[str]) -> None:
    assert verbs_of({"status": status, "next_due": due}, [{**row, "life": 1} for row in rows]) == verbs


def test_only_the_latest_life_counts() -> None:
    rows: list[dict[str, Any]] = [
        {**BEGUN, "life": 1},
        {**FAILED, "life": 1},
        {"kind": "restarted", "key": None, "data": None, "life": 2},
    ]
    rows.append({"kind": "engine_started", "key": None, "data": "{}", "life": 0})
    assert verbs_of({"status": "queued", "next_due": None}, rows) == ["send", "terminate"]
