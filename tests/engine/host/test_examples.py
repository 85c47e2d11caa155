"""Every example runs to its end on the engine, and survives a crash at each of its rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.host.harness import DAY, House

Make = Callable[..., House]
EXAMPLES = Path(__file__).parents[3] / "content" / "examples"
OUTPUTS: dict[str, Any] = {
    "order": {"id": "email-1"},
    "order-globex": {"id": "email-1"},
    "ci-pipeline": {"released": True, "reports": [{"id": "test-1"}, {"id": "test-3"}, {"id": "test-2"}]},
    "agent-plan": {"done": [{"id": "search_flights-1"}, {"id": "search_hotels-1"}, {"id": "book_trip-1"}]},
    "onboarding": {"account": "create_account-1", "onboarded": "gavin@hooli.example"},
    "onboarding-umbrella": {"account": "create_account-1", "onboarded": "alice@umbrella.example"},
}


def read(name: str) -> dict[str, Any]:
    """Return the request that runs an example."""
    stated = json.loads((EXAMPLES / name / "example.json").read_text(encoding="utf-8"))
    files = {stated["main"]: (EXAMPLES / name / stated["main"]).read_text(encoding="utf-8")}
    return {"tenant": stated["tenant"], "files": files, "main": stated["main"], "payload": stated["payload"]}


def test_every_line_fits_beside_its_run() -> None:
    for path in EXAMPLES.glob("*/*.py"):
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 74, path


def test_every_example_is_run_here() -> None:
    assert sorted(path.parent.name for path in EXAMPLES.glob("*/example.json")) == sorted(OUTPUTS)


async def drive(h: House, run: dict[str, Any], *, crashes: bool) -> dict[str, Any]:
    """Send events and let time pass until the run has ended; crash once at each kind of row when asked to."""
    seen: set[str] = set()
    for _ in range(200):
        status = await h.status(run)
        if status["ended"]:
            return status
        last = (await h.kinds(run))[-1].rstrip("0123456789")
        if crashes and last not in seen:
            seen.add(last)
            await h.crash()
            await h.settle()
            continue
        waiting = await h.engine.core.submit(lambda tx: tx.query("select type from wait"))
        if waiting:
            await h.ask("send_event", **run, type=waiting[0][0], payload={"by": "test"})
            await h.settle()
        elif status["next_due"] is not None and status["next_due"] - h.clock.now() > DAY:
            await h.ask("skip", **run)
            await h.settle()
        else:
            await h.advance(1_500)
    raise AssertionError(await h.kinds(run))


@pytest.mark.parametrize("crashes", [False, True], ids=["calm", "crashing"])
@pytest.mark.parametrize("name", OUTPUTS)
async def test_an_example_runs_to_its_end(house: Make, name: str, crashes: bool) -> None:
    async with house(world_delay=1_500) as h:
        summary = await h.ask("run", **read(name))
        run = {field: summary[field] for field in ("tenant", "workflow", "id")}
        await h.settle()
        status = await drive(h, run, crashes=crashes)
        assert status["status"] == "complete"
        assert json.loads(status["output"]) == OUTPUTS[name]
        rows = (await h.ask("history", **run))["rows"]
        completed = [row["key"] for row in rows if row["kind"] == "step.completed"]
        assert len(completed) == len(set(completed))
        assert all(done == 1 for _, done in [(row["asked"], row["done"]) for row in await h.ask("ledger")])
