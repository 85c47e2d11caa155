"""What the page says when a run cannot start, waits for Python, or belongs to other code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import NO_KERNEL, Open, codemirror, editor_text, write
from tests.playground.look import look

HEAD = "from workers import WorkflowEntrypoint\n\n\nclass Order(WorkflowEntrypoint):\n    async def run(self, event, step):\n"
RUN = "[data-act=run] >> visible=true"
READY = 120_000


def ready(page: Page) -> None:
    expect(page.locator("#kernel-state")).to_have_text("Ready", timeout=READY)


def test_the_header_tells_stage_and_bytes_and_run_queues_until_a_second_press(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    expect(page.locator("#kernel-state")).to_contain_text("Starting Python")
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text("Run queued. Python is starting")
    expect(page.locator(RUN).locator("span").last).to_have_text("Cancel run")
    page.locator(RUN).click()
    expect(page.locator("#status")).to_have_text("Recorded run. Press Run to make your own.")
    expect(page.locator(RUN)).to_contain_text("Run")


def test_run_keeps_its_width_when_its_label_changes(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    width = "document.querySelector('[data-act=run]').offsetWidth"
    before = page.evaluate(width)
    page.locator(RUN).click()
    assert page.evaluate(width) == before


def test_kill_is_visible_from_the_start_and_off_until_a_run_lives(open_page: Open) -> None:
    page = open_page()
    kill = page.locator("[data-act=kill] >> visible=true")
    expect(kill).to_be_visible()
    expect(kill).to_have_attribute("aria-disabled", "true")
    expect(kill).to_have_attribute("title", "Press Run first")


def test_a_bad_payload_is_told_with_line_and_column_before_anything_is_asked(open_page: Open) -> None:
    page = open_page()
    page.locator("#payload-text").fill('{"item": "lamp"\n "euros": 40}')
    page.locator(RUN).click()
    expect(page.locator("#problem")).to_have_text("Payload, line 2, column 2: expected a comma.")
    expect(page.locator("#payload-text")).to_be_focused()
    expect(page.locator("#payload-text")).to_have_attribute("aria-invalid", "true")
    page.keyboard.type(",")
    expect(page.locator("#problem")).to_be_hidden()


def test_code_that_cannot_start_is_told_with_its_line_and_makes_no_run(open_page: Open) -> None:
    page = open_page(kernel=True)
    ready(page)
    broken = HEAD + "        if True\n            pass\n"
    write(page, broken)
    page.locator(RUN).click()
    expect(page.locator("#problem")).to_contain_text("order.py, line 6: expected ':'")
    assert page.locator(".cm-line.mark-error").inner_text().strip() == "if True"
    look(page, "syntax", "code")
    assert editor_text(page) == broken
    page.locator(".cm-line").nth(5).click()
    page.keyboard.press("End")
    page.keyboard.type(":")
    expect(page.locator("#problem")).to_be_hidden()
    expect(page.locator(".cm-line.mark-error")).to_have_count(0)
    write(page, "x = 1\n")
    page.locator(RUN).click()
    expect(page.locator("#problem")).to_contain_text("order.py has no class based on WorkflowEntrypoint.")
    look(page, "no-entrypoint", "code")
    write(page, "")
    page.locator(RUN).click()
    expect(page.locator("#problem")).to_contain_text("order.py is empty.")
    expect(page.locator("#runs-button")).to_have_text("Runs 0")


def test_an_error_comes_first_with_the_tenants_frames_and_its_line_is_marked(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    ready(page)
    source = '        @step.do("charge card", config={"retries": {"limit": 0, "delay": 1}})\n        async def charge():\n            raise ValueError("declined \\u202e<b>")\n\n        await charge()\n'
    write(page, HEAD + source)
    page.locator(RUN).click()
    expect(page.locator("#failure")).to_contain_text("ValueError: declined \\u202e<b>", timeout=30_000)
    expect(page.locator("#failure pre").first).to_contain_text("line 8, in charge")
    expect(page.locator("#failure b")).to_have_count(0)
    assert page.locator(".cm-line.mark-error").inner_text().strip().startswith("raise ValueError")
    expect(page.locator("#status")).to_contain_text("Errored")
    expect(page.locator("#summary")).to_contain_text("Errored.")
    look(page, "errored")


def test_a_failed_attempt_stays_drawn_and_the_next_one_is_counted_down(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    ready(page)
    source = '        @step.do("charge card", config={"retries": {"limit": 5, "delay": "50 seconds", "backoff": "constant"}})\n        async def charge():\n            raise ValueError("declined")\n\n        await charge()\n'
    write(page, HEAD + source)
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text("Attempt 2 of 6 in", timeout=30_000)
    expect(page.locator(".tl-hatch")).to_have_count(1)
    expect(page.locator(".tl-text")).to_contain_text("in 4")
    assert page.locator(".cm-line.mark-current").inner_text().strip().startswith("@step.do")
    look(page, "retrying")


def test_a_run_of_earlier_code_says_so_and_shows_that_code(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    ready(page)
    mine = HEAD + '        return "<i>first</i>"\n'
    write(page, mine)
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text("order · 1", timeout=30_000)
    expect(page.locator("#summary")).to_contain_text("Complete.", timeout=30_000)
    assert page.locator("#status").inner_text().count("earlier") == 0
    write(page, "something = else_\n")
    expect(page.locator("#status")).to_contain_text("This run uses an earlier version.")
    page.get_by_role("button", name="Show that code").click()
    shown = page.locator(".thatcode")
    expect(shown).to_contain_text("order · 1 ran this code. It is read-only.")
    inserted = shown.locator(".cm-changedLine")
    expect(inserted.filter(has_text="<i>first</i>")).to_have_count(1)
    expect(shown.locator(".cm-deletedChunk")).to_contain_text("something = else_")
    look(page, "earlier", "code")
    page.get_by_role("button", name="Back to yours").click()
    expect(shown).to_have_count(0)
    assert editor_text(page) == "something = else_\n"


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "a\u202eb", "ż" * 90], ids=["markup", "bidi", "long"])
def test_names_of_steps_are_text_and_cannot_reorder_it(open_page: Open, name: str) -> None:
    page = open_page("?world-delay=0", kernel=True)
    ready(page)
    write(
        page,
        HEAD
        + f"        @step.do({json.dumps(name)})\n        async def one():\n            return 1\n\n        await one()\n",
    )
    page.locator(RUN).click()
    expect(page.locator("#status")).to_contain_text("order · 1", timeout=30_000)
    expect(page.locator("#summary")).to_contain_text("Complete.", timeout=30_000)
    label = page.locator(".tl-name")
    assert "\u202e" not in page.locator("#run-pane").inner_text()
    expect(label.locator("*")).to_have_count(0)
    assert label.locator("..").evaluate("e => e.scrollWidth <= e.clientWidth")
    full = label.get_attribute("title") or label.inner_text()
    assert full == name.replace("\u202e", "\\u202e")


def test_without_webassembly_the_page_says_so_and_the_recorded_run_stays(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    page.add_init_script("delete window.WebAssembly")
    page.reload(wait_until="commit")
    expect(page.locator(".notice")).to_contain_text(
        "Python could not start: WebAssembly is blocked here.", timeout=60_000
    )
    expect(page.locator(".tl-row")).to_have_count(6)


def test_when_python_cannot_be_fetched_the_page_says_so_and_the_editor_works(open_page: Open) -> None:
    page = open_page(failing=True)
    page.route("**/runtime/**", lambda route: route.abort())
    page.unroute(NO_KERNEL)
    page.evaluate("localStorage.setItem('dynamic-workflows.prefs', JSON.stringify({ran: true}))")
    page.reload(wait_until="commit")
    expect(page.locator(".notice")).to_contain_text("Python could not start: its files did not arrive.", timeout=READY)
    expect(page.locator("#runs-button")).to_have_text("Runs")  # something ran here: how many there are is not known
    expect(page.locator("#kernel-state")).to_have_text("Python could not start.")
    look(page, "python-not-there")
    write(page, "still = 1\n")
    expect(page.locator("#saved")).to_have_text("Saved")


def test_a_run_that_is_not_here_lives_elsewhere(open_page: Open) -> None:
    page = open_page("?tenant=acme&run=nowhere", kernel=True)
    expect(page.locator("#status")).to_have_text(
        "This run lives in another browser. Ask for a share link.", timeout=READY
    )
    look(page, "elsewhere")
    expect(page.locator(".tl-row")).to_have_count(0)


def test_sentences_have_no_exclamation_and_no_please() -> None:
    files = (Path(__file__).parents[2] / "playground/words").glob("*.js")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    assert text
    assert "please" not in text.lower()
    assert "oops" not in text.lower()
    assert "!'" not in text
