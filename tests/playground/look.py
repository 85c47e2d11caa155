"""A look at a state of the page: axe-core's, and ours at its picture, in both sizes and both colour schemes."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

from tests.e2e.axe import violations
from tests.playground.pictures import compare, same_fonts

SIZES = {"wide": (1280, 800), "phone": (390, 844)}
# What is different on every machine, or each time.
HIDE = "dialog dd, #kernel-state .words, .quote, textarea[readonly], dialog.share .length, .run-item .when"
# What tells how long the steps of a live run took, or when: its drawing is held against histories in tests/timeline.
LIVE = (
    "#status .state bdi, .tl-track, .tl-cuts, .tl-cut-labels, .tl-rail-cut, .tl-overlay, .tl-axis, .tl-actions, .tl-meta, .tl-facts,"
    " .tl-badge, .runs-row .started, .runs-row .wake"
)
STILL = ".tl-axis { height: 32px !important; } #status .state bdi { display: inline-block; inline-size: 160px; overflow: hidden; }"
SETTLED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.all(document.getAnimations().filter(one => one.effect.getComputedTiming().endTime !== Infinity).map(one => one.finished.catch(() => {}))))"""


def look(page: Page, name: str, part: str = "run") -> None:
    """Look at a state, whose cause is the test's own; on a phone at one part of the page."""
    found = looked_at(page, name, live=True, part=part)
    assert found == [], "\n".join(found)


def looked_at(page: Page, name: str, *, live: bool, part: str = "") -> list[str]:
    """Look at a state, with axe-core in every scene; return what is wrong."""
    found = []
    for scene in scenes(page, part):
        found += [f"{name}-{scene}: {rule}" for rule in violations(page, colours_only=scene.endswith("dark"))]
        found += pictured(page, f"{name}-{scene}", LIVE if live else "")
    return found


def scenes(page: Page, part: str) -> Iterator[str]:
    """Bring the page into each size and colour scheme; on a phone show one part of it."""
    page.mouse.move(0, 0)  # what the mouse is on looks different
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        tab = page.locator(f"[role=tab][data-view={part}]") if part else None
        if tab is not None and tab.is_visible() and page.get_by_role("dialog").count() == 0:
            tab.click()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate(SETTLED)
            yield f"{size}-{scheme}"
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")


def pictured(page: Page, name: str, hidden: str) -> list[str]:
    """Hold the page against a kept picture; with other fonts than the kept ones have, nothing can be said."""
    if not same_fonts(page):
        return []
    names = f"{HIDE}, {hidden}" if hidden else HIDE
    style = page.add_style_tag(content=f"{names} {{ visibility: hidden !important; }} {STILL if hidden else ''}")
    found = compare(page, name)
    style.evaluate("one => one.remove()")
    return found
