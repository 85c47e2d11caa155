"""The histories that the timeline is drawn from are what the engine writes today."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.timeline.record import FOLDER, STORIES, record, written


def test_every_story_is_recorded() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(STORIES)


@pytest.mark.parametrize("name", ["order", "retries", "rollback", "paused", "restarted", "errored"])
async def test_a_story_is_as_recorded(name: str, tmp_path: Path) -> None:
    answer = await record(name, tmp_path)
    stored = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    for part in ("rows", "ledger", "logs"):
        assert answer[part] == stored[part], f"python -m tests.timeline.record {name}"
    assert written(stored) == (FOLDER / f"{name}.json").read_text(encoding="utf-8")
