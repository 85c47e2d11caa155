"""A function as the delay of a step's retries: what it is given, and what its answer means."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from dynamic_workflows.shared.durations import milliseconds
from dynamic_workflows.shared.errors import InvalidDuration, NonRetryableDelayError, record_of
from dynamic_workflows.shared.values import AttributeDict

from .parameters import parameters

_GIVEN = frozenset({"ctx", "error"})


async def asked(function: Callable[..., Any], step: str, ctx: Mapping[str, Any], error: Exception) -> int:
    """Return the milliseconds a delay function says.

    Raises:
        NonRetryableDelayError: it raised, or what it returned is no duration.
    """
    try:
        said = _called(function, {"ctx": ctx, "error": error})
        if inspect.isawaitable(said):
            said = await said
    except Exception as raised:
        message = record_of(raised)["message"]
        raise NonRetryableDelayError(step, f"threw an error: {message}") from raised
    try:
        return milliseconds(said)
    except InvalidDuration:
        raise NonRetryableDelayError(step, NonRetryableDelayError.INVALID) from None


def _called(function: Callable[..., Any], given: dict[str, Any]) -> Any:
    """Call with ``ctx`` and ``error`` where those are the parameters' names, else with both in one dict."""
    wanted = parameters(function)
    if not _GIVEN.issuperset(wanted.names):
        return function(AttributeDict(given))
    positional = [given[name] for name in wanted.names[: wanted.positional]]
    return function(*positional, **{name: given[name] for name in wanted.names[wanted.positional :]})
