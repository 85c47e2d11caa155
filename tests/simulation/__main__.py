"""Runs one seed and prints its trace: ``python -m tests.simulation --seed N`` (or ``--plan JSON``)."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from dynamic_workflows.shared.protocol import decode_frame
from tests.simulation.invariants import Broken
from tests.simulation.plan import Plan, plan_from
from tests.simulation.shrink import failure, report, shrink
from tests.simulation.simulator import Simulation


def main() -> int:
    """Run what the arguments say; return 1 when an invariant does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="run one seed and print its trace")
    parser.add_argument("--plan", help="run a plan: JSON, or a file that holds it")
    parser.add_argument("--from", dest="first", type=int, help="the first of many seeds; the time of day when left out")
    parser.add_argument("--runs", type=int, default=0, help="how many seeds")
    parser.add_argument("--plainly", action="store_true", help="do not make a failing plan small")
    parser.add_argument("--keep-going", action="store_true", help="count failures by invariant instead of stopping")
    parser.add_argument("--seconds", type=float, default=0, help="for how long")
    arguments = parser.parse_args()
    if arguments.plan is not None:
        given = Path(arguments.plan)
        return show(Plan.of(arguments.plan if arguments.plan.startswith("{") else given.read_text(encoding="utf-8")))
    if arguments.seed is not None:
        return show(plan_from(arguments.seed))
    first = arguments.first if arguments.first is not None else int(time.time()) * 1_000
    if arguments.keep_going:
        return survey(first, arguments.runs)
    return soak(first, arguments.runs, arguments.seconds, plainly=arguments.plainly)


def line(entry: str) -> str:
    """Return one entry of a trace as it is printed: of a frame, what each message is about."""
    head, _, text = entry.partition(": {")
    if not text:
        return entry
    frame = decode_frame("{" + text)
    about = ("key", "attempt", "order", "retry", "re", "mode")
    said = [" ".join(str(message[name]) for name in ("k", *about) if name in message) for message in frame.messages]
    return f"{head}: {'; '.join(said)}{' …' if frame.more else ''}"


def show(plan: Plan) -> int:
    """Run one plan and print what happened."""
    print(plan.text())
    simulation = Simulation(plan)
    try:
        simulation.run()
    except Broken as broken:
        print("\n".join(map(line, simulation.trace)))
        print(broken)
        return 1
    print("\n".join(map(line, simulation.trace)))
    for facts in simulation.facts.values():
        print(f"{facts.workflow}/{facts.tenant}/{facts.id}: {facts.final}, {len(facts.rows)} rows")
    return 0


def survey(first: int, runs: int) -> int:
    """Run seeds and print what broke in each."""
    found = 0
    for seed in range(first, first + runs):
        broken = failure(plan_from(seed))
        if broken is not None:
            found += 1
            print(f"{seed}: {str(broken)[:300]}")
    print(f"{found} of {runs} runs failed")
    return min(found, 1)


def soak(first: int, runs: int, seconds: float, *, plainly: bool = False) -> int:
    """Run seeds from ``first`` on until the first that fails, as many or as long as asked."""
    began, done, executions = time.monotonic(), 0, 0
    while (done < runs) if runs else (time.monotonic() - began < (seconds or 60)):
        plan = plan_from(first + done)
        simulation = Simulation(plan)
        try:
            simulation.run()
        except Broken as broken:
            print(report(plan, *((plan, broken) if plainly else shrink(plan, broken))))
            return 1
        done += 1
        executions += len(simulation.executions.all)
    took = time.monotonic() - began
    print(
        f"{done} runs, seeds {first} to {first + done - 1}: {executions} callbacks, {took:.1f} s, {took / max(1, done) * 1000:.1f} ms a run"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
