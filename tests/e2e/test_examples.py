"""Every example, opened from the gallery, does in the page what its story says. RECORD=1 writes its recorded run."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser import FLAGS, find_chromium
from tests.e2e.playground import Playground

pytestmark = pytest.mark.timeout(300)
EXAMPLES = Path(__file__).parents[2] / "content" / "examples"
RECORDING = bool(os.environ.get("RECORD"))
IN_THE_PAGE, QUICK = 1_500, 50  # ms that an answer of the world takes
OTHERS = [path.parent.name for path in sorted(EXAMPLES.glob("*/example.json")) if path.parent.name != "order"]
ONCE = "Every outside call was done once."
Story = Callable[[Playground], None]


@pytest.fixture(scope="module")
def page(playwright: Playwright, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Yield one open page for all stories: one example is opened after the other, as a reader would."""
    profile = tmp_path_factory.mktemp("profile")
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), args=FLAGS, viewport={"width": 1280, "height": 800}
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site)
    yield page
    context.close()
    assert errors == []


def test_every_other_example_has_a_story() -> None:
    assert set(OTHERS) == set(STORIES)


@pytest.mark.parametrize("name", OTHERS)
def test_an_example_does_what_its_story_says(page: Page, site: str, name: str) -> None:
    p = Playground.__new__(Playground)
    p.page, p.site = page, site
    open_from_gallery(p, name)
    p.ready()
    p.ask("settings", world_delay=IN_THE_PAGE if RECORDING or name in ("keys", "fan-out") else QUICK)
    STORIES[name](p)
    record(p, name)


def open_from_gallery(p: Playground, name: str) -> None:
    """Open an example as a reader does who looks through the gallery."""
    p.page.locator("#examples-button").click()
    p.page.get_by_role("menuitem", name="All examples").click()
    assert "view=examples" in p.page.url
    p.page.locator(f'#gallery a[href="?example={name}"]').click()
    expect(p.page.locator("#gallery")).to_have_count(0)
    expect(p.page.locator("#tenant")).to_have_text(described(name)["tenant"])
    p.page.wait_for_function(
        "file => document.querySelector('#file')?.textContent === file", arg=described(name)["main"]
    )
    assert f"example={name}" in p.page.url
    text = (EXAMPLES / name / described(name)["main"]).read_text(encoding="utf-8").rstrip("\n")
    p.page.wait_for_function("text => window.dynamicWorkflows.workspace.text === text", arg=text)


def described(name: str) -> dict[str, Any]:
    """Return an example's example.json."""
    stated: dict[str, Any] = json.loads((EXAMPLES / name / "example.json").read_text(encoding="utf-8"))
    return stated


