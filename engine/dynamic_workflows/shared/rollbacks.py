"""What guest and host agree on about rollbacks: keys, options and texts (semantics B.10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import checks
from .errors import WorkflowFatalError
from .limits import RETRY_DELAY_MS

IN_ROLLBACK = "Cannot execute steps during rollback phase"
TERMINATED: Mapping[str, str] = {"name": "Terminated", "message": "Instance terminated during rollback"}
MISSING: Mapping[str, str] = {
    "name": "RollbackMissing",
    "message": "Rollback function not available in registry",
}


def rollback_key(key: str) -> str:
    """Return the key under which the handler of a step (``do:name-count``) is a step itself."""
    return "rollback:" + key.partition(":")[2]


def undone_key(key: str) -> str:
    """Return the key of the step that a handler undoes."""
    return "do:" + key.partition(":")[2]


def is_rollback(key: str) -> bool:
    """Return whether a key is that of a handler."""
    return key.startswith("rollback:")


def rollback_options(
    name: object, rollback: object, config: object, delay: int = RETRY_DELAY_MS
) -> dict[str, Any] | None:
    """Return the merged config of a step's rollback, or None for a step without one.

    Raises:
        WorkflowFatalError: ``rollback`` is no function, or its config has other keys than retries and timeout.
    """
    if rollback is None and config is None:
        return None
    if not callable(rollback):
        raise WorkflowFatalError(f'Rollback for "{name}" must be a function')
    return rollback_config(str(name), config, delay=delay)


def rollback_config(
    name: str, config: object, *, recorded: bool = False, delay: int = RETRY_DELAY_MS
) -> dict[str, Any]:
    """Return the config of a rollback merged over the defaults of steps; a function becomes ``[dynamic]``.

    Args:
        recorded: whether ``config`` is a merged one, in which ``[dynamic]`` stands for a function.
        delay: milliseconds between attempts where the config does not say.

    Raises:
        WorkflowFatalError: it has other keys than retries and timeout, or a value of the wrong kind.
    """
    try:
        if isinstance(config, Mapping) and "sensitive" in config:
            raise WorkflowFatalError("")
        return checks.step_config(name, config, recorded=recorded, delay=delay)
    except WorkflowFatalError:
        raise WorkflowFatalError(f'Rollback config for "{name}" is in a invalid format. See {checks.MANUAL}') from None
