"""A run as the page shows it: live rows, kill line, buttons at the live end, list, addresses, title."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror
from tests.playground.look import SETTLED

RUN = "[data-act=run] >> visible=true"
KILL = "[data-act=kill] >> visible=true"
READY = 120_000
STEP = 60_000
pytestmark = pytest.mark.timeout(300)


def started(page: Page) -> None:
    expect(page.locator("#kernel-state")).to_have_text("Ready", timeout=READY)
    page.locator(RUN).click()
    page.wait_for_url(re.compile("run="))


def state(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("#status .state")).to_have_text(words, timeout=STEP)


def test_run_kill_approve_skip_and_what_the_page_says_of_it(open_page: Open) -> None:
    page = open_page("?world-delay=800", kernel=True)
    codemirror(page)
    page.evaluate(
        "() => { window.said = []; new MutationObserver(() => said.push([performance.now(), document.querySelector('#live').textContent]))"
        ".observe(document.querySelector('#live'), {childList: true, characterData: true, subtree: true}); }"
    )
    page.keyboard.press("Control+Enter")
    page.wait_for_selector('.tl-row[data-key="do:charge card-1"]:not(:has(+ .tl-row))', timeout=READY)
    expect(page.locator("#band")).to_be_hidden()
    page.wait_for_function("document.querySelectorAll('#ledger td.asked').length === 2")
    page.keyboard.press("Control+.")
    state(page, "Engine killed.")
    expect(page.locator("#kernel-state")).to_have_text("Restarting engine")
    expect(page.locator(".tl-cut-label")).to_contain_text("back after", timeout=STEP)
    expect(page.locator(".tl-kept")).to_have_count(1)
    state(page, 'Waiting for "approve"')
    assert page.locator("#ledger tr.more").inner_text().split() == ["charge", "40", "2×", "1×"]
    assert page.locator(".cm-line.mark-current").inner_text().strip().startswith("await step.wait_for_event")
    page.get_by_role("button", name='Send "approve"').click()
    state(page, re.compile("Sleeping until"))
    assert re.match("☾ order · 1, sleeping · Dynamic Workflows", page.title())
    page.get_by_role("button", name="Skip 30 days").click()
    said = "Complete. Killed once. 0 finished steps ran again. 1 step was cut off and tried again. Every outside call was done once."
    expect(page.locator("#summary")).to_have_text(said, timeout=STEP)
    assert page.title() == "✓ order · 1, complete · Dynamic Workflows"
    expect(page.locator("#next")).to_contain_text("Now run the same order as globex: same workflow name, other code.")
    told = page.evaluate("said")
    assert all(later[0] - sooner[0] >= 2_900 for sooner, later in pairwise(told)), told
    page.get_by_role("button", name="Open globex").click()
    expect(page.locator("#tenant")).to_have_text("globex")
    started(page)
    page.get_by_role("button", name="Skip 3 days").click(timeout=STEP)
    expect(page.locator("#summary")).to_contain_text("Complete.", timeout=STEP)
    expect(page.locator(".tl-row[data-bracket=first]")).to_have_count(1)

    # The list, the addresses, Back and Forward, and a reload.
    page.locator("#runs-button").click()
    items = page.get_by_role("menuitem")
    assert items.first.inner_text().startswith("order · 1")
    assert "globex · Complete" in items.first.inner_text()
    items.nth(1).click()
    expect(page.locator("#summary")).to_have_text(said)
    expect(page.locator("#tenant")).to_have_text("acme")
    page.go_back()
    expect(page.locator("#tenant")).to_have_text("globex")
    expect(page.locator(".tl-row")).to_have_count(4)
    page.go_forward()
    expect(page.locator("#summary")).to_have_text(said)
    page.reload()
    expect(page.locator("#summary")).to_have_text(said, timeout=READY)
    expect(page.locator(".tl-cut-label")).to_have_count(1)


def test_an_event_is_sent_with_the_payload_that_was_typed(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    started(page)
    state(page, 'Waiting for "approve"')
    page.get_by_role("button", name="Edit payload…").click()
    page.locator("#event-payload").fill('{"by": "Ada",}')
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#event-problem")).to_have_text(
        "Payload, line 1, column 13: a comma is not allowed before the end."
    )
    page.locator("#event-payload").fill('{"by": "Ada"}')
    page.get_by_role("button", name="Send", exact=True).click()
    state(page, re.compile("Sleeping until"))
    rows = page.evaluate("document.querySelector('#timeline').data.rows.filter(row => row.kind === 'event.received')")
    assert '"by' in rows[0]["data"]


def test_while_a_run_waits_no_row_changes_and_no_layout_is_made(open_page: Open) -> None:
    page = open_page("?world-delay=0", kernel=True)
    started(page)
    state(page, 'Waiting for "approve"')
    expect(page.get_by_role("button", name='Send "approve"')).to_be_visible()  # drawn a frame after the words
    page.evaluate(SETTLED)
    page.evaluate(
        "() => { window.changes = 0; new MutationObserver(all => { changes += all.length; })"
        ".observe(document.querySelector('#timeline'), {childList: true, subtree: true, attributes: true, characterData: true}); }"
    )
    ticks = page.evaluate("performance.now()") + 2_500  # two ticks of the page's own clock
    page.wait_for_function("then => performance.now() > then", arg=ticks)
    assert page.evaluate("changes") == 0


def test_a_running_bar_grows_by_transform(open_page: Open) -> None:
    page = open_page("?world-delay=2500", kernel=True)
    started(page)
    page.wait_for_selector(".tl-live", timeout=STEP)
    width = "document.querySelector('.tl-live').getBoundingClientRect().width"
    page.wait_for_function(f"{width} > 12")
    assert page.evaluate("document.querySelector('.tl-live').getAttribute('width')") == "1"
    assert "scaleX" in page.evaluate("document.querySelector('.tl-live').style.transform")


def test_killing_the_sandbox_cuts_the_attempt_and_it_is_tried_again(open_page: Open) -> None:
    page = open_page("?world-delay=2500", kernel=True)
    started(page)
    page.wait_for_selector(".tl-live", timeout=STEP)
    page.locator("[data-act=kill-more] >> visible=true").click()
    page.get_by_role("menuitem", name="Kill the sandbox").click()
    expect(page.locator(".tl-row").first.locator(".tl-text")).to_have_text("attempt 2", timeout=STEP)
    state(page, re.compile("Running|Waiting"))


def test_the_timeline_is_a_table_that_arrows_move_in(open_page: Open) -> None:
    page = open_page()
    page.wait_for_selector(".tl-row")
    table = page.get_by_role("table", name="Steps of the run")
    assert table.get_by_role("row").count() == 1 + 6 + 1
    expect(table.get_by_role("row").nth(2)).to_contain_text("charge card: complete in 1.5 s. 1 attempt was cut off.")
    page.locator(".tl-row").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tl-row").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".tl-inspector")).to_contain_text('{"id": "charge-1"}')
    page.get_by_role("tab", name="Attempts").click()
    expect(page.locator(".tl-inspector li")).to_have_text([re.compile("Cut off"), re.compile("Complete")])
    page.locator(".tl-row").nth(1).focus()
    page.keyboard.press("End")
    expect(page.locator(".tl-row").last).to_be_focused()
    expect(page.locator(".tl-row[tabindex='0']")).to_have_count(1)


def test_c_copies_the_row_and_copy_the_output(open_page: Open) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.wait_for_selector(".tl-row")
    page.locator(".tl-row").first.focus()
    page.keyboard.press("c")
    page.wait_for_function(
        "async () => (await navigator.clipboard.readText()).startsWith('reserve stock: complete in')"
    )
    page.locator("#output").get_by_role("button", name="Copy").click()
    expect(page.locator("#output button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == '{"id": "email-1"}'
    expect(page.locator("#output button")).to_have_text("Copy", timeout=4_000)


def test_question_mark_lists_the_keys_but_not_while_typing(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    page.locator(".cm-line").nth(1).click()
    page.keyboard.type("?")
    assert page.get_by_role("dialog").count() == 0
    page.locator(".tl-row").first.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".tl-row").first).to_be_focused()


def test_tab_goes_from_header_to_editor_payload_run_timeline(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    page.wait_for_selector(".tl-row")
    order = []
    for _ in range(20):
        page.keyboard.press("Tab")
        script = "() => { const e = document.activeElement; return e.id || e.dataset.act || e.dataset.key || e.classList[0] || e.textContent.trim(); }"
        order.append(page.evaluate(script))
        if order[-1] == "about-button":
            break
        if order[-1] == "cm-content":
            page.keyboard.press("Escape")
    wanted = [
        "Skip to the code",
        "examples-button",
        "runs-button",
        "more-button",
        "tenant-button",
        "cm-content",
        "payload-text",
    ]
    wanted += ["payload-button", "divider", "run", "kill", "kill-more", "do:reserve stock-1", "button", "about-button"]
    assert [name for name in order if name in wanted] == wanted, order


def test_print_is_the_story_without_controls(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    codemirror(page)
    page.wait_for_selector(".tl-row")
    page.emulate_media(media="print")
    assert page.locator("button").evaluate_all("all => all.filter(e => e.checkVisibility()).length") == 0
    expect(page.locator(".tl-row").first).to_contain_text("reserve stock: complete in")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_reduced_motion_steps_once_a_second(open_page: Open) -> None:
    page = open_page("?world-delay=2500", kernel=True, reduced_motion="reduce")
    started(page)
    page.wait_for_selector(".tl-live", timeout=STEP)
    page.evaluate(
        "() => { window.steps = new Set(); const look = () => { const bar = document.querySelector('.tl-live');"
        " if (bar) steps.add(bar.style.transform); requestAnimationFrame(look); }; look(); }"
    )
    page.wait_for_selector('.tl-row[data-key="do:charge card-1"]', timeout=STEP)
    assert page.evaluate("steps.size") <= 6
