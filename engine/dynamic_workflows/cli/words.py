"""What rows of history say in words, and tables of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

CELL = 80  # characters of a table's cell
Row = Mapping[str, Any]


def clean(text: object, most: int = 1_000) -> str:
    """Return a text on one line, without anything that a terminal would obey."""
    shown = "".join(c if c.isprintable() else " " for c in str(text))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def moment(at: int | None) -> str:
    """Return a time as the clock on the wall shows it."""
    return "" if at is None else f"{datetime.fromtimestamp(at / 1_000):%Y-%m-%d %H:%M:%S}"


def span(milliseconds: int) -> str:
    """Return how long something takes, in its two largest units."""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1_000:.1f} s"
    seconds, parts = milliseconds // 1_000, []
    for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        if seconds >= size:
            parts.append(f"{seconds // size} {name}")
            seconds %= size
    return " ".join(parts[:2])


def step_name(key: str | None) -> str:
    """Return a step's name, with its count from the second of that name on."""
    if key is None:
        return ""
    name, _, count = key.partition(":")[2].rpartition("-")
    return clean(name if count == "1" else f"{name} ({count})", 200)


def error_text(error: Row) -> str:
    """Return an error's class and message."""
    return clean(f"{error['name']}: {error['message']}" if error["message"] else error["name"])


class Story:
    """Tells rows of one run, oldest first: it knows when each step began."""

    def __init__(self) -> None:
        self._began: dict[str, int] = {}
        self.offset = 0

    def tell(self, row: Row) -> tuple[str, str]:
        """Return what happened, in a word or two, and to what."""
        kind, key, data = row["kind"], row["key"], parsed(row)
        name = step_name(key)
        if kind in ("step.started", "sleep.started", "wait.started"):
            self._began[key] = row["at"]
        if kind == "step.started":
            return "running", name + (f" (attempt {row['attempt']})" if row["attempt"] > 1 else "")
        if kind == "step.failed":
            return self._failed(name, data)
        if kind == "sleep.started":
            return "sleeping", f"{name} until {self._due(data)}"
        if kind == "wait.started":
            return "waiting", f'{name} for the event "{clean(data["type"])}" until {self._due(data)}'
        if kind == "event.received":
            return "event", f'"{clean(data["type"])}" {clean(data["payload"], 200)}'
        if kind == "errored":
            return "errored", error_text(data["error"])
        if kind == "completed":
            return "complete", clean(row["data"], 2_000)
        if kind == "engine_started":
            return "engine", ENGINE_STARTED.get(data["previous"], "started")
        if kind == "time_skipped":
            return "skipped", span(data["by"])
        word = WORDS.get(kind, clean(kind))
        took = f"  {span(row['at'] - self._began[key])}" if kind == "step.completed" and key in self._began else ""
        return word, name + took

    def _failed(self, name: str, data: Any) -> tuple[str, str]:
        if data.get("interrupted"):
            return "cut off", name if data.get("final") else f"{name}: it is tried again"
        text = f"{name}: {error_text(data['error'])}"
        return "failed", text if data.get("final") else f"{text}; tried again at {moment(self._wall(data['retry_at']))}"

    def _wall(self, due: int) -> int:
        return due - self.offset

    def _due(self, data: Any) -> str:
        return moment(self._wall(data["due"]))


ENGINE_STARTED = {"clean": "started again", "unclean": "started again after it was cut off"}
WORDS = {
    "queued": "created", "requeued": "waits for a slot", "started": "started", "step.completed": "done",
    "sleep.completed": "woke",
    "wait.completed": "received", "wait.timed_out": "timed out", "delay_skipped": "retried now",
}  # fmt: skip
TEXT = frozenset({"step.completed", "completed"})  # kinds whose data is a value


def parsed(row: Row) -> Any:
    """Return a row's data as JSON."""
    return None if row["data"] is None else json.loads(row["data"])


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table of text, columns as wide as they need to be."""
    cells = [list(head), *([clean("" if cell is None else cell, CELL) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(lines)
