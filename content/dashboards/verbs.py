"""Which verbs apply to a run: one that does not is absent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
ENDED = ("complete", "errored", "terminated")


def verbs_of(run: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """Return the verbs in the order in which they are shown."""
    own = latest(rows)
    live, held = run["status"] not in ENDED, run["status"] in ("paused", "waitingForPause")
    undoing = any(row["kind"] == "rollback.started" for row in own)
    begun = any(row["kind"] == "started" for row in own)
    applies = {
        "pause": live and not held and not undoing and begun,
        "resume": held,
        "retry_now": live and not held and bool(retrying(own)),
        "skip": live and not held and run["next_due"] is not None,
        "send": live,
        "restart": not live,
        "terminate": live,
    }
    return [verb for verb, fits in applies.items() if fits]


def latest(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of a run's latest life; those about the engine belong to none."""
    life = next((row["life"] for row in reversed(rows) if row["kind"] != "engine_started"), None)
    return [row for row in rows if row["life"] == life]


def retrying(rows: Sequence[Row]) -> set[str]:
    """Return the keys of the steps that wait for their next attempt."""
    keys: set[str] = set()
    for row in rows:
        if row["kind"] == "step.failed" and '"retry_at":' in (row["data"] or ""):
            keys.add(row["key"])
        elif row["key"] and row["kind"] != "delay_skipped":
            keys.discard(row["key"])
    return keys
