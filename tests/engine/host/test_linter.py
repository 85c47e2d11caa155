"""The desk's ``lint``: a sandbox reads the code, nothing is run or stored, and a run never waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.host.harness import House, Refused, flow

BAD = flow('step.sleep("nap", "5 Minutes")')


async def test_problems_come_as_records_and_nothing_is_stored(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        files = {"flow.py": BAD, "notes.txt": "("}
        problems = (await house.ask("lint", files=files))["problems"]
        assert [(one["file"], one["id"]) for one in problems] == [
            ("flow.py", "not-awaited"),
            ("flow.py", "unknown-duration"),
        ]
        assert problems[1]["fix"]["title"] == 'Write "5 minutes"'
        assert (await house.ask("lint", files={"flow.py": flow("pass")}))["problems"] == []
        assert await house.ask("runs") == []
        assert await house.ask("tenants") == []
        assert len(house.platform.engine.workers) == 1  # one sandbox for every code that is read


async def test_its_sandbox_makes_room_for_runs(tmp_path: Path) -> None:
    async with House(tmp_path / "a.sqlite", capacity=1) as house:
        await house.ask("lint", files={"flow.py": BAD})
        run = await house.ask("run", tenant="acme", files={"flow.py": flow("return 1")}, main="flow.py", payload={})
        await house.settle()
        assert (await house.status(run))["status"] == "complete"
        assert (await house.ask("lint", files={"flow.py": BAD}))["problems"]


@pytest.mark.parametrize("files", [None, ["flow.py"], {"flow.py": 1}, {"a.py": "#" * 500_001}])
async def test_what_is_no_code_is_refused(tmp_path: Path, files: object) -> None:
    async with House(tmp_path / "a.sqlite") as house:
        with pytest.raises(Refused, match="CodeError"):
            await house.ask("lint", files=files)
