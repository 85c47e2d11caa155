"""The text area that CodeMirror takes over."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.playground.conftest import Open, codemirror, editor_text

KEYS = "abcdefghijklmnopqrstuvwxyz0123456789_xyz"


def held_back(open_page: Open, **options: Any) -> tuple[Page, list[Route]]:
    """Open the page with CodeMirror's chunk held back, and return what holds it."""
    held: list[Route] = []
    page = open_page(**options)
    codemirror(page)
    page.route("**/page/codemirror*", lambda route: held.append(route))
    page.reload(wait_until="commit")
    page.wait_for_selector("#source")
    return page, held


def release(page: Page, held: list[Route]) -> None:
    """Let the chunk through as soon as the page asks for it."""
    deadline = time.monotonic() + 30
    while not held and time.monotonic() < deadline:
        page.evaluate("new Promise(requestAnimationFrame)")
    held[0].continue_()


@pytest.mark.parametrize("before", [0, 10, 25])
def test_forty_keys_from_the_first_paint_on_are_all_there_with_the_caret(open_page: Open, before: int) -> None:
    page, held = held_back(open_page, kernel=True)
    page.locator("#source").click(position={"x": 300, "y": 33})  # behind the end of the empty line 2
    page.keyboard.type(KEYS[:before], delay=30)
    release(page, held)
    page.keyboard.type(KEYS[before:], delay=30)
    codemirror(page)
    assert editor_text(page).split("\n")[1] == KEYS
    if before == 10:
        page.wait_for_selector("#kernel-state[data-stage=ready]", timeout=90_000)
        assert editor_text(page).split("\n")[1] == KEYS
    page.keyboard.type("!")
    assert editor_text(page).split("\n")[1] == f"{KEYS}!"


def test_the_takeover_keeps_selection_scroll_and_focus(open_page: Open) -> None:
    page, held = held_back(open_page, size=(1280, 400))
    page.wait_for_function("() => document.querySelector('#tenant').textContent === 'acme'")
    page.evaluate(
        "() => { const area = document.querySelector('#source'); area.focus();"
        " area.setSelectionRange(120, 150, 'backward'); area.scrollTop = 200; }"
    )
    release(page, held)
    codemirror(page)
    state: Any = page.evaluate(
        "() => ({focus: document.activeElement.className, selected: getSelection().toString(),"
        " scroll: document.querySelector('.cm-scroller').scrollTop})"
    )
    assert "cm-content" in state["focus"]
    assert len(state["selected"].replace("\n", "")) in range(25, 31)
    assert abs(state["scroll"] - 200) <= 8
    page.keyboard.press("Shift+ArrowLeft")  # the head is at the beginning of the selection
    longer = page.evaluate("getSelection().toString()")
    assert len(longer) > len(state["selected"])


def test_escape_then_tab_leaves_the_editor_and_tab_alone_indents(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    page.locator(".cm-line").first.click()
    page.keyboard.press("Tab")
    assert editor_text(page).startswith("    from workers")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.locator("#payload-text")).to_be_focused()


def test_without_its_chunk_the_text_area_stays_and_keeps_working(open_page: Open) -> None:
    page = open_page()
    codemirror(page)
    page.route("**/page/codemirror*", lambda route: route.abort())
    page.reload(wait_until="commit")
    page.locator("#source").fill("x = 1\ny = 2")
    expect(page.locator("#saved")).to_have_text("Saved")
    expect(page.locator("#numbers")).to_have_text("1\n2", use_inner_text=True)
