"""The step checks, one pure module: the guest runs them before a callback, the host repeats them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from . import limits
from .durations import milliseconds
from .errors import (
    InvalidDuration,
    InvalidEventType,
    InvalidInstanceId,
    InvalidWorkflowName,
    WorkflowFatalError,
)
from .texts import cleaned, storable

_NAME = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9_-]*")
_CONTROL = re.compile(r"[\x00-\x1f]")
_BACKOFFS = ("constant", "linear", "exponential")
MANUAL = "https://developers.cloudflare.com/workflows/build/sleeping-and-retrying/"

DYNAMIC = "[dynamic]"  # stands for a function in a recorded config

DEFAULT_CONFIG: Mapping[str, Any] = {
    "retries": {"limit": 5, "delay": limits.RETRY_DELAY_MS, "backoff": "exponential"},
    "timeout": "10 minutes",
}


@dataclass(frozen=True, slots=True)
class ResolvedConfig:
    """A step's config in numbers: ``limit`` retries, ``delay`` and ``timeout`` in milliseconds."""

    limit: int
    delay: int
    backoff: str
    timeout: int
    dynamic: bool = False  # the delay is a function's word; ``delay`` stands in where it cannot be asked


def step_name(name: object) -> None:
    """Raise WorkflowFatalError unless a step may have this name (at most 256 UTF-16 units, no control characters)."""
    if type(name) is str and len(name) <= limits.STEP_NAME_LENGTH // 2 and name.isprintable():
        return  # the common case, without measuring
    if (
        not isinstance(name, str)
        or len(name) + sum(c > "\uffff" for c in name) > limits.STEP_NAME_LENGTH
        or _CONTROL.search(name)
        or not storable(name)
    ):
        raise WorkflowFatalError(
            f'Step name "{_cut(name)}" exceeds max length ({limits.STEP_NAME_LENGTH} chars) or invalid characters found'
        )


