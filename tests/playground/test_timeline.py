"""The timeline: alone on a foreign page, with ten thousand rows, under a run that lives, and with its inspector."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.docs.pages import DOCS, blocks
from tests.playground.conftest import Open, codemirror, write

STORIES = Path(__file__).parents[1] / "timeline" / "histories"
ALONE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Alone</title>
<link rel="stylesheet" href="timeline/workflow-timeline.css">
<body style="margin:0; font: 30px serif"><div id="home" style="height: 600px; overflow: auto"></div>
<script type="module">
import {WorkflowTimeline} from './timeline/workflow-timeline.js';
const timeline = new WorkflowTimeline();
window.heard = [];
for (const name of ['workflow-action', 'workflow-copy', 'workflow-open', 'workflow-say']) {
  timeline.addEventListener(name, (event) => { heard.push([name, event.detail]); if (name === 'workflow-copy') event.preventDefault(); });
}
home.append(timeline);
window.timeline = timeline;
</script>"""
SHOW = """story => {
  const {now, rows, run, ledger, logs} = story;
  const late = run.ended === null ? Date.now() - now : 0;
  const moved = rows.map(row => ({...row, at: row.at + late, data: row.data?.replace(/179\\d{10}/g, at => String(Number(at) + late)) ?? null}));
  timeline.data = {id: run.id + now, rows: moved, run, ledger, actions: new Set(['skip', 'send', 'retry', 'restart'])};
  timeline.logs = logs;
}"""
MANY = """n => {
  const rows = [{pos: 1, seq: 1, life: 1, at: 1e12, kind: 'started', key: null, attempt: null, data: null}];
  for (let i = 0; i < n; i++) {
    const part = {life: 1, key: `do:step ${i}-1`, attempt: 1};
    rows.push({...part, pos: 2 * i + 2, seq: 2 * i + 2, at: 1e12 + i * 10, kind: 'step.started', data: null});
    rows.push({...part, pos: 2 * i + 3, seq: 2 * i + 3, at: 1e12 + i * 10 + 8, kind: 'step.completed', data: '1'});
  }
  rows.push({pos: 2 * n + 2, seq: 2 * n + 2, life: 1, at: 1e12 + n * 10, kind: 'completed', key: null, attempt: null, data: 'null'});
  timeline.data = {id: 'many', rows};
}"""
ROWS = "document.querySelectorAll('.tl-row').length"


@pytest.fixture
def alone(open_page: Open) -> Page:
    """Return a foreign page that holds nothing but the component."""
    page = open_page()
    page.route("**/alone.html", lambda route: route.fulfill(body=ALONE, content_type="text/html"))
    page.goto(page.url.rsplit("/", 1)[0] + "/alone.html")
    page.wait_for_function("'timeline' in window")
    return page


