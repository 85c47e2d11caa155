"""What it takes to create instances: options, batches in both forms, and how many a second (semantics C.3, C.5)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dynamic_workflows.host.protocols import Clock
from dynamic_workflows.shared import checks, limits, values
from dynamic_workflows.shared.durations import milliseconds
from dynamic_workflows.shared.errors import (
    CreationRateExceeded,
    InvalidBatch,
    InvalidDuration,
    InvalidOptions,
    PayloadTooLarge,
)

OPTIONS = frozenset({"id", "params", "retention", "locationHint"})
LOCATIONS = frozenset({"wnam", "enam", "sam", "weur", "eeur", "apac", "apac-ne", "apac-se", "oc", "afr", "me"})
_RETENTION = {"successRetention": "success", "errorRetention": "error"}
ALREADY_EXISTS = {"code": 10405, "message": "workflows.api.error.instance.already_exists"}
DUPLICATE = {"code": 10415, "message": "workflows.api.error.instance.duplicate_in_batch"}

Retention = Mapping[str, int]  # milliseconds after "success" and after "error"


@dataclass(frozen=True, slots=True)
class Creation:
    """The checked options of one instance; ``params`` is wire text."""

    id: str
    params: str
    retention: Retention


def creation(options: Mapping[str, Any] | None, new_id: Callable[[], str]) -> Creation:
    """Check the options of one instance.

    Raises:
        InvalidOptions: an option is unknown or has a value it cannot take.
        InvalidInstanceId: the id breaks its rule.
        PayloadTooLarge, NotSerialisable: params cannot be stored.
    """
    given = {} if options is None else options
    if not isinstance(given, Mapping):
        raise InvalidOptions(f"create takes a dict of options, not {type(given).__name__}.")
    unknown = [name for name in given if name not in OPTIONS]
    if unknown:
        raise InvalidOptions(f"create has no option {unknown[0]!r}; it has {', '.join(sorted(OPTIONS))}.")
    hint = given.get("locationHint")
    if hint is not None and hint not in tuple(LOCATIONS):
        raise InvalidOptions(f"locationHint is {hint!r:.80}: give one of {', '.join(sorted(LOCATIONS))}.")
    id = given.get("id")
    if id is None:
        id = new_id()
    checks.instance_id(id)
    params = given.get("params")
    text = sized("params", {} if params is None else params)
    return Creation(id, text, retention(given.get("retention")))


def sized(what: str, value: Any) -> str:
    """Return the wire text of a payload.

    Raises:
        PayloadTooLarge: it is over 1 MiB.
        NotSerialisable: it is not a value that can be stored.
    """
    text = values.encode(value)
    if values.too_large(text):
        raise PayloadTooLarge(what, values.size(text))
    return text


def retention(given: Any) -> Retention:
    """Return how long an instance is kept after its end, from ``{"successRetention"?, "errorRetention"?}``.

    Raises:
        InvalidOptions: a key is unknown, or a span is no duration or over 30 days.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not given.keys() <= _RETENTION.keys():
        raise InvalidOptions(f"retention is {given!r:.80}: give successRetention, errorRetention or both.")
    return {_RETENTION[name]: _span(name, span) for name, span in given.items() if span is not None}


def _span(name: str, span: Any) -> int:
    try:
        kept = milliseconds(span)
    except InvalidDuration as error:
        raise InvalidOptions(f"retention.{name}: {error}") from None
    if kept > limits.RETENTION_MAX_MS:
        raise InvalidOptions(f"retention.{name} is {span!r:.80}: the longest is 30 days.")
    return kept


def batch_of(batch: Any) -> list[Any]:
    """Return the options of every instance of a batch: a list, ``{"instances": list}`` or ``{"count": n, ...}``.

    Raises:
        InvalidBatch: it is none of these, empty or too long.
    """
    if isinstance(batch, Mapping):
        if "count" in batch:
            shared = {name: value for name, value in batch.items() if name != "count"}
            if type(batch["count"]) is not int or "id" in shared or "instances" in shared:
                raise InvalidBatch("create_batch takes a whole number as count, and no id or instances beside it")
            return _counted([shared] * max(0, min(batch["count"], limits.BATCH + 1)), batch["count"])
        if batch.keys() != {"instances"}:
            raise InvalidBatch('create_batch takes {"instances": [...]} or {"count": n, ...}')
        batch = batch["instances"]
    if not isinstance(batch, list | tuple):
        raise InvalidBatch("create_batch takes a list of options")
    return _counted(list(batch), len(batch))


def _counted(batch: list[Any], count: int) -> list[Any]:
    if count < 1:
        raise InvalidBatch("batchCreate should have at least 1 instance")
    if count > limits.BATCH:
        raise InvalidBatch(f"batchCreate only supports {limits.BATCH} instances at a time, not {count}")
    return batch


class Rates:
    """How many instances were created in the last second, of each tenant and of each workflow of it.

    Args:
        tenant: the most in a second of one tenant, or None.
        workflow: the most in a second of one workflow of one tenant, or None.
    """

    def __init__(self, clock: Clock, *, tenant: int | None, workflow: int | None) -> None:
        self._clock, self._tenant, self._workflow = clock, tenant, workflow
        self._made: dict[tuple[str, ...], deque[tuple[int, int]]] = {}

    def take(self, workflow: str, tenant: str, count: int = 1) -> None:
        """Count so many new instances.

        Raises:
            CreationRateExceeded: that is more than a limit allows; none is counted.
        """
        limited = (((tenant,), self._tenant, "one tenant"), ((tenant, workflow), self._workflow, f'"{workflow}"'))
        wanted = [(key, limit, of) for key, limit, of in limited if limit is not None]
        if not wanted:
            return
        now = self._clock.elapsed()
        for key, limit, of in wanted:
            if self._recent(key, now) + count > limit:
                raise CreationRateExceeded(limit, of)
        for key, _, _ in wanted:
            self._made.setdefault(key, deque()).append((now, count))

    def _recent(self, key: tuple[str, ...], now: int) -> int:
        made = self._made.get(key)
        if made is None:
            return 0
        while made and made[0][0] <= now - 1_000:
            made.popleft()
        if not made:
            del self._made[key]
        return sum(count for _, count in made)
