"""Rows of the engine to figures: no Panel, no clock of its own. Times are epoch milliseconds, lengths milliseconds."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

Row = Mapping[str, Any]
STATES = (
    "running", "queued", "retrying", "waiting", "sleeping", "pausing", "paused", "errored", "terminated", "complete",
)  # fmt: skip
ENDS = ("complete", "errored", "terminated")
STEP_ENDS = ("step.completed", "step.failed")
RUN_ENDS = {"completed": "complete", "errored": "errored", "terminated": "terminated"}
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
AHEAD = (MINUTE, 10 * MINUTE, HOUR, DAY, 7 * DAY)  # the bounds in which due times are counted


@dataclass(frozen=True, slots=True)
class Tenant:
    """The runs of one tenant by state."""

    name: str
    runs: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.runs.values())


@dataclass(frozen=True, slots=True)
class Minute:
    """What happened in one minute, which begins at `at`."""

    at: int
    began: int
    complete: int
    errored: int
    terminated: int
    steps: int

    @property
    def ended(self) -> int:
        """How many runs ended."""
        return self.complete + self.errored + self.terminated


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a step that has ended."""

    tenant: str
    workflow: str
    step: str
    began: int
    ended: int
    number: int
    outcome: str  # "done", "failed": tried again, "final": for good, "cut": its engine ended

    @property
    def took(self) -> int:
        """Its length."""
        return max(0, self.ended - self.began)


@dataclass(frozen=True, slots=True)
class Latency:
    """How long the attempts of one step took, and how they ended."""

    tenant: str
    workflow: str
    step: str
    attempts: int
    p50: int
    p95: int
    p99: int
    most: int
    retries: int  # attempts that failed and are tried again
    failures: int  # steps that failed for good
    cut: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Due times within one span from now, by what they end; `within` is None beyond the last bound."""

    within: int | None
    sleep: int
    wait: int
    retry: int

    @property
    def total(self) -> int:
        """How many there are."""
        return self.sleep + self.wait + self.retry


def by_state(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many runs there are of each state, in the order of `STATES`; those of none are left out."""
    found = dict.fromkeys(STATES, 0)
    for row in rows:
        found[row["state"]] = found.get(row["state"], 0) + row["runs"]
    return {state: runs for state, runs in found.items() if runs}


