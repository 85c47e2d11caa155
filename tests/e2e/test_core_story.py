"""The story a stranger lives through: run, kill, reload in mid-sleep, event, skip, finish. It writes the recorded run."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.playground import Playground

pytestmark = pytest.mark.timeout(600)
Launch = Callable[[], BrowserContext]
RECORDED = Path(__file__).parents[2] / "content" / "examples" / "order" / "recorded.json"
RECORDING = bool(os.environ.get("RECORD"))
DONE_ONCE = "Every outside call was done once."


def shape(record: dict[str, Any]) -> list[str]:
    """Return what must be the same in every recording: kinds, keys and attempts."""
    return [" ".join(str(row[field]) for field in ("kind", "key", "attempt") if row[field]) for row in record["rows"]]


def test_run_kill_event_skip_finish_and_the_recording(page: Page, site: str) -> None:
    p = Playground(page, site)
    if not RECORDING:
        expect(page.locator("#status")).to_contain_text("Recorded run. Press Run to make your own.")
    p.ready()
    id = p.run()
    p.expect_row("step.started do:charge card-1 1")
    page.wait_for_function("document.querySelectorAll('#ledger td.asked').length === 2")
    linger(page, 650)  # into the charge: done outside, not stored here yet
    p.kill()
    p.expect_status("Engine killed.")
    p.expect_row("step.started do:charge card-1 2")
    p.expect_row("wait.started wait:approval-1")
    linger(page, 1_200)  # a person reads before approving; the recording shows it
    p.button('Send "approve"').click()
    p.expect_row("sleep.started sleep:time to try it-1")
    page.reload()
    p.ready()
    p.expect_status("Sleeping until")
    p.button("Skip 30 days").click()
    p.expect_status("Complete")
    assert p.ledger() == {
        "reserve lamp": (1, 1), "charge 40": (2, 1), "ship lamp": (1, 1), "email ada@example.com": (1, 1),
    }  # fmt: skip
    summary = page.locator("#summary")
    expect(summary).to_contain_text("Complete. Killed once.")  # the reload was no kill
    expect(summary).to_contain_text("0 finished steps ran again.")
    expect(summary).to_contain_text(DONE_ONCE)
    assert p.output() == {"id": "email-1"}
    kinds = p.kinds()
    assert kinds.count("step.started do:reserve stock-1 1") == 1
    assert [kind for kind in kinds if "charge" in kind] == [
        "step.started do:charge card-1 1", "step.failed do:charge card-1 1", "step.started do:charge card-1 2",
        "step.completed do:charge card-1 2",
    ]  # fmt: skip
    record(p, id)


def linger(page: Page, milliseconds: int) -> None:
    """Let the page's own clock move on: where in a step a kill falls is what these tests vary."""
    page.evaluate("ms => new Promise(done => setTimeout(done, ms))", milliseconds)


def record(p: Playground, id: str) -> None:
    """Compare this run with the recorded one, or write it: RECORD=1."""
    run = p.ask("history", tenant="acme", workflow="order", id=id)
    reloads = [n for n, row in enumerate(run["rows"]) if row["kind"] == "engine_started"][1:]
    run["rows"] = [row for n, row in enumerate(run["rows"]) if n not in reloads]  # the reload is no part of the story
    if RECORDING:
        RECORDED.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert shape(json.loads(RECORDED.read_text(encoding="utf-8"))) == shape(run)


def test_twenty_kills_at_twenty_moments_charge_every_card_once(page: Page, site: str) -> None:
    p = Playground(page, site)
    p.ready()
    for n in range(20):
        id = p.run()
        p.expect_row("step.started do:charge card-1 1")
        linger(page, n * 70)
        p.kill()
        p.expect_row("wait.started wait:approval-1")
        p.ready()
        ledger = p.ask("history", tenant="acme", workflow="order", id=id)["ledger"]
        assert {row["method"]: row["done"] for row in ledger} == {"reserve": 1, "charge": 1}
        p.button('Send "approve"').click()
        p.button("Skip 30 days").click()
        p.expect_status("Complete")
        assert all(done == 1 for _, done in p.ledger().values()), (n, p.ledger())
        assert [kind for kind in p.kinds() if "reserve" in kind] == [
            "step.started do:reserve stock-1 1", "step.completed do:reserve stock-1 1",
        ]  # fmt: skip
    page.reload()
    p.ready()
    expect(page.locator("workflow-timeline")).to_contain_text(re.compile("killed, back"))


def test_a_browser_that_is_killed_goes_on_where_it_was(launch: Launch, site: str, tmp_path: Path) -> None:
    context = launch()
    p = Playground(context.new_page(), site, "?example=agent-plan")
    p.ready()
    p.run()
    p.expect_status('Waiting for "approve"')
    kill_browser(tmp_path / "profile")
    context = launch()
    p = Playground(context.new_page(), site)
    p.ready()
    p.page.locator("#runs-button").click()
    p.page.get_by_role("menuitem", name=re.compile("agent · 1")).first.click()
    p.expect_status('Waiting for "approve"')
    p.button('Send "approve"').click()
    p.expect_status("Complete")
    started = [kind for kind in p.kinds() if kind.startswith("step.started")]
    assert started == [
        "step.started do:make a plan-1 1", "step.started do:search_flights-1 1", "step.started do:search_hotels-1 1",
        "step.started do:book_trip-1 1",
    ]  # fmt: skip
    assert all(counts == (1, 1) for counts in p.ledger().values())


def kill_browser(profile: Path) -> None:
    """SIGKILL the browser of a profile, all its processes at once."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ProcessLookupError):
            if f"--user-data-dir={profile}".encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
