"""Tracebacks as a tenant wants to read them: from their own frame on, without the engine's."""

from __future__ import annotations

import linecache
import os
import traceback
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType

from dynamic_workflows.shared.errors import NonRetryableError

# Code that was compiled elsewhere carries the path it had there.
_ROOTS = tuple(os.path.dirname(os.path.dirname(path)) + os.sep for path in (__file__, (lambda: 0).__code__.co_filename))

_ERRORS = f"{NonRetryableError.__module__}."  # tenants know these classes from other modules


def register(sources: Mapping[str, str]) -> None:
    """Let Python show the lines of these files."""
    for path, text in sources.items():
        linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)


def unregister(sources: Iterable[str]) -> None:
    """Forget the lines of these files."""
    for path in sources:
        linecache.cache.pop(path, None)


def tenant_traceback(error: BaseException, sources: Mapping[str, str]) -> str:
    """Return an error's traceback text, beginning at the first frame of the tenant's code."""
    register(sources)
    try:
        told = traceback.TracebackException.from_exception(error, compact=True)
        for part in _chain(told, set()):
            _strip(part.stack, sources)
        return "".join(told.format()).replace(_ERRORS, "")
    except Exception as broken:  # a tenant's __str__, __cause__ or the like
        return f"{type(error).__name__} (its traceback could not be made: {type(broken).__name__})\n"


def _chain(told: traceback.TracebackException, seen: set[int]) -> Iterator[traceback.TracebackException]:
    if id(told) in seen:
        return
    seen.add(id(told))
    yield told
    for other in (told.__cause__, told.__context__, *(told.exceptions or ())):
        if other is not None:
            yield from _chain(other, seen)


def _strip(stack: traceback.StackSummary, sources: Mapping[str, str]) -> None:
    frames = [frame for frame in stack if not is_engine(frame.filename)]
    first = next((i for i, frame in enumerate(frames) if frame.filename in sources), 0)
    stack[:] = frames[first:]


def is_engine(filename: str) -> bool:
    """Return whether a file is part of this package."""
    return filename.startswith((*_ROOTS, "<frozen importlib"))


def tenant_line(error: BaseException, sources: Mapping[str, str]) -> tuple[str, int] | None:
    """Return the file and line of the tenant's innermost frame."""
    found: tuple[str, int] | None = None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename in sources:
            found = step.tb_frame.f_code.co_filename, step.tb_lineno
        step = step.tb_next
    return found
