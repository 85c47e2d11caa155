"""The gallery: every example in a table, filtered by what it uses; opening one is an address and overwrites nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.playground.conftest import Open, codemirror, editor_text, write

EXAMPLES = Path(__file__).parents[2] / "content" / "examples"
SMALL = (
    "() => [...document.querySelectorAll('#gallery button, #gallery a')].map(e => [e.getBoundingClientRect(), e.textContent])"
    ".filter(([box]) => box.height < 43.5).map(([box, text]) => `${text} ${box.height}`)"
)
OUTSIDE = "() => document.scrollingElement.scrollWidth > innerWidth"


def stated(name: str) -> dict[str, object]:
    """Return an example's example.json."""
    found: dict[str, object] = json.loads((EXAMPLES / name / "example.json").read_text(encoding="utf-8"))
    return found


def rows(page: Page) -> list[str]:
    """Return the titles in the table."""
    return page.locator("#gallery tbody th > a").all_inner_texts()


def test_the_table_shows_every_example_with_its_picture_and_filters_by_what_they_use(open_page: Open) -> None:
    page = open_page("?view=examples")
    page.wait_for_selector("#gallery tbody tr")
    assert len(rows(page)) == 12
    assert rows(page)[0] == "Order"
    pictures = page.locator("#gallery .picture use")
    assert pictures.count() == 12
    page.wait_for_function(
        "() => [...document.querySelectorAll('#gallery use')].every(use => use.getBBox().width > 100)"
    )
    expect(page.locator("#gallery tbody tr").first).to_contain_text("30 lines")
    expect(page.locator("#gallery tbody tr").first).to_contain_text("runs for 30 days")
    page.get_by_role("button", name="rollback").click()
    assert rows(page) == ["Saga with rollback"]
    page.get_by_role("button", name="parallel").click()
    assert rows(page) == ["Order", "Fan-out and gather", "CI pipeline"]  # the order at globex is of the first
    page.get_by_role("button", name="All", exact=True).click()
    assert len(rows(page)) == 12
    page.get_by_role("button", name="Back to the code").click()
    expect(page.locator("#gallery")).to_have_count(0)
    expect(page.locator(".cm-content")).to_be_visible()
    page.go_back()
    expect(page.locator("#gallery")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#gallery")).to_have_count(0)


def test_opening_one_is_an_address_and_never_overwrites_the_readers_text(open_page: Open) -> None:
    page = open_page("?example=retries")
    codemirror(page)
    page.wait_for_function("() => document.querySelector('.cm-content').textContent.includes('PATIENT')")
    expect(page.locator("#status")).to_have_text("Recorded run. Press Run to make your own.")
    story = page.locator("#story p")
    expect(story).to_have_text(str(stated("retries")["story"]))
    page.locator("#story summary").click()
    expect(story).to_be_hidden()
    write(page, "mine = 1\n")
    expect(page.locator("#saved")).to_have_text("Saved")
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="All examples").click()
    page.locator("#gallery").get_by_role("link", name="Saga with rollback").click()
    expect(page).to_have_url(re.compile(r"\?example=saga$"))
    page.wait_for_function("() => document.querySelector('.cm-content').textContent.includes('Trip')")
    expect(page.locator("#status")).to_have_text("Recorded run. Press Run to make your own.")
    expect(page.locator("#story summary")).to_have_text("Saga with rollback")
    expect(story).to_be_hidden()  # folded once, folded until it is opened
    page.locator("#story summary").press("Enter")
    expect(story).to_be_visible()
    page.go_back()  # to the gallery
    expect(page.locator("#story")).to_be_hidden()
    page.locator("#gallery").get_by_role("link", name="Retry and back-off").click()
    page.wait_for_function("() => document.querySelector('.cm-content').textContent === 'mine = 1'")
    assert editor_text(page) == "mine = 1\n"
    page.reload(wait_until="commit")
    codemirror(page)
    assert editor_text(page) == "mine = 1\n"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_phone_everything_can_be_pressed_and_nothing_leaves_the_screen(open_page: Open, theme: str) -> None:
    page = open_page("?view=examples", size=(390, 844), color_scheme=theme, has_touch=True)
    page.wait_for_selector("#gallery tbody tr")
    assert page.evaluate(SMALL) == []
    assert page.evaluate(OUTSIDE) is False


def test_an_example_that_cannot_be_reached_says_so_and_leaves_the_text_alone(open_page: Open) -> None:
    page = open_page(failing=True)
    write(page, "mine = 2\n")
    page.route("**/examples/*", lambda route: route.abort())
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="Cron").click()
    expect(page.locator("[data-notice=offline]")).to_contain_text("Not available offline yet.")
    assert editor_text(page) == "mine = 2\n"
    page.locator("#examples-button").click()
    page.get_by_role("menuitem", name="All examples").click()
    expect(page.locator("#gallery")).to_have_count(0)
    expect(page.locator("[data-notice=offline]")).to_contain_text("Not available offline yet.")
