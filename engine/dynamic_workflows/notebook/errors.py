"""The errors of notebooks, and those of an engine's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dynamic_workflows.shared.errors import CodeError, InstanceError, WorkflowError


class NoEngine(WorkflowError):
    """Raised when no page of this site hosts an engine, or the one that did is gone for good."""


class InstanceTerminated(InstanceError):
    """Raised when the result of an instance is asked for that was terminated: it never will have one."""

    code = "instance.terminated"

    def __init__(self, id: str) -> None:
        super().__init__(f'Workflow instance "{id}" was terminated; it has no result')


def error_of(record: Mapping[str, Any]) -> WorkflowError:
    """Return the error that an engine answered with, of its class where that is one of this package's."""
    kinds = {kind.__name__: kind for kind in _family(WorkflowError)}
    kind, message = kinds.get(str(record.get("name")), WorkflowError), str(record.get("message"))
    error = kind.__new__(kind, message)  # its message is made already
    if isinstance(error, CodeError):
        facts = (record.get(name) for name in ("file", "line", "column", "traceback"))
        error.file, error.line, error.column, error.traceback = facts
    return error


def _family(kind: type[WorkflowError]) -> Iterator[type[WorkflowError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