def _cut(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return cleaned(text if len(text) <= 1_024 else text[:1_024] + "…")


def step_limit(count: int, limit: int) -> None:
    """Raise WorkflowFatalError when the ``count``-th call of ``do`` in this lifetime is over the limit."""
    if count > limit:
        raise WorkflowFatalError(
            f"The limit of {limit} steps has been reached. This limit can be changed in your worker configuration."
        )


def step_config(
    name: str, config: object = None, *, recorded: bool = False, delay: int = limits.RETRY_DELAY_MS
) -> dict[str, Any]:
    """Return a step's config merged over the defaults, in the form it was written; a function becomes ``[dynamic]``.

    Args:
        recorded: whether ``config`` is a merged one, in which ``[dynamic]`` stands for a function.
        delay: milliseconds between attempts of a step whose config does not say.

    Raises:
        WorkflowFatalError: it has an unknown key or a value of the wrong kind.
    """
    if config is None:
        return {"retries": {**DEFAULT_CONFIG["retries"], "delay": delay}, "timeout": DEFAULT_CONFIG["timeout"]}
    if not isinstance(config, Mapping) or not config.keys() <= {"retries", "timeout", "sensitive"}:
        raise _bad_config(name)
    if config.get("sensitive") not in (None, "output"):
        raise _bad_config(name)
    timeout = config.get("timeout")
    merged = {
        "retries": _retries(name, config.get("retries"), recorded, delay),
        "timeout": DEFAULT_CONFIG["timeout"] if timeout is None else _span(name, timeout, positive=True),
    }
    return {**merged, "sensitive": "output"} if config.get("sensitive") else merged


def _retries(name: str, retries: object, recorded: bool, default: int) -> dict[str, Any]:
    merged = {**DEFAULT_CONFIG["retries"], "delay": default}
    if retries is None:
        return merged
    if not isinstance(retries, Mapping) or not {"limit", "delay"} <= retries.keys() <= {"limit", "delay", "backoff"}:
        raise _bad_config(name)
    limit, backoff = retries["limit"], retries.get("backoff", merged["backoff"])
    if not _number(limit) or not 0 <= limit <= limits.RETRIES_MAX or backoff not in (*_BACKOFFS, None):
        raise _bad_config(name)
    delay = retries["delay"]
    if callable(delay):
        delay = DYNAMIC
    elif not (recorded and delay == DYNAMIC):
        delay = _span(name, delay)
    return {"limit": limit, "delay": delay, "backoff": backoff or "constant"}


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _span(name: str, value: Any, *, positive: bool = False) -> Any:
    try:
        span = milliseconds(value)
    except InvalidDuration:
        raise _bad_config(name) from None
    if positive and span <= 0:
        raise _bad_config(name)
    return span if isinstance(value, timedelta) else value


def _bad_config(name: object) -> WorkflowFatalError:
    return WorkflowFatalError(f'Step config for "{_cut(name)}" is in a invalid format. See {MANUAL}')


def resolve(config: Mapping[str, Any]) -> ResolvedConfig:
    """Return a merged config in numbers."""
    retries = config["retries"]
    return _resolved(retries["limit"], retries["delay"], retries["backoff"], config["timeout"])


@lru_cache(maxsize=256)  # most steps of a workflow have the same few
def _resolved(limit: float, delay: int | float | str, backoff: str, timeout: int | float | str) -> ResolvedConfig:
    dynamic = delay == DYNAMIC
    return ResolvedConfig(
        limit=int(limit),
        delay=limits.DELAY_DEFAULT_MS if dynamic else milliseconds(delay),
        backoff=backoff,
        timeout=milliseconds(timeout),
        dynamic=dynamic,
    )


def context_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a merged config as ``ctx["config"]`` shows it: a delay that is a function is absent."""
    retries = config["retries"]
    if retries["delay"] != DYNAMIC:
        return config
    return {**config, "retries": {name: value for name, value in retries.items() if name != "delay"}}


def retry_delay(config: ResolvedConfig, failures: int, delay: int | None = None) -> int:
    """Return the milliseconds to wait after the ``failures``-th failed attempt (never over a year).

    Args:
        delay: what the delay function said, in place of the config's delay.
    """
    if config.backoff == "constant":
        factor = 1
    elif config.backoff == "linear":
        factor = failures
    else:
        factor = 1 << min(failures - 1, 53)
    return min((config.delay if delay is None else delay) * factor, limits.SLEEP_MAX_MS)


def sleep_duration(name: object, duration: Any) -> int:
    """Return the milliseconds of a sleep.

    Raises:
        WorkflowFatalError: the name or the duration breaks its rule; the longest sleep is 365 days.
    """
    step_name(name)
    return _bounded(name, duration, "sleep", limits.SLEEP_MAX_MS)


def wait_timeout(name: object, timeout: Any) -> int:
    """Return the milliseconds a wait for an event may take; nothing, 0 and ``""`` mean 24 hours.

    Raises:
        WorkflowFatalError: the name or the timeout breaks its rule; the longest wait is 365 days.
    """
    step_name(name)
    if timeout is None:
        return limits.WAIT_DEFAULT_MS
    return _bounded(name, timeout, "wait", limits.WAIT_MAX_MS) or limits.WAIT_DEFAULT_MS


def _bounded(name: object, value: Any, what: str, most: int) -> int:
    try:
        span = milliseconds(value)
    except InvalidDuration as error:
        raise WorkflowFatalError(f'The {what} "{_cut(name)}": {error}') from None
    if span > most:
        raise WorkflowFatalError(f'The {what} "{_cut(name)}" is longer than 365 days, the longest there is.')
    return span


def wake_time(name: object, moment: object) -> int:
    """Return the epoch milliseconds a ``sleep_until`` means; a naive ``datetime`` is UTC, a number epoch milliseconds.

    Raises:
        WorkflowFatalError: the name breaks its rule or the moment is neither.
    """
    step_name(name)
    if isinstance(moment, datetime):
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        since = aware - datetime(1970, 1, 1, tzinfo=UTC)
        return max(0, -(-since // timedelta(milliseconds=1)))  # rounded up: never wakes early
    if isinstance(moment, (int, float)) and _number(moment) and abs(moment) <= 1 << 53:
        return max(0, math.ceil(moment))
    raise WorkflowFatalError(
        f'The sleep "{_cut(name)}" cannot end at {moment!r:.80}: give a datetime or milliseconds since the epoch.'
    )


def event_type(type: object) -> None:
    """Raise InvalidEventType unless events may have this type."""
    if not _named(type, limits.EVENT_TYPE_LENGTH):
        raise InvalidEventType(type)


def instance_id(id: object) -> None:
    """Raise InvalidInstanceId unless an instance may be created with this id."""
    if not _named(id, limits.INSTANCE_ID_LENGTH):
        raise InvalidInstanceId(id)


def workflow_name(name: object) -> None:
    """Raise InvalidWorkflowName unless a workflow may have this name."""
    if not _named(name, limits.WORKFLOW_NAME_LENGTH):
        raise InvalidWorkflowName(name)


def _named(value: object, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and _NAME.fullmatch(value) is not None


def not_serialisable(name: str) -> str:
    """Return the text of an attempt whose value cannot be stored."""
    return f'Value returned from step "{name}" is not serialisable'


def not_serialisable_instance(name: str) -> str:
    """Return the text of an instance that died of a value that cannot be stored."""
    return (
        f'The execution of the Workflow instance was terminated, as the step "{name}" '
        "returned a value which is not serialisable"
    )


def invalid_stream_instance(name: str, reason: str) -> str:
    """Return the text of an instance that died of a stream that cannot be stored."""
    return (
        f'The execution of the Workflow instance was terminated, as the step "{name}" '
        f"returned an invalid ReadableStream output. {reason}"
    )


def output_too_large(step: str) -> str:
    """Return the text of an attempt whose value is over 1 MiB; ``step`` is name-count."""
    return f"Step {step} output is too large. Maximum allowed size is 1MiB."
