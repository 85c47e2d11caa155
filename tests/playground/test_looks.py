"""States, light and dark, wide and on a phone: nothing for axe-core to find, and they look as the kept pictures."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.playground.conftest import Open
from tests.playground.look import SETTLED, looked_at
from tests.playground.pictures import pixels_outside, skip_with_other_fonts
from tests.playground.states import GROUPS, Prepare, State, living

pytestmark = pytest.mark.timeout(600)
Group = Callable[[Open, Prepare], Iterator[State]]
SAME_TENANT = """{
  const {getRandomValues} = Crypto.prototype;
  Crypto.prototype.getRandomValues = function (array) {
    return array.length === 4 ? array.fill(7) : getRandomValues.call(this, array);
  };
}"""
DAY = 1_800_000_000_000  # 2027-01-15, 08:00 UTC


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_states_look_as_they_did_and_anybody_can_use_them(open_page: Open, group: Group) -> None:
    found: list[str] = []
    for name, page in group(open_page, run_on if group is living else stand_still):
        found += looked_at(page, name, live=group is living)
    assert found == [], "\n".join(found)
    skip_with_other_fonts(page)


def stand_still(page: Page) -> None:
    """Give a page a time of day, and a tenant for what a link brings, that are the same in every picture."""
    page.add_init_script(f"Date.now = () => {DAY}; {SAME_TENANT}")


def run_on(page: Page) -> None:
    """Leave a page its clock: a live run needs it."""


def test_a_button_that_moves_by_four_pixels_is_seen(open_page: Open) -> None:
    page = open_page()
    page.wait_for_selector(".tl-row")
    page.wait_for_selector(".cm-line .tok-keyword")  # the code has its colours
    page.evaluate("document.fonts.ready.then(() => null)")
    page.evaluate(SETTLED)

    def taken() -> Image.Image:
        return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")

    before = taken()
    assert pixels_outside(before, taken()) == 0
    page.locator("#share-button").evaluate("one => { one.style.translate = '4px'; }")
    assert pixels_outside(before, taken()) > 40
