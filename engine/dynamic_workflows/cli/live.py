"""A run as it goes: lines that stay for what is over, and on a terminal lines below them for what is not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any, TextIO

from dynamic_workflows.cli.words import Row, Story, clean, moment, span, step_name

OPEN = {"step.started", "sleep.started", "wait.started"}
CLOSED = {"step.completed", "step.failed", "sleep.completed", "wait.completed", "wait.timed_out"}
GREEN, RED, DIM, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"
SIGNS = {
    "done": (GREEN, "✓"), "woke": (GREEN, "✓"), "received": (GREEN, "✓"), "complete": (GREEN, "✓"),
    "failed": (RED, "✗"), "errored": (RED, "✗"), "timed out": (RED, "✗"), "cut off": (RED, "✗"),
}  # fmt: skip


class Lines:
    """Writes one line for each row of history: for pipes, files and dumb terminals."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._story = out, Story()

    def rows(self, rows: Sequence[Row], offset: int) -> None:
        """Show what has happened."""
        self._story.offset = offset
        for row in rows:
            word, what = self._story.tell(row)
            self._out.write(f"{moment(row['at'])}  {word:<9}  {what}".rstrip() + "\n")
        self._out.flush()

    def logs(self, rows: Sequence[Row]) -> None:
        """Show what tenant code wrote."""
        for row in rows:
            self._out.write(f"{moment(row['at'])}  {'log':<9}  {_log(row)}\n")
        self._out.flush()

    def tick(self) -> None:
        """Let time show."""

    def end(self) -> None:
        """Leave the terminal as it should be."""


class Screen:
    """Draws on a terminal; only lines of what is still going on are drawn again."""

    def __init__(self, out: TextIO, now: Callable[[], int]) -> None:
        self._out, self._now, self._story = out, now, Story()
        self._open: dict[str, tuple[str, str, int]] = {}
        self._drawn = 0
        self._colour = "NO_COLOR" not in os.environ

    def rows(self, rows: Sequence[Row], offset: int) -> None:
        """Show what has happened."""
        self._story.offset = offset
        lines = [line for row in rows if (line := self._take(row)) is not None]
        self._draw(lines)

    def logs(self, rows: Sequence[Row]) -> None:
        """Show what tenant code wrote."""
        self._draw([self._paint(DIM, f"  {_log(row)}") for row in rows])

    def tick(self) -> None:
        """Let time show."""
        self._draw([])

    def end(self) -> None:
        """Leave nothing that moves."""
        self._open.clear()
        self._draw([])

    def _take(self, row: Row) -> str | None:
        kind, key = row["kind"], row["key"]
        word, what = self._story.tell(row)
        if kind in OPEN:
            self._open[key] = word, what, row["at"]
            return None
        if kind in CLOSED:
            self._open.pop(key, None)
        elif kind in ("completed", "errored", "terminated", "restarted"):
            self._open.clear()
        colour, sign = SIGNS.get(word, (DIM, "·"))
        text = what if word == "done" else f"{word}  {what}"
        return f"{self._paint(colour, sign)} {text}".rstrip()

    def _draw(self, lines: Sequence[str]) -> None:
        columns, height = shutil.get_terminal_size()
        going = [self._going(*entry)[: columns - 1] for entry in self._open.values()]
        most = max(1, height - 2)
        if len(going) > most:
            going = [*going[: most - 1], f"  … and {len(going) - most + 1} more"]
        if not lines and not going and not self._drawn:
            return
        back = f"\x1b[{self._drawn}A\r\x1b[J" if self._drawn else ""
        self._out.write(back + "".join(f"{line}\n" for line in [*lines, *going]))
        self._out.flush()
        self._drawn = len(going)

    def _going(self, word: str, what: str, at: int) -> str:
        return f"… {word}  {what}  {span(max(0, self._now() - at))}"

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self._colour else text


def _log(row: Row) -> str:
    return f"{step_name(row['key']) or 'run'}: {clean(row['text'])}"


def live(out: TextIO, now: Callable[[], int]) -> Any:
    """Return what shows a run here."""
    moving = out.isatty() and os.environ.get("TERM") != "dumb"
    return Screen(out, now) if moving else Lines(out)
