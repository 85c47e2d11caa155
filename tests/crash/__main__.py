"""Storms in a real browser until one breaks an invariant: ``python -m tests.crash --kills 200`` (or ``--seed N``)."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

from tests.crash.storm import Storm
from tests.crash.tab import Tab, served
from tests.simulation.invariants import Broken

STORM = 25  # kills of one storm: then a new profile, and a new seed


def main() -> int:
    """Kill as often as the arguments say; return 1 when an invariant does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--seed", type=int, help="one storm of this seed; the time of day when left out")
    parser.add_argument("--durability", choices=("strict", "relaxed"), help="of all storms; in turns when left out")
    parser.add_argument("--kills", type=int, default=STORM, help="how many kills, over as many storms as it takes")
    arguments = parser.parse_args()
    with sync_playwright() as playwright, served() as site:
        if arguments.seed is not None:
            return one(playwright, site, arguments.seed, arguments.kills, arguments.durability or "strict")
        first, left = int(time.time()), arguments.kills
        for seed in range(first, first + arguments.kills):
            if left <= 0:
                break
            durability = arguments.durability or ("strict", "relaxed")[seed % 2]
            if one(playwright, site, seed, min(STORM, left), durability):
                return 1
            left -= STORM
    return 0


def one(playwright: Playwright, site: str, seed: int, kills: int, durability: str) -> int:
    """Run one storm and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Tab(playwright, site, Path(folder) / "profile", "&delay=20") as tab:
                storm = Storm(tab, Path(folder), seed, kills, durability=durability)
                storm.run()
        except Broken as broken:
            print(broken, flush=True)
            return 1
    print(storm.report(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