def record(p: Playground, name: str) -> None:
    """Compare the shown run with the recorded one, or write it."""
    shown = p.page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    (run,) = [one for one in p.ask("runs", tenant=shown["tenant"]) if one["id"] == shown["run"]]
    history = p.ask("history", tenant=run["tenant"], workflow=run["workflow"], id=run["id"])
    target = EXAMPLES / name / "recorded.json"
    if RECORDING:
        target.write_text(json.dumps(history, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert shape(json.loads(target.read_text(encoding="utf-8"))) == shape(history)


def shape(history: dict[str, Any]) -> list[str]:
    """Return what is the same in every run of a story: what side by side is done comes in any order."""
    return sorted(
        " ".join(str(row[field]) for field in ("kind", "key", "attempt") if row[field]) for row in history["rows"]
    )


# -- stories ------------------------------------------------------------------------------------------------------


def pressing(*buttons: str) -> Story:
    """Return the story of a run that needs these buttons, in this order, to be complete."""

    def story(p: Playground) -> None:
        p.run()
        for words in buttons:
            p.button(words).click()
        p.expect_status("Complete")
        expect(p.page.locator("#summary")).to_contain_text(ONCE)
        assert all(done == 1 for _, done in p.ledger().values())

    return story


def pipeline(p: Playground) -> None:
    p.run()
    p.expect_status('Waiting for "release"')
    assert p.ledger()["test api"] == (3, 1)
    p.button('Send "release"').click()
    p.expect_status("Complete")
    assert p.output()["released"] is True


def retries(p: Playground) -> None:
    p.run()
    p.expect_status("Complete")
    assert p.ledger() == {"post_invoice R-1042": (3, 1)}
    assert p.output() == {"posted": "post_invoice-1", "by hand": "not a German tax number"}
    assert [kind for kind in p.kinds() if "check" in kind] == [
        "step.started do:check tax number-1 1", "step.failed do:check tax number-1 1",
    ]  # fmt: skip


def killed_in(p: Playground, row: str, calls: int) -> None:
    """Kill the engine while a call is in the air, and wait until it is back."""
    p.expect_row(row)
    p.page.wait_for_function("n => document.querySelectorAll('#ledger td.asked').length === n", arg=calls)
    p.page.evaluate("() => new Promise(done => setTimeout(done, 600))")  # done outside, and not stored here
    p.kill()
    p.expect_row(row[:-1] + "2")
    p.ready()


def fan_out(p: Playground) -> None:
    p.run()
    killed_in(p, "step.started do:sales of Quito-1 1", 6)
    p.expect_status("Complete")
    counts = p.ledger()
    assert [counts[f"sales {shop}"] for shop in described("fan-out")["payload"]["shops"]] == [(2, 1)] * 6
    expect(p.page.locator("#summary")).to_contain_text(ONCE)


def keys(p: Playground) -> None:
    p.run()
    killed_in(p, "step.started do:charge with a key-1 1", 1)
    killed_in(p, "step.started do:text without a key-1 1", 2)
    p.expect_status("Complete")
    assert list(p.ledger().values()) == [(2, 1), (2, 2)]
    expect(p.page.locator("#summary")).to_contain_text("`text` was done 2 times: it had no key.")


def saga(p: Playground) -> None:
    p.run()
    p.expect_status("Errored")
    assert p.ledger() == {
        "book_flight Lisbon": (1, 1), "book_hotel 2": (1, 1), "charge 540": (2, 0), "cancel_hotel book_hotel-1": (1, 1),
        "cancel_flight book_flight-1": (1, 1),
    }  # fmt: skip
    never = "`charge` was asked for 2 times and never done: it failed. Every other outside call was done once."
    expect(p.page.locator("#summary")).to_have_text(f"Errored. {never}")


def drip(p: Playground) -> None:
    p.run()
    for month in range(1, 12):
        row = p.page.locator(f'.tl-row[data-key="sleep:until next month-{month}"]')
        row.get_by_role("button", name="Skip 30 days").dblclick()  # as an impatient reader does: one month, not two
    p.expect_status("Complete")
    expect(p.page.locator("#summary")).to_contain_text(ONCE)
    assert list(p.ledger().values()) == [(1, 1)] * 12


def approval(p: Playground) -> None:
    p.run()
    p.expect_row("wait.started wait:answer of team lead-1")
    shown = p.page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    p.ask("skip", tenant=shown["tenant"], workflow="expense", id=shown["run"])
    p.expect_row("wait.started wait:answer of head of finance-1")
    p.button('Send "approve"').click()
    p.expect_status("Complete")
    assert p.output() == {"approved by": "head of finance", "paid": "pay-1"}


def cron(p: Playground) -> None:
    p.page.get_by_role("button", name="Start schedule").click()
    expect(p.page.locator("#schedule")).to_contain_text("Next run")
    next_one = p.page.locator("#schedule .when").get_attribute("title")
    p.page.locator("[data-act=skip-to-firing]").click()
    p.expect_status("Complete")
    firing = p.ask("schedules", tenant="dunder")[0]["next"] - 86_400_000
    assert p.output() == {"report of": p.page.evaluate("at => new Date(at).toISOString().slice(0, 10)", firing)}
    expect(p.page.locator("#schedule .when")).not_to_have_attribute("title", str(next_one))
    expect(p.page.locator("#summary")).to_contain_text(ONCE)
    p.page.locator("[data-act=unschedule]").click()
    expect(p.page.get_by_role("button", name="Start schedule")).to_be_visible()


def restart(p: Playground) -> None:
    p.run()
    p.expect_status("Errored")
    text = str(p.page.evaluate("window.dynamicWorkflows.workspace.text"))
    again = p.page.locator("#failure").get_by_role("button", name="Restart from here: print menu")
    dialog = p.page.get_by_role("dialog", name="Restart from here: print menu")
    p.write(text.replace('meals["title"]', "meals["))
    expect(p.page.locator("#status")).to_contain_text("This run uses an earlier version.")
    again.click()
    dialog.get_by_role("button", name="Restart", exact=True).click()
    expect(p.page.locator("#problem")).to_contain_text("menu.py, line 21: closing parenthesis")
    p.expect_status("Errored")  # as it was: code that does not compile restarts nothing

    p.write(text.replace('meals["title"]', 'meals["id"]'))
    again.click()
    expect(dialog.get_by_role("radio", name="The code in the editor")).to_be_checked()
    dialog.get_by_role("button", name="Restart", exact=True).click()
    p.expect_status("Complete")
    assert p.ledger() == {
        "read_recipes 48": (1, 1),
        "plan_meals read_recipes-1": (1, 1),
        "print_menu plan_meals-1": (1, 1),
    }
    expect(p.page.locator("#status")).not_to_contain_text("earlier version")
    expect(p.page.locator("workflow-timeline")).to_contain_text("restarted from print menu with other code")
    p.page.locator("#tenant-button").click()
    p.page.get_by_role("menuitem", name="Versions…").click()
    expect(p.page.locator(".version-list [role=option]")).to_have_count(2)  # before and after
    p.page.keyboard.press("Escape")


STORIES: dict[str, Story] = {
    "order-globex": pressing("Skip 3 days"),
    "ci-pipeline": pipeline,
    "agent-plan": pressing('Send "approve"'),
    "onboarding": pressing("Skip 3 days"),
    "onboarding-umbrella": pressing('Send "signed"', "Skip 3 days"),
    "drip": drip,
    "retries": retries,
    "fan-out": fan_out,
    "keys": keys,
    "saga": saga,
    "approval": approval,
    "cron": cron,
    "restart": restart,
}