def story(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((STORIES / f"{name}.json").read_text(encoding="utf-8"))
    return told


def show(page: Page, name: str) -> None:
    page.evaluate(SHOW, story(name))
    page.wait_for_function("timeline.querySelector('.tl-row')")


def heard(page: Page, name: str) -> list[Any]:
    found: list[Any] = page.evaluate("name => heard.filter(one => one[0] === name).map(one => one[1])", name)
    return found


def test_alone_it_draws_tells_filters_and_hands_events_out(alone: Page) -> None:
    page = alone
    show(page, "rollback")
    names = ["book flight", "book hotel", "charge", "book hotel", "book flight"]
    assert page.locator(".tl-name").all_inner_texts() == names
    expect(page.locator(".tl-row.has-rule")).to_have_count(1)
    expect(page.locator(".tl-undo")).to_have_count(2)
    table = page.get_by_role("table", name="Steps of the run")
    expect(table.get_by_role("row").nth(4)).to_contain_text("book hotel: rolled back.")

    show(page, "retries")
    page.get_by_role("button", name="View").click()
    page.get_by_role("menuitemradio", name="Failed only").click()
    expect(page.locator(".tl-count")).to_have_text("1 of 2 steps")
    assert page.locator(".tl-name").all_inner_texts() == ["charge"]
    assert heard(page, "workflow-say") == [{"text": "1 of 2 steps"}]
    page.get_by_label("Find a step").fill("mail")
    expect(page.locator(".tl-row")).to_have_count(0)
    page.get_by_role("button", name="Show all steps").click()
    expect(page.locator(".tl-row")).to_have_count(2)

    page.get_by_role("button", name="View").click()
    page.get_by_role("menuitemradio", name="Table").click()
    cells = page.locator(".tl-row").first.locator(".tl-cells > *")
    expect(cells.nth(1)).to_have_text("3")
    assert cells.all_inner_texts()[0] == "Complete"
    assert re.fullmatch(r"2026-\d\d-\d\dT.*[+-]\d\d:\d\d", str(cells.nth(2).get_attribute("title")))

    show(page, "order")
    page.evaluate("timeline.look = {as: 'bars', clock: 'wall'}")
    expect(page.locator(".tl-tick").last).not_to_contain_text("days")
    page.evaluate("timeline.look = {clock: 'run', toScale: true}")
    expect(page.locator(".tl-break")).to_have_count(0)

    for name, button, kind in (("retrying", "Retry now", "retry"), ("waiting", 'Send "approve"', "send")):
        show(page, name)
        page.get_by_role("button", name=button).click()
        assert heard(page, "workflow-action")[-1]["kind"] == kind


def test_a_double_click_or_a_held_key_on_a_button_of_a_row_does_it_once(alone: Page) -> None:
    show(alone, "waiting")
    button = alone.get_by_role("button", name='Send "approve"')
    button.dblclick()
    assert len(heard(alone, "workflow-action")) == 1
    button.focus()
    for key, times in (("Enter", 2), ("Space", 3)):
        alone.keyboard.down(key)
        alone.keyboard.down(key)  # as a key that is held repeats itself
        alone.keyboard.up(key)
        assert len(heard(alone, "workflow-action")) == times


def test_the_inspector_opens_by_hover_focus_click_and_enter_and_copies_each_part(alone: Page) -> None:
    page = alone
    show(page, "retries")
    row = page.locator(".tl-row").first
    row.hover(position={"x": 40, "y": 10})
    row.hover(position={"x": 60, "y": 12})
    peek = page.locator(".tl-inspector[data-peek]")
    expect(peek).to_contain_text("3 attempts")
    assert peek.evaluate("e => e.matches(':popover-open')")
    page.mouse.move(5, 590)
    expect(peek).to_have_count(0)
    page.get_by_role("button", name="View").focus()
    page.keyboard.press("Tab")
    expect(peek).to_contain_text("charge")
    page.keyboard.press("Enter")
    inspector = page.locator(".tl-inspector:not([data-peek])")
    expect(inspector.get_by_role("tab")).to_have_text(
        [re.compile(name) for name in ("Output", "Error", "Input", "Attempts", "Logs", "Outside world", "History")]
    )
    parts = {
        "Output": '{"id": "charge-1"}',
        "Error": "Traceback (most recent call last)",
        "Input": '"limit": 3',
        "Attempts": "attempt 1  Timed out  2026-",
        "Logs": "warning it may take long",
        "Outside world": '"receipt": {',
        "History": '"kind":"step.failed"',
    }
    for name, text in parts.items():
        inspector.get_by_role("tab", name=name).click()
        inspector.get_by_role("button", name="Copied").or_(inspector.get_by_role("button", name="Copy")).click()
        assert text in heard(page, "workflow-copy")[-1]["text"], name
    inspector.get_by_role("tab", name="Error").click()
    assert inspector.locator(".tl-panel pre").first.inner_text().splitlines()[1].startswith('  File "flow.py", line')
    time = inspector.locator(".tl-facts time").first
    assert re.fullmatch(r"2026-.*[+-]\d\d:\d\d", str(time.get_attribute("title")))
    inspector.get_by_role("button", name="Restart from here").click()
    assert heard(page, "workflow-action")[-1] == {
        "kind": "restart", "key": "do:charge-1", "from": {"name": "charge", "count": 1, "type": "do"},
    }  # fmt: skip
    row.focus()
    page.keyboard.press("ArrowDown")
    expect(inspector.locator("h2")).to_have_text("mail")
    page.keyboard.press("c")
    assert heard(page, "workflow-copy")[-1]["text"].startswith("mail: complete in")
    page.keyboard.press("Escape")
    expect(inspector).to_have_count(0)
    page.evaluate("timeline.inspect()")
    expect(inspector.locator("h2")).to_have_text("The run")
    expect(inspector).to_contain_text("Status complete")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("workflow-timeline[data-rail]")).to_have_count(1)
    page.locator(".tl-row").first.click()
    expect(page.locator(".tl-row + [role=row] .tl-inspector")).to_contain_text("charge")


def test_ten_thousand_rows_keep_a_hundred_in_the_document(alone: Page) -> None:
    page = alone
    page.evaluate(MANY, 10_000)
    page.wait_for_function(f"{ROWS} > 0")
    assert page.evaluate(ROWS) <= 120
    assert page.get_by_role("table").get_attribute("aria-rowcount") == "10001"
    most = 0
    for share in (0.25, 0.5, 0.99, 0.1):
        page.evaluate("share => { home.scrollTop = home.scrollHeight * share; }", share)
        wanted = round(10_000 * share)
        page.wait_for_function(
            "n => { const box = home.getBoundingClientRect(); const at = document.elementFromPoint(30, box.top + 300)?.closest('.tl-row');"
            " return at && Math.abs(Number(at.dataset.key.match(/step (\\d+)/)[1]) - n) < 60; }",
            arg=wanted,
        )
        most = max(most, page.evaluate(ROWS))
    assert most <= 120
    page.locator(".tl-row").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".tl-row:focus")).to_have_attribute("data-key", "do:step 9999-1")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".tl-row:focus")).to_have_attribute("data-key", "do:step 9998-1")
    page.keyboard.press("Home")
    expect(page.locator(".tl-row:focus")).to_have_attribute("data-key", "do:step 0-1")
    assert page.evaluate(ROWS) <= 120
    page.evaluate("timeline.filter.set({search: 'step 777'})")
    expect(page.locator(".tl-count")).to_have_text("11 of 10000 steps")


