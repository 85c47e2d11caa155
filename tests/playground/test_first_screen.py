"""What stands on the first screen before any Python has arrived."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror

CONTROLS = "button, a[href], input, textarea, select, summary, [tabindex='0']"
CODE_AND_TIMELINE = ".editor, textarea, .code, #ledger tbody th, #status, workflow-timeline, #summary"
READ = f"""() => {{
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = [];
  for (let node; (node = texts.nextNode());) {{
    const home = node.parentElement;
    const box = home.getBoundingClientRect();
    const shown = home.checkVisibility({{visibilityProperty: true, opacityProperty: true}}) && box.width > 1 && box.height > 1 && box.bottom > 0;
    if (shown && !home.closest('{CODE_AND_TIMELINE}')) seen.push(node.data.trim());
  }}
  return seen;
}}"""
SCROLLS = (
    "() => [...document.querySelectorAll('*')].filter(e => e.checkVisibility() && !e.closest('textarea')"
    " && (e.scrollHeight > e.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(e).overflowY)"
    "  || e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(e).overflowX)))"
    ".map(e => e.id || e.className || e.tagName)"
)
SMALL = (
    "() => [...document.querySelectorAll('button, [role=tab], .tl-row')].filter(e => e.checkVisibility())"
    ".map(e => [e.getBoundingClientRect(), e.textContent.trim()]).filter(([box]) => box.height < 43.5 || box.width < 43.5)"
    ".map(([box, text]) => `${text} ${box.width}x${box.height}`)"
)


@pytest.fixture
def page(open_page: Open) -> Page:
    page = open_page()
    codemirror(page)
    page.wait_for_selector(".tl-row")
    return page


def test_the_recorded_run_is_drawn_before_any_runtime(page: Page) -> None:
    expect(page.locator("#status")).to_have_text("Recorded run. Press Run to make your own.")
    names = ["reserve stock", "charge card", "approval", "ship parcel", "time to try it", "ask for review"]
    assert page.locator(".tl-name").all_inner_texts() == names
    expect(page.locator(".tl-cut-label")).to_contain_text("killed, back after")
    said = "Complete. Killed once. 0 finished steps ran again. 1 step was cut off and tried again. Every outside call was done once."
    expect(page.locator("#summary")).to_have_text(said)
    expect(page.locator("#ledger tbody tr")).to_have_count(4)
    assert page.locator("#ledger tr.more .asked").all_inner_texts() == ["2×"]
    expect(page.locator("#output pre")).to_have_text('{"id": "email-1"}')


def test_at_most_14_controls_outside_the_editor(page: Page) -> None:
    """Counted is what the Tab key comes to and what can be pressed, wherever it is; skip links show when they have the focus."""
    visible = page.locator(CONTROLS).evaluate_all(
        "all => all.filter(e => !e.closest('.editor, .skip-links')"
        " && e.checkVisibility({visibilityProperty: true, opacityProperty: e.tabIndex < 0}))"
        ".map(e => e.id || e.dataset.act || e.className || e.textContent.trim())"
    )
    assert len(visible) <= 14, visible


def test_at_most_80_words_outside_code_and_timeline(page: Page) -> None:
    """Counted is what can be read. Code is the editor and every value in its type face; the timeline is the box of the
    design: the run's state, its rows and what they came to."""
    words = re.findall(r"[\w'’×.-]*\w[\w'’×.-]*", " ".join(page.evaluate(READ)))
    assert len(words) <= 80, (len(words), words)


def test_nothing_scrolls_and_the_thirty_lines_fit(page: Page) -> None:
    assert page.evaluate(SCROLLS) == []
    assert page.evaluate("document.documentElement.scrollHeight") <= 800
    last = page.locator(".cm-line").nth(29).bounding_box()
    payload = page.locator("#payload").bounding_box()
    assert last
    assert payload
    assert last["y"] + last["height"] <= payload["y"]
    expect(page.locator(".cm-line")).to_have_count(30)


def test_the_heights_are_those_of_the_design(page: Page) -> None:
    measure = "names => names.map(name => document.querySelector(name).getBoundingClientRect().height)"
    names = [".header", "#band", ".filebar", ".footer"]
    heights = dict(zip(names, page.evaluate(measure, names), strict=True))
    assert heights == {".header": 48, "#band": 46, ".filebar": 32, ".footer": 28}


def test_a_phone_opens_on_the_run_with_large_targets(open_page: Open) -> None:
    page = open_page(size=(390, 844), has_touch=True, is_mobile=True)
    page.wait_for_selector(".tl-row")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    expect(page.locator(".tl-row svg.tl-svg")).to_have_count(0)
    assert [text for text in page.locator(".tl-meta").all_inner_texts() if "got it" in text]
    assert page.evaluate(SMALL) == []
    expect(page.locator("#code-pane")).to_be_hidden()
    page.locator("#tab-code").tap()
    expect(page.locator("#editor")).to_be_visible()
    expect(page.locator("#run-pane")).to_be_hidden()
    page.locator("#tab-payload").tap()
    expect(page.locator("#payload-text")).to_be_visible()
    size = page.locator("#payload-text").evaluate("e => getComputedStyle(e).fontSize")
    assert size == "16px"


@pytest.mark.parametrize("width", [320, 719, 720, 1024, 1920])
def test_no_width_cuts_the_page_off(open_page: Open, width: int) -> None:
    page = open_page(size=(width, 800))
    page.wait_for_selector(".tl-row")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = page.evaluate(
        "() => [...document.querySelectorAll('button, .tl-name, .tl-svg text, p')].filter(e => e.checkVisibility() && !e.closest('.skip-links, .visually-hidden'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.textContent)"
    )
    assert outside == []


def test_the_first_screen_needs_at_most_60_kilobytes_of_script() -> None:
    folder = Path(__file__).parents[2] / "dist"
    name = re.search(r'src="(page/main[^"]+)"', (folder / "index.html").read_text(encoding="utf-8"))
    assert name
    first = [folder / name[1]]
    for path in first:  # with what it imports at once
        first += [
            folder / "page" / chunk
            for chunk in re.findall(r'(?:from|import)"\./([^"]+)"', path.read_text(encoding="utf-8"))
        ]
    size = sum(len(gzip.compress(path.read_bytes())) for path in set(first))
    assert size <= 60_000


def test_themes_follow_the_system_and_the_wish(open_page: Open) -> None:
    page = open_page(color_scheme="dark")
    ground = "getComputedStyle(document.body.parentElement).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 22, 26)"
    codemirror(page)
    page.locator("#more-button").click()
    page.get_by_role("menuitemradio", name="Light").click()
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    page.reload(wait_until="commit")
    page.wait_for_selector("#source, .cm-content", state="attached")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
