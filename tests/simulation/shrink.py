"""Makes a failing plan small: drops instances, incidents and parts of programs while the same invariant breaks."""

from __future__ import annotations

from dataclasses import replace

from tests.simulation.invariants import Broken
from tests.simulation.plan import Plan, simpler
from tests.simulation.simulator import Simulation

TRIES = 600
SEEDS = 3  # interleavings that are tried for a smaller plan


def failure(plan: Plan) -> Broken | None:
    """Return what breaks in a plan."""
    try:
        Simulation(plan).run()
    except Broken as broken:
        return broken
    return None


def shrink(plan: Plan, broken: Broken) -> tuple[Plan, Broken]:
    """Return the smallest plan found that breaks the same invariant."""
    left = TRIES
    progress = True
    while progress and left > 0:
        progress = False
        for smaller in simpler(plan):
            found = None
            for n in range(SEEDS):
                left -= 1
                candidate = replace(smaller, seed=plan.seed + n)
                found = failure(candidate)
                if found is not None and found.invariant == broken.invariant:
                    break
            if found is not None and found.invariant == broken.invariant:
                plan, broken, progress = candidate, found, True
                break
            if left <= 0:
                break
    return plan, broken


def report(failed: Plan, plan: Plan, broken: Broken) -> str:
    """Return what a developer needs: what broke, how to see it, and the small plan."""
    return (
        f"{broken}\n\nSee it: python -m tests.simulation --seed {failed.seed}\n"
        f"Made small: python -m tests.simulation --plan '{plan.text()}'"
    )
