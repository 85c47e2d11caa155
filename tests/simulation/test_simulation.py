"""The fixed slice of `make test`: many simulated runs, that a seed is one run, and that a failure is made small."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.invariants import Broken
from tests.simulation.plan import Plan, plan_from, plan_of
from tests.simulation.shrink import failure, report, shrink
from tests.simulation.simulator import Simulation

ROOT = Path(__file__).resolve().parents[2]
BLOCK, BLOCKS = 250, 8


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_invariant_holds_through_crashes_faults_and_commands(block: int) -> None:
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        plan = plan_from(seed)
        broken = failure(plan)
        if broken is not None:
            pytest.fail(report(plan, *shrink(plan, broken)))


@settings(max_examples=60)
@given(st.randoms(use_true_random=False), st.integers(0, 1_000_000))
def test_every_invariant_holds_for_what_hypothesis_thinks_of(dice: random.Random, seed: int) -> None:
    plan = plan_of(dice, seed)
    broken = failure(plan)
    assert broken is None, f"{broken}\n\nSee it: python -m tests.simulation --plan '{plan.text()}'"


def traced(seed: int, hash_seed: str) -> str:
    """Return what a process of its own prints for a seed."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'engine'}"}
    command = [sys.executable, "-m", "tests.simulation", "--seed", str(seed)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", [5, 11, 20])
def test_a_seed_is_one_run_to_the_last_message(seed: int) -> None:
    assert traced(seed, "1") == traced(seed, "2")


def test_a_plan_survives_being_written_down() -> None:
    plan = plan_from(42)
    assert Plan.of(plan.text()) == plan


def test_a_failing_plan_is_made_small_and_says_how_to_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(simulation: Simulation) -> None:
        if any(incident.kind == "pause" for incident in simulation.plan.incidents):
            raise Broken("nobody_pauses", "somebody did")

    monkeypatch.setattr(Simulation, "run", breaks)
    plan = next(plan for seed in range(100) if failure(plan := plan_from(seed)) and len(plan.cast) == 3)
    small, broken = shrink(plan, Broken("nobody_pauses", "somebody did"))
    assert [incident.kind for incident in small.incidents] == ["pause"]
    assert len(small.cast) == 1
    assert [len(cast.program["body"]) for cast in small.cast] == [1]
    said = report(plan, small, broken)
    assert f"python -m tests.simulation --seed {plan.seed}" in said
    assert "nobody_pauses: somebody did" in said
