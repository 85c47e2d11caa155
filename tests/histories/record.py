"""Records stories that have no file yet: ``python -m tests.histories.record``. A recorded file is never written again."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from dynamic_workflows.host.engine import Limits
from tests.engine.host.harness import House
from tests.histories.scenarios import SCENARIOS, Scenario
from tests.histories.stored import FOLDER, SUMS, act, checksum, dump, outcome


async def record(name: str, scenario: Scenario, folder: Path) -> dict[str, Any]:
    """Play one story and return what its file says."""
    given = scenario.source
    plan: dict[str, Any] = {"tenant": "acme", "main": "flow.py", "payload": {"n": 1}}
    if isinstance(given, str):
        plan["files"] = {"flow.py": given}
    elif "source" in given:
        plan |= {"files": {"flow.py": given["source"]}, "payload": given["payload"]}
    else:
        plan = given
    h = House(folder / f"{name}.sqlite", world_delay=scenario.world_delay, limits=Limits(slots=scenario.slots))
    await h.open()
    created = await h.ask("run", **plan, id=name)
    run = {field: created[field] for field in ("tenant", "workflow", "id")}
    await h.settle()
    await act(h, run, list(scenario.acts))
    recorded: dict[str, Any] = {
        "run": run, "world_delay": scenario.world_delay, "slots": scenario.slots, "now": h.clock.now(), "files": plan["files"],
        "stands": await outcome(h, run), "then": [list(each) for each in scenario.then],
    }  # fmt: skip
    recorded["tables"] = dump(h.store.connection)
    await h.crash()  # as it will be for whoever loads this
    await h.settle()
    await act(h, run, list(scenario.then))
    recorded["ends"] = await outcome(h, run)
    await h.close()
    return recorded


async def main() -> int:
    """Record what is missing."""
    with tempfile.TemporaryDirectory() as folder:
        for name, scenario in SCENARIOS.items():
            path = FOLDER / f"{name}.json"
            if path.exists():
                continue
            recorded = await record(name, scenario, Path(folder))
            path.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            with SUMS.open("a", encoding="utf-8") as sums:
                sums.write(f"{checksum(path)}  {path.name}\n")
            stands, ends = recorded["stands"], recorded["ends"]
            print(f"{name}: {stands['status']}, then {ends['status']}; {len(stands['kinds'])} rows")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
