"""What a simulated run is told to do: programs, commands and faults at moments, and the seed of its interleaving."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from tests.simulation.program import EVENTS, Program, program_of, smaller

TENANTS = ("acme", "globex")
WORKFLOWS = ("north", "south")
COMMANDS = {
    "send_event": 8,
    "event at a deadline": 4, "pause": 3, "resume": 3, "skip": 2, "retry now": 2, "terminate": 1, "undo": 1,
    "restart": 1, "restart from": 2,
    "delete": 1, "create": 1, "status": 2, "trespass": 1,
    "subscribe": 1,
}  # fmt: skip
FAULTS = {
    "kill engine": 4, "lose before": 3, "lose after": 3, "close engine": 1, "kill guest": 5, "refuse sandbox": 1,
    "time jumps": 1,
}  # fmt: skip
MOMENTS = 250


@dataclass(frozen=True, slots=True)
class Cast:
    """One instance of a plan; two may have one id in different tenants."""

    workflow: str
    tenant: str
    id: str
    program: Program


@dataclass(frozen=True, slots=True)
class Incident:
    """A command or a fault; ``moment`` counts what happened before it, ``choice`` picks among what is there then."""

    moment: int
    kind: str
    target: int
    choice: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One simulated run; the same plan is the same run, to the last message."""

    seed: int
    effects: str
    capacity: int
    slots: int
    dispatched: bool  # whether each tenant's code is a worker of its own, behind a dispatcher
    kept: int | None  # milliseconds that an instance is kept after its end
    haste: float  # how often time passes although something else could happen
    cast: tuple[Cast, ...]
    incidents: tuple[Incident, ...]

    def text(self) -> str:
        """Return the plan as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Plan:
        """Return the plan of a JSON text."""
        fields: dict[str, Any] = json.loads(text)
        cast = tuple(Cast(**each) for each in fields.pop("cast"))
        incidents = tuple(Incident(**each) for each in fields.pop("incidents"))
        return cls(**fields, cast=cast, incidents=incidents)


def plan_of(dice: random.Random, seed: int) -> Plan:
    """Return the plan that a ``Random`` makes; ``seed`` is that of its interleaving."""
    count = dice.choice((1, 1, 2, 3))
    cast = tuple(
        Cast(dice.choice(WORKFLOWS), dice.choice(TENANTS), dice.choice(("a", "b")), program_of(dice))
        for _ in range(count)
    )
    kinds = [kind for kind, weight in COMMANDS.items() for _ in range(weight)]
    faults = [kind for kind, weight in FAULTS.items() for _ in range(weight)]
    picked = [dice.choice(kinds) for _ in range(dice.randint(0, 5 * count))]
    picked += [dice.choice(faults) for _ in range(dice.choice((0, 1, 2, 4, 12)))]
    span = dice.choice((40, 100, MOMENTS))
    incidents = [Incident(dice.randrange(span), kind, dice.randrange(count), dice.randrange(1_000)) for kind in picked]
    incidents.sort(key=lambda incident: incident.moment)
    effects = dice.choice(("mediated", "direct"))
    haste = dice.choice((0.0, 0.02, 0.2))
    capacity, slots, dispatched = dice.choice((1, 2, 4)), dice.choice((1, 2, 8)), dice.random() < 0.3
    kept = dice.choice((0, 1_000, 100_000)) if dice.random() < 0.1 else None
    return Plan(seed, effects, capacity, slots, dispatched, kept, haste, cast, tuple(incidents))


def plan_from(seed: int) -> Plan:
    """Return the plan of a seed."""
    return plan_of(random.Random(seed), seed)


def event_of(incident: Incident) -> str:
    """Return the type of the event that a command sends."""
    return EVENTS[incident.choice % len(EVENTS)]


def simpler(plan: Plan) -> Iterator[Plan]:
    """Yield plans with one thing less, largest cuts first."""
    for n in range(len(plan.cast)):
        if len(plan.cast) > 1:
            kept = [each for each in plan.incidents if each.target != n]
            moved = tuple(replace(each, target=each.target - (each.target > n)) for each in kept)
            yield replace(plan, cast=plan.cast[:n] + plan.cast[n + 1 :], incidents=moved)
    for n in range(len(plan.incidents)):
        yield replace(plan, incidents=plan.incidents[:n] + plan.incidents[n + 1 :])
    for n, each in enumerate(plan.cast):
        for program in smaller(each.program):
            yield replace(plan, cast=(*plan.cast[:n], replace(each, program=program), *plan.cast[n + 1 :]))
