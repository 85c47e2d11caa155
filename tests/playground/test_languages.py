"""In a longer language, and in one that is written from right to left: no text is cut off and none stands on another."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page

from playground.build.tools import find_node
from tests.playground.conftest import Open
from tests.playground.states import before_python, sent

pytestmark = pytest.mark.timeout(600)
HERE = Path(__file__).parent
CROWDING = (HERE / "crowding.js").read_text(encoding="utf-8").split("\n", 1)[1]
# What stands in index.html itself.
STATIC = """() => document.addEventListener('DOMContentLoaded', () => {
  if (location.href === 'about:blank') return; // from where every page is opened
  const walker = document.createTreeWalker(document.querySelector('.band'), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node.data.trim()) node.data = `[${node.data} ${'éàüñ '.repeat(node.data.length / 12)}]`;
  for (const one of document.querySelectorAll('.segments button, #examples-button, #share-button, .footer p, .footer button, .payload label, h1 .words')) {
    const text = one.firstChild;
    text.data = `[${text.data.trim()} ${'éàü '.repeat(Math.ceil(text.data.length / 10))}]`;
  }
})"""
FACING = {"ltr": "left to right", "rtl": "right to left"}


@pytest.fixture(scope="module")
def longer() -> str:
    """The page's scripts with longer words."""
    root = HERE.parents[1]
    node = find_node(root).node
    built = subprocess.run([node, HERE / "longer.mjs"], capture_output=True, text=True, check=True, cwd=root)
    return built.stdout


@pytest.mark.parametrize("group", [before_python, sent], ids=lambda group: group.__name__)
def test_longer_words_and_the_other_direction_have_room(open_page: Open, longer: str, group: object) -> None:
    def prepare(page: Page) -> None:
        page.route("**/page/main-*.js", lambda route: route.fulfill(body=longer, content_type="text/javascript"))
        page.add_init_script(f"({STATIC})()")

    found: list[str] = []
    for name, page in group(open_page, prepare):  # type: ignore[operator]
        assert "[" in page.locator("#kernel-state").inner_text() or page.locator("dialog").count()
        for width, height in ((1280, 800), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            for direction, words in FACING.items():
                page.evaluate("dir => { document.documentElement.dir = dir; }", direction)
                page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
                found += [f"{name}, {width} px, {words}: {problem}" for problem in page.evaluate(CROWDING)]
        page.evaluate("document.documentElement.dir = 'ltr'")
        page.set_viewport_size({"width": 1280, "height": 800})
    assert found == [], "\n".join(found)
