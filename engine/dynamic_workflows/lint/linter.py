"""Runs the rules over the files of one project."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from .arguments import over_limit, unknown_duration, unknown_parameter
from .awaiting import not_awaited, step_inside_step
from .control import catches_base_exception, name_in_loop
from .determinism import clock_outside_step, env_outside_step, random_outside_step, unstable_step_name
from .problems import RULES, Place, Problem
from .source import Source
from .values import not_storable
from .workflows import Workflows, together

CHARACTERS_MAX = 1_000_000  # of one file; a longer one is not looked at
_RULES: Sequence[Callable[[Workflows], Iterator[Problem]]] = (
    not_awaited, clock_outside_step, random_outside_step, step_inside_step, env_outside_step, not_storable,
    unknown_duration, unknown_parameter, catches_base_exception, unstable_step_name, over_limit, name_in_loop,
)  # fmt: skip


def lint(code: str | Mapping[str, str], *, file: str = "workflow.py") -> list[Problem]:
    """Return the problems of workflow code, in order of file and place; the code is read, never run.

    Args:
        code: one file's text, or the texts of a project's files by relative path: others than ``.py`` are passed over.
        file: what one file is called in its problems.
    """
    texts = {file: code} if isinstance(code, str) else dict(code)
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    for name, text in texts.items():
        if name.endswith(".py") or isinstance(code, str):
            parsed = _parse(name, text)
            if isinstance(parsed, Problem):
                problems.append(parsed)
            else:
                sources[name] = parsed
    for one in _read(sources):
        problems += one
    return sorted(problems, key=lambda problem: (problem.file, problem.place.line, problem.place.column, problem.id))


def _read(sources: Mapping[str, Source]) -> Iterator[list[Problem]]:
    try:
        for code in together(sources).values():
            yield [problem for rule in _RULES for problem in rule(code)]
    except RecursionError:  # expressions nested deeper than Python's own limit: nothing is told of them
        return


def _parse(file: str, text: str) -> Source | Problem:
    try:
        if len(text) > CHARACTERS_MAX:
            raise ValueError(f"the file is longer than {CHARACTERS_MAX:,} characters")
        return Source(file, text)
    except SyntaxError as error:
        return _syntax_error(file, text, error)
    except (ValueError, RecursionError, MemoryError) as error:
        what = "the code is nested too deeply" if isinstance(error, RecursionError | MemoryError) else str(error)
        return _said(file, what, Place(1, 1, 1, 1))


def _syntax_error(file: str, text: str, error: SyntaxError) -> Problem:
    lines = re.split(r"\r\n|\r|\n", text)
    line = min(max(error.lineno or 1, 1), len(lines))
    length = len(lines[line - 1])
    column = min(max(error.offset or 1, 1), length + 1)
    same_line = error.end_lineno == error.lineno and error.end_offset and error.end_offset > column
    end = min(error.end_offset or 0, length + 1) if same_line else length + 1
    return _said(file, str(error.msg), Place(line, column, line, max(end, column)))


def _said(file: str, what: str, place: Place) -> Problem:
    message = f"{what[:1].upper()}{what[1:]}"
    return Problem(RULES["syntax-error"], message if message.endswith(".") else f"{message}.", file, place)
