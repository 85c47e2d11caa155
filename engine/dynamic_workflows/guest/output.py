"""``print`` and ``logging`` of tenant code become log rows of the run, step and attempt that wrote them."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterable
from typing import Any

from dynamic_workflows.shared.limits import LOG_ROWS, LOG_TEXT

from .outbox import Outbox
from .scope import SCOPE, Scope

_DROPPED = f"More than {LOG_ROWS:,} lines: further output of this run is dropped."


class Output:
    """Cuts what is written into lines and posts them."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._partial: dict[tuple[Scope, str], str] = {}

    def write(self, scope: Scope, level: str, text: str) -> None:
        """Take text as it is written; whole lines are posted."""
        if scope.silent:
            return
        *lines, rest = (self._partial.pop((scope, level), "") + text).split("\n")
        for line in lines:
            self.line(scope, level, line)
        if len(rest) >= LOG_TEXT:
            self.line(scope, level, rest)
        elif rest:
            self._partial[scope, level] = rest

    def end_line(self, scope: Scope) -> None:
        """Post what a scope has written without an end of line."""
        if self._partial:
            for level in ("info", "warning"):
                rest = self._partial.pop((scope, level), "")
                if rest:
                    self.line(scope, level, rest)

    def end_turn(self) -> None:
        """Post every unfinished line."""
        for scope, _ in list(self._partial):
            self.end_line(scope)
        self._partial.clear()

    def line(self, scope: Scope, level: str, text: str) -> None:
        """Post one log row, unless its run repeats what it said before or has said too much."""
        run = scope.run
        if scope.silent or (run is not None and run.replaying and scope.key is None):
            return
        counted = scope if run is None else run
        logged = counted.logged
        if logged > LOG_ROWS:
            return
        counted.logged += 1
        if logged == LOG_ROWS:
            level, text = "warning", _DROPPED
        elif len(text) > LOG_TEXT:
            text = text[: LOG_TEXT - 1] + "…"
        self._outbox.say({"k": "log", **scope.fields(), "level": level, "text": text})


class Stream(io.TextIOBase):
    """Stands in for ``sys.stdout`` or ``sys.stderr`` during a turn; what is not a tenant's goes to the real one."""

    def __init__(self, level: str, name: str) -> None:
        super().__init__()
        self._level = level
        self._name = name
        self.real: Any = None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return utf-8."""
        return "utf-8"

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Take text from the code that runs."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        scope = SCOPE.get()
        if scope is not None:
            scope.guest.output.write(scope, self._level, text)
        elif self.real is not None:
            self.real.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:  # type: ignore[override]
        """Take several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the real stream when that is where text goes."""
        if SCOPE.get() is None and self.real is not None:
            self.real.flush()

    def close(self) -> None:
        """Do nothing: the stream is not the tenant's to close."""


class Rows(logging.Handler):
    """Turns log records of tenant code into log rows."""

    def emit(self, record: logging.LogRecord) -> None:
        """Post a record; one that is not a tenant's goes where it would go without this handler."""
        scope = SCOPE.get()
        if scope is None:
            if len(logging.root.handlers) == 1 and logging.lastResort and record.levelno >= logging.WARNING:
                logging.lastResort.handle(record)
            return
        try:
            scope.guest.output.line(scope, record.levelname.lower(), self.format(record))
        except Exception:  # a broken __str__ or format of the tenant
            scope.guest.output.line(scope, "error", "A log record could not be formatted.")


class Capture:
    """Puts the streams and the log handler in place for a turn, and the host's own back after it."""

    def __init__(self) -> None:
        self._out, self._err, self._rows = Stream("info", "stdout"), Stream("warning", "stderr"), Rows()
        self._level = logging.INFO  # until tenant code sets another
        self._host_level = logging.WARNING
        self._host_config: Any = None

    def __enter__(self) -> None:
        self._out.real, self._err.real = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._out, self._err
        root = logging.root
        root.handlers.append(self._rows)
        self._host_level, self._host_config = root.level, logging.basicConfig
        logging.basicConfig = _basic_config
        _set_level(self._level)

    def __exit__(self, *exc: object) -> None:
        sys.stdout, sys.stderr = self._out.real, self._err.real
        root = logging.root
        if self._rows in root.handlers:
            root.handlers.remove(self._rows)
        self._level, logging.basicConfig = root.level, self._host_config
        _set_level(self._host_level)


def _set_level(level: int) -> None:
    if logging.root.level != level:  # setting it empties every logger's cache
        logging.root.setLevel(level)


def _basic_config(**options: Any) -> None:
    """Stand in for ``logging.basicConfig``, which does nothing where a handler is: take the level."""
    if options.get("level") is not None:
        logging.root.setLevel(options["level"])
