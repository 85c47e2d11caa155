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
SHOPS = ["Berlin", "Kyiv", "Lagos", "Lima", "Osaka", "Quito"]
LINES = 60  # of Python, at most
WORDS = 80  # of a story, at most
ENDS_OTHERWISE = {"saga", "restart"}
OUTPUTS: dict[str, Any] = {
    "order": {"id": "email-1"},
    "order-globex": {"id": "email-1"},
    "ci-pipeline": {"released": True, "reports": [{"id": "test-1"}, {"id": "test-3"}, {"id": "test-2"}]},
    "agent-plan": {"done": [{"id": "search_flights-1"}, {"id": "search_hotels-1"}, {"id": "book_trip-1"}]},
    "retries": {"posted": "post_invoice-1", "by hand": "not a German tax number"},
    "fan-out": [{"shop": shop, "report": f"sales-{n}"} for n, shop in enumerate(SHOPS, 1)],
    "approval": {"approved by": "team lead", "paid": "pay-1"},
    "drip": {"sent": 12},
    "cron": {"report of": "2026-09-22"},
    "keys": [{"id": "charge-1"}, {"id": "text-1"}],
    "onboarding": {"account": "create_account-1", "onboarded": "gavin@hooli.example"},
    "onboarding-umbrella": {"account": "create_account-1", "onboarded": "alice@umbrella.example"},
}
TWICE = [{"id": "charge-1"}, {"id": "text-2"}]


def read(name: str) -> dict[str, Any]:
    """Return the request that runs an example."""
    stated = json.loads((EXAMPLES / name / "example.json").read_text(encoding="utf-8"))
    files = {stated["main"]: (EXAMPLES / name / stated["main"]).read_text(encoding="utf-8")}
    return {"tenant": stated["tenant"], "files": files, "main": stated["main"], "payload": stated["payload"]}


def test_every_line_fits_beside_its_run() -> None:
    for path in EXAMPLES.glob("*/*.py"):
        assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 74, path


def test_every_example_is_run_here() -> None:
    names = sorted(path.parent.name for path in EXAMPLES.glob("*/example.json"))
    assert names == sorted([*OUTPUTS, *ENDS_OTHERWISE])


def test_the_gallery_has_twelve_short_stories_of_short_code() -> None:
    stated = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXAMPLES.glob("*/example.json"))]
    assert len([one for one in stated if "of" not in one]) == 12
    assert {one["of"] for one in stated if "of" in one} <= {path.name for path in EXAMPLES.iterdir()}
    assert max(len(one["story"].split()) for one in stated) <= WORDS
    assert max(path.read_text(encoding="utf-8").count("\n") for path in EXAMPLES.glob("*/*.py")) <= LINES
    assert all(one["features"] for one in stated)


async def begin(h: House, name: str) -> dict[str, Any]:
    """Start an example as its reader does: by hand, or by the clock."""
    request = read(name)
    schedule = json.loads((EXAMPLES / name / "example.json").read_text(encoding="utf-8")).get("schedule")
    if schedule is None:
        summary: dict[str, Any] = await h.ask("run", **request)
        return summary
    planned = await h.ask("schedule", **request, schedules=schedule)
    fired: dict[str, Any] = await h.ask("skip_to_firing", tenant=planned["tenant"], workflow=planned["workflow"])
    return fired


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
        summary = await begin(h, name)
        run = where(summary)
        await h.settle()
        status = await drive(h, run, crashes=crashes)
        assert status["status"] == "complete"
        repeated = crashes and name == "keys"  # what has no key is done again
        assert json.loads(status["output"]) == (TWICE if repeated else OUTPUTS[name])
        rows = (await h.ask("history", **run))["rows"]
        completed = [row["key"] for row in rows if row["kind"] == "step.completed"]
        assert len(completed) == len(set(completed))
        assert all(row["done"] == 1 for row in await h.ask("ledger") if row["key"] or not crashes)


@pytest.mark.parametrize("crashes", [False, True], ids=["calm", "crashing"])
async def test_the_saga_undoes_what_it_did_the_latest_first(house: Make, crashes: bool) -> None:
    async with house(world_delay=1_500) as h:
        run = where(await begin(h, "saga"))
        await h.settle()
        status = await drive(h, run, crashes=crashes)
        assert status["status"] == "errored"
        assert status["rollback"] == {"outcome": "complete", "error": None}
        calls = [(row["method"], row["done"]) for row in await h.ask("ledger")]
        assert calls == [
            ("book_flight", 1),
            ("book_hotel", 1),
            ("charge", 0),
            ("cancel_hotel", 1),
            ("cancel_flight", 1),
        ]


async def test_the_claim_goes_to_the_next_person_after_two_days_and_to_nobody_after_four(house: Make) -> None:
    async with house() as h:
        run = where(await begin(h, "approval"))
        for _ in range(2):
            await h.settle()
            await h.ask("skip", **run)
        await h.settle()
        assert json.loads((await h.status(run))["output"]) == {"approved by": None, "paid": None}
        assert await h.ledger() == {"email": (2, 2)}


async def test_a_mended_typo_goes_on_from_its_step(house: Make) -> None:
    async with house(world_delay=1_500) as h:
        run = where(await begin(h, "restart"))
        await h.settle()
        assert (await drive(h, run, crashes=False))["status"] == "errored"
        files = {"menu.py": read("restart")["files"]["menu.py"].replace('"title"', '"id"')}
        start: dict[str, Any] = {"from": {"name": "print menu"}}
        await h.ask("restart", **run, files=files, main="menu.py", **start)
        await h.settle()
        status = await drive(h, run, crashes=False)
        assert json.loads(status["output"]) == {"id": "print_menu-1"}
        assert await h.ledger() == {"read_recipes": (1, 1), "plan_meals": (1, 1), "print_menu": (1, 1)}


def where(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what names a run."""
    return {field: summary[field] for field in ("tenant", "workflow", "id")}