def test_every_step_is_printed_and_the_document_is_small_again_after_it(alone: Page) -> None:
    page = alone
    page.evaluate(MANY, 300)
    page.wait_for_function(f"{ROWS} > 0")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    lines = page.locator(".tl-print li")
    expect(lines).to_have_count(300)
    expect(lines.nth(299)).to_have_text("step 299: complete in 8 ms.")
    expect(lines.nth(299)).to_be_visible()
    expect(page.locator(".tl-row").first).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(lines).to_have_count(0)
    expect(page.locator(".tl-row").first).to_be_visible()


def test_a_live_run_makes_at_most_one_style_and_layout_pass_a_frame(alone: Page) -> None:
    page = alone
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def counts() -> tuple[int, int]:
        found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return int(found["RecalcStyleCount"]), int(found["LayoutCount"])

    page.evaluate(
        """() => {
          const rows = [{pos: 1, seq: 1, life: 1, at: Date.now(), kind: 'started', key: null, attempt: null, data: null}];
          let n = 0;
          window.frames = 0;
          window.renders = 0;
          const more = () => {
            for (let i = 0; i < 3; i++) {
              n += 1;
              rows.push({pos: n + 1, seq: n + 1, life: 1, at: Date.now(), kind: n % 2 ? 'step.started' : 'step.completed',
                key: `do:step ${Math.floor((n - 1) / 2)}-1`, attempt: 1, data: n % 2 ? null : '1'});
              timeline.data = {id: 'live', rows: [...rows]};
              window.renders += 1;
            }
          };
          const timer = setInterval(more, 4);
          const frame = () => { window.frames += 1; if (window.frames < 90) requestAnimationFrame(frame); else clearInterval(timer); };
          window.begin = () => requestAnimationFrame(frame);
        }"""
    )
    page.wait_for_function("timeline.querySelector('.tl-row')")
    styles, layouts = counts()
    page.evaluate("begin()")
    page.wait_for_function("window.frames >= 90", polling=500)
    more_styles, more_layouts = counts()
    frames, renders = page.evaluate("[window.frames, window.renders]")
    slack = 6  # the questions of this test, before and after
    assert renders > frames, "more came than one change a frame"
    assert more_layouts - layouts <= frames + slack, (more_layouts - layouts, frames)
    assert more_styles - styles <= frames + slack, (more_styles - styles, frames)


def test_the_page_in_the_docs_shows_a_run(open_page: Open) -> None:
    [text] = [block.text for block in blocks(DOCS / "concepts/timeline.md") if block.language == "html"]
    page = open_page()
    page.route("**/docs.html", lambda route: route.fulfill(body=f"<!doctype html>{text}", content_type="text/html"))
    page.route("**/history.json", lambda route: route.fulfill(json=story("order")))
    page.goto(page.url.rsplit("/", 1)[0] + "/docs.html")
    expect(page.locator(".tl-name")).to_have_text(
        ["reserve stock", "charge card", "approval", "ship parcel", "time to try it", "ask for review"]
    )
    expect(page.locator(".tl-cut-label")).to_contain_text("killed, back after")


TALKS = """import logging

from workers import WorkflowEntrypoint


class Talks(WorkflowEntrypoint):
    async def run(self, event, step):
        print("an order of", event["payload"]["n"])

        @step.do("price")
        async def price():
            logging.getLogger("shop").warning("no price for %s", "lamp")
            return 40

        await price()
        await step.wait_for_event("go on", "go")
        print("gone on")
"""


@pytest.mark.timeout(300)
def test_the_log_of_a_run_is_read_while_it_is_inspected(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    codemirror(page)
    write(page, TALKS)
    page.locator("#payload-text").fill('{"n": 3}')
    expect(page.locator("#kernel-state")).to_have_text("Ready", timeout=120_000)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name='Send "go"').wait_for(timeout=60_000)
    page.locator(".tl-row").first.click()
    inspector = page.locator(".tl-inspector:not([data-peek])")
    inspector.get_by_role("tab", name="Logs").click(timeout=60_000)
    expect(inspector.locator(".tl-logs li")).to_have_text([re.compile("warning.*no price for lamp")])
    page.get_by_role("button", name="View").click()
    page.get_by_role("menuitem", name="Inspect the run").click()
    expect(inspector.locator(".tl-logs li")).to_have_text([re.compile("an order of 3"), re.compile("no price")])
    page.get_by_role("button", name='Send "go"').click()
    expect(inspector.locator(".tl-logs li")).to_have_text(
        [re.compile("an order of 3"), re.compile("no price"), re.compile("gone on")], timeout=60_000
    )