def by_tenant(rows: Iterable[Row]) -> list[Tenant]:
    """Return the tenants, those with the most runs first."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["tenant"]].append(row)
    tenants = [Tenant(name, by_state(own)) for name, own in found.items()]
    return sorted(tenants, key=lambda tenant: (-tenant.total, tenant.name))


def throughput(rows: Iterable[Row], now: int, minutes: int = 60) -> list[Minute]:
    """Return the last minutes, oldest first; the last one is under way."""
    last = now // MINUTE
    counts: dict[int, dict[str, int]] = {at: defaultdict(int) for at in range(last - minutes + 1, last + 1)}
    names = {**RUN_ENDS, "queued": "began", "step.completed": "steps"}
    for row in rows:
        own, name = counts.get(row["at"] // MINUTE), names.get(row["kind"])
        if own is not None and name is not None:
            own[name] += 1
    fields = ("began", "complete", "errored", "terminated", "steps")
    return [Minute(at * MINUTE, *(own[name] for name in fields)) for at, own in counts.items()]


class Attempts:
    """Puts the beginnings and ends of attempts together as their rows come in."""

    def __init__(self) -> None:
        self._open: dict[int, dict[tuple[Any, ...], int]] = {}  # by run: since when which attempt is in flight

    def take(self, row: Row) -> Attempt | None:
        """Return the attempt that a row ends, if its beginning was seen."""
        own, kind = self._open.setdefault(row["uid"], {}), row["kind"]
        which = row["life"], row["key"], row["attempt"]
        if kind == "step.started":
            own[which] = row["at"]
        elif kind in RUN_ENDS:
            del self._open[row["uid"]]
        elif kind in STEP_ENDS and which in own:
            names = row["tenant"], row["workflow"], step_of(row["key"])
            return Attempt(*names, own.pop(which), row["at"], row["attempt"] or 1, outcome_of(row))
        return None


def attempts(rows: Iterable[Row]) -> list[Attempt]:
    """Return the attempts whose beginning and end are both among the rows, in the order in which they ended."""
    seen = Attempts()
    return [attempt for row in rows if (attempt := seen.take(row)) is not None]


def outcome_of(row: Row) -> str:
    """Return how the attempt ended that a row ends."""
    if row["kind"] == "step.completed":
        return "done"
    if row["interrupted"]:
        return "cut"
    return "final" if row["final"] else "failed"


def step_of(key: str) -> str:
    """Return the name of a step without its count: all steps of one name are measured together."""
    return key.partition(":")[2].rpartition("-")[0]


def latencies(ended: Iterable[Attempt]) -> list[Latency]:
    """Return the steps, the slowest first by their 95th percentile. What was cut off is counted and not measured."""
    found: dict[tuple[str, str, str], list[Attempt]] = defaultdict(list)
    for attempt in ended:
        found[attempt.tenant, attempt.workflow, attempt.step].append(attempt)
    steps = [_latency(name, own) for name, own in found.items()]
    return sorted(steps, key=lambda step: (-step.p95, step.tenant, step.workflow, step.step))


def _latency(name: tuple[str, str, str], own: Sequence[Attempt]) -> Latency:
    took = sorted(attempt.took for attempt in own if attempt.outcome != "cut")
    counted = {outcome: sum(attempt.outcome == outcome for attempt in own) for outcome in ("failed", "final", "cut")}
    p50, p95, p99, most = (percentile(took, share) for share in (50, 95, 99, 100))
    ends = counted["failed"], counted["final"], counted["cut"]
    return Latency(*name, len(own), p50, p95, p99, most, *ends)


def percentile(ascending: Sequence[int], share: int) -> int:
    """Return the smallest value that `share` percent of the values do not exceed (nearest rank); 0 of none."""
    return ascending[max(0, ceil(len(ascending) * share / 100) - 1)] if ascending else 0


def ahead(rows: Iterable[Row]) -> list[Ahead]:
    """Return due times by span, nearest first, each span without the ones before it."""
    found: dict[int | None, dict[str, int]] = {bound: {"sleep": 0, "wait": 0, "retry": 0} for bound in (*AHEAD, None)}
    for row in rows:
        found[row["within"]][row["kind"]] += row["timers"]
    return [Ahead(within, **counts) for within, counts in found.items()]


class Window:
    """What happened in the last hour, as it comes in; what is older is forgotten."""

    def __init__(self, length: int = HOUR) -> None:
        self.length = length
        self.pos = self.now = 0
        self.rows: list[Row] = []
        self.attempts: list[Attempt] = []
        self._seen = Attempts()
        self._gap = 0  # the time from which on nothing is left out

    def take(self, answer: Mapping[str, Any]) -> None:
        """Take what `platform.activity(after=window.pos)` answered."""
        self.now, self.pos = answer["now"], answer["pos"]
        if answer["gap"]:
            self.rows, self.attempts, self._seen = [], [], Attempts()
            self._gap = answer["rows"][0]["at"] if answer["rows"] else self.now
        self.rows += answer["rows"]
        self.attempts += [attempt for row in answer["rows"] if (attempt := self._seen.take(row)) is not None]
        first = self.now - self.length
        self.rows = self.rows[bisect_left(self.rows, first, key=lambda row: int(row["at"])) :]
        self.attempts = self.attempts[bisect_left(self.attempts, first, key=lambda attempt: attempt.ended) :]

    @property
    def since(self) -> int:
        """The time from which on it knows everything: the last hour's beginning, or later where there was too much."""
        return max(self.now - self.length, self._gap)
