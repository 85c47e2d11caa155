"""A run as text and as a table: what is shown where no extension draws its timeline."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from dynamic_workflows.cli.words import clean, error_text, span, step_name

Row = Mapping[str, Any]
STATES = {
    "queued": "Queued", "running": "Running", "waiting": "Waiting", "waitingForPause": "Pausing", "paused": "Paused",
    "complete": "Complete", "errored": "Errored", "terminated": "Terminated",
}  # fmt: skip
BEGINS = {"step.started": "Running", "sleep.started": "Sleeping", "wait.started": "Waiting"}
ENDS = {"step.completed": "Complete", "sleep.completed": "Complete", "wait.completed": "Complete",
        "wait.timed_out": "Timed out"}  # fmt: skip
ATTEMPT = 2  # from this one on it is worth saying


@dataclass(slots=True)
class Step:
    """One line of the table."""

    name: str
    state: str
    began: int
    took: int | None = None
    attempts: int = 1


def steps_of(rows: Sequence[Row]) -> list[Step]:
    """Return the steps, sleeps and waits of a history in order of their start."""
    found: dict[str, Step] = {}
    for row in rows:
        kind, key = row["kind"], row["key"]
        if kind in BEGINS:
            step = found.setdefault(key, Step(step_name(key), "", row["at"]))
            step.state, step.attempts = BEGINS[kind], row["attempt"] or 1
        elif key in found and (kind in ENDS or kind == "step.failed"):
            step = found[key]
            final = kind in ENDS or json.loads(row["data"]).get("final")
            step.state = ENDS.get(kind, "Failed" if final else "Retrying")
            step.took = row["at"] - step.began if final else None
    return list(found.values())


def is_busy(summary: Row, rows: Sequence[Row]) -> bool:
    """Tell whether something of a run is under way that needs nobody: also a step that waits for its next attempt."""
    if summary["status"] != "waiting":
        return summary["status"] in ("queued", "running", "waitingForPause")
    return any(step.state in ("Running", "Retrying") for step in steps_of(rows))


def name_of(summary: Row) -> str:
    """Return what a run is called: its workflow and its number."""
    return clean(f"{summary['workflow']} · {summary['number']}", 100)


def text_of(summary: Row, rows: Sequence[Row]) -> str:
    """Return a run in a line, and a line for each step."""
    head = f"{name_of(summary)} of {summary['tenant']}: {_state(summary)}"
    return "\n".join([head, *(f"  {step.state:<9}  {step.name}{_details(step)}" for step in steps_of(rows))])


def html_of(summary: Row, rows: Sequence[Row]) -> str:
    """Return a run as a table; everything in it is text."""
    head = f"<strong>{escape(name_of(summary))}</strong> of {escape(summary['tenant'])}: {escape(_state(summary))}"
    lines = [f"<tr><th scope=row style='text-align:start'>{escape(step.name)}</th><td>{escape(step.state)}</td>"
             f"<td>{escape(_details(step).strip())}</td></tr>" for step in steps_of(rows)]  # fmt: skip
    table = "<table><thead><tr><th>Step</th><th>State</th><th>Took</th></tr></thead>"
    return f"<div>{head}</div>" + (f"{table}<tbody>{''.join(lines)}</tbody></table>" if lines else "")


def _state(summary: Row) -> str:
    word = STATES.get(summary["status"], str(summary["status"]))
    return f"{word}. {error_text(summary['error'])}" if summary["error"] else word


def _details(step: Step) -> str:
    parts = [] if step.took is None else [span(step.took)]
    parts += [f"attempt {step.attempts}"] if step.attempts >= ATTEMPT else []
    return f"  {', '.join(parts)}" if parts else ""
