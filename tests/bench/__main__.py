"""`make bench`: durable steps per second here and in a peer, and how long the page keeps one waiting, in one run.

The design asks for 15,000 steps/s of 200 instances x 10 steps on CPython, 10,000 in the browser, and there for one
step at a time in 2.0 ms (the median). Peers: DBOS on SQLite; Cloudflare's local engine.
"""

from __future__ import annotations

import asyncio
import platform
import sqlite3
import statistics
import sys
from collections.abc import Callable

from tests.bench import browser_steps, cold, engine_steps, first_use, load, peers, problems, sandboxes, tabs
from tests.bench.peers import Shape

SHAPES: list[Shape] = [(1, 200), (50, 10), (200, 10)]
ROUNDS = 5
Measure = Callable[[int, int], tuple[float, list[float]]]


def compare(title: str, measure: Measure, peer: Callable[[list[Shape]], dict[Shape, float]], name: str) -> None:
    """Measure every shape in rounds, the peer between them, and print a table of medians."""
    found: dict[Shape, list[tuple[float, list[float]]]] = {shape: [] for shape in SHAPES}
    theirs: dict[Shape, float] = {}
    for number in range(ROUNDS):
        for shape in SHAPES:
            found[shape].append(measure(*shape))
        if number == ROUNDS // 2:
            theirs = peer(SHAPES)
    print(f"\n{title}, {ROUNDS} rounds, medians")
    print(f"{'instances x steps':20}{'steps/s':>10}{'p50 ms':>10}{'p95 ms':>10}{name:>24}{'ratio':>8}")
    for shape, rounds in found.items():
        rate = statistics.median(rate for rate, _ in rounds)
        times = statistics.quantiles([each for _, took in rounds for each in took], n=20)
        cells = f"{rate:10,.0f}{times[9]:10.2f}{times[18]:10.2f}{theirs[shape]:16,.0f} steps/s"
        print(f"{shape[0]:10} x {shape[1]:<7}{cells}{rate / theirs[shape]:7.1f}x", flush=True)


def engine() -> None:
    """The engine on CPython against DBOS."""
    title = f"Engine on Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, synchronous=FULL"
    compare(title, lambda *shape: asyncio.run(engine_steps.measure(*shape)), peers.dbos, "DBOS on SQLite")


def browser() -> None:
    """The built site in Chromium against Cloudflare's local engine."""
    with browser_steps.ready_page() as page:
        browser_steps.measure(page, 1, 20)
        compare(
            "Page in Chromium, IndexedDB, durability strict",
            lambda *shape: browser_steps.measure(page, *shape),
            peers.miniflare,
            "Miniflare",
        )


BENCHES = {
    "page": first_use.first_use,
    "engine": engine, "browser": browser, "sleepers": load.sleepers, "events": load.events, "replay": load.replay,
    "tenants": load.tenants, "growth": load.growth, "handover": tabs.handover,
    "sandboxes": sandboxes.sandboxes, "problems": problems.problems, "dashboard": cold.dashboard,
    "notebook": cold.notebook,
}  # fmt: skip


def main(wanted: list[str]) -> int:
    """Run the wanted benchmarks, or all."""
    unknown = set(wanted) - set(BENCHES)
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHES)}.", file=sys.stderr)
        return 2
    for name, bench in BENCHES.items():
        if not wanted or name in wanted:
            bench()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
