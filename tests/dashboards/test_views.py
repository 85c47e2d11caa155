"""The views over a real store: what their models hold, and what the messages of a page do."""

from __future__ import annotations

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.served import environment, python


@pytest.fixture
def seen(store: Path, source: Path) -> dict[str, Any]:
    """Return what `models.py` saw."""
    script = Path(__file__).parent / "models.py"
    done = subprocess.run(
        [python(), script, store, source], env=environment(), capture_output=True, text=True, timeout=280, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def words(html: str) -> str:
    """Return what is read, with spaces between elements."""
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


@pytest.mark.timeout(300)
def test_the_views_show_the_store_act_on_it_and_say_what_went_wrong(seen: dict[str, Any]) -> None:
    head, tiles, throughput, ahead, tenants, latency, retries, storage, runs = map(words, seen["fleet"])
    assert head.startswith("Fleet ")
    assert tiles == "3 All 3 Waiting"
    assert "3 runs were created, 0 ended, 3 steps finished." in throughput
    assert "In 7 days 0 3 0" in ahead
    assert tenants.endswith("Waiting acme 3 3")
    assert "0 runs wait for a next attempt." in retries
    assert re.search(r"reserve stock acme 3( [\d.]+ m?s){4} 0", latency)
    assert re.search(r"Stored acme [\d.]+ kB 0 B [\d.]+ kB", storage)
    assert re.search(r"order · 3 acme Waiting .* order · 2 acme .* order · 1 acme", runs)
    run = seen["run"]
    assert [row["kind"] for row in run["timeline"]["rows"]] == [
        "queued", "started", "step.started", "step.completed", "wait.started",
    ]  # fmt: skip
    assert run["timeline"]["actions"] == ["skip", "send"]
    assert words(run["head"]).startswith("All runs order · 2 Waiting acme order-1 ")
    output, logs, events = map(words, run["rest"])
    assert output == ""
    assert logs == "Logs Nothing was printed or logged."
    assert "step.completed reserve stock 1" in events
    assert "no good type!" in words(seen["refused"])
    assert words(seen["output"]) == 'Output {"item":"lamp","by":"Grace"}'
    assert "The engine does not answer: This platform is closed" in words(seen["lost"])
