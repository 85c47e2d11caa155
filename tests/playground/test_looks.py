"""States, light and dark, wide and on a phone: nothing for axe-core to find, and they look as the kept pictures."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.e2e.axe import violations
from tests.playground.conftest import Open
from tests.playground.pictures import compare, pixels_outside, skip_with_other_fonts
from tests.playground.states import GROUPS, Prepare, State, living

pytestmark = pytest.mark.timeout(600)
Group = Callable[[Open, Prepare], Iterator[State]]
SIZES = {"wide": (1280, 800), "phone": (390, 844)}
DAY = 1_800_000_000_000  # 2027-01-15, 08:00 UTC
# No pictures: how long a live run's steps take is up to the machine (tests/timeline holds its drawing against histories),
# and the code of a link gets its colours in steps.
UNSTEADY = {"waiting", "sleeping", "complete", "inspector", "runs", "link", "share"}
# What is different on every machine, or each time.
HIDE = """
  dialog dd, #kernel-state .words, .quote, textarea[readonly], dialog.share .length, .run-item .when { visibility: hidden !important; }
"""
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.all(document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished.catch(() => {}))))"""


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_states_look_as_they_did_and_anybody_can_use_them(open_page: Open, group: Group) -> None:
    found: list[str] = []
    for name, page in group(open_page, run_on if group is living else stand_still):
        found += [f"{name}, {problem}" for problem in looked_at(page, name)]
    assert found == [], "\n".join(found)
    skip_with_other_fonts(page)


def stand_still(page: Page) -> None:
    """Give a page a time of day that is the same in every picture."""
    page.add_init_script(f"Date.now = () => {DAY}")


def run_on(page: Page) -> None:
    """Leave a page its clock: a live run needs it."""


def looked_at(page: Page, name: str) -> list[str]:
    """Look at a state in both sizes and both colour schemes; return what is wrong."""
    found = []
    page.mouse.move(0, 0)  # what the mouse is on looks different
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(SETTLED)
            found += [f"{size}, {scheme}: {rule}" for rule in violations(page, colours_only=scheme == "dark")]
            hidden = page.add_style_tag(content=HIDE)
            found += [] if name in UNSTEADY else compare(page, f"{name}-{size}-{scheme}")
            hidden.evaluate("one => one.remove()")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return found


def test_a_button_that_moves_by_four_pixels_is_seen(open_page: Open) -> None:
    page = open_page()
    page.wait_for_selector(".tl-row")

    def taken() -> Image.Image:
        return Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")

    before = taken()
    assert pixels_outside(before, taken()) == 0
    page.locator("#share-button").evaluate("one => { one.style.translate = '4px'; }")
    assert pixels_outside(before, taken()) > 40
