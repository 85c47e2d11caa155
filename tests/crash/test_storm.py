"""The fixed slice of `make test`: storms of kills, after each of which every invariant holds from the outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.crash.storm import KINDS, Storm
from tests.crash.tab import Tab


@pytest.mark.parametrize(("seed", "kills", "durability"), [(1, 12, "strict"), (2, 12, "relaxed")])
def test_nothing_is_lost_and_nothing_is_done_twice(
    playwright: Playwright,
    site: str,
    tmp_path: Path,
    seed: int,
    kills: int,
    durability: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Tab(playwright, site, tmp_path / "profile", "&delay=20") as tab:
        storm = Storm(tab, tmp_path, seed, kills, durability=durability)
        storm.run()
    assert set(storm.killed) == set(KINDS)
    assert sum(storm.killed.values()) == kills
    with capsys.disabled():
        print(f"\n{storm.report()}")
