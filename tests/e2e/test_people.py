"""The stranger's story by keyboard alone, through the accessibility tree alone, and on a phone by touch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.playground import STEPS, Playground

pytestmark = pytest.mark.timeout(600)
Launch = Callable[[], BrowserContext]
FOCUSED = """() => {
    const one = document.activeElement;
    const name = one.getAttribute('aria-label') || one.textContent || '';
    return {name: name.trim().replace(/\\s+/g, ' '), visible: one.matches(':focus-visible'), id: one.id};
}"""
MOST_TABS = 60
PRESSING = {"button", "link", "menuitem", "tab"}


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so; the focus is visible at every stop."""
    stops = []
    for _ in range(MOST_TABS):
        if page.evaluate("document.activeElement.closest('.cm-editor') !== null"):
            page.keyboard.press("Escape")  # the editor keeps Tab for itself until then
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        stops.append(stop["name"] or stop["id"])
        assert stop["visible"] or stop["id"] == "", stop
        if stop["name"].startswith(name):
            return
    raise AssertionError(f"Tab never came to {name!r}: {stops}")


def test_by_keyboard_alone(page: Page, site: str) -> None:
    p = Playground(page, site)
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["name"] == "Skip to the code", "the first stop is the way past the header"
    p.ready()
    page.wait_for_function("document.documentElement.dataset.editor === 'codemirror'")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.wait_for_function("document.activeElement.closest('.cm-editor') !== null")
    page.keyboard.press("Control+Home")
    for _ in range(12):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.type(" now")
    assert '@step.do("charge card now")' in p.source()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.cm-editor') !== null"), (
        "Escape, then Tab leaves the editor"
    )
    page.keyboard.press("Control+Enter")
    p.expect_row("step.started do:charge card now-1 1")
    page.keyboard.press("Control+.")
    p.expect_row("step.started do:charge card now-1 2")
    p.expect_status('Waiting for "approve"')
    tab_to(page, 'Send "approve"')
    page.keyboard.press("Enter")
    p.expect_status("Sleeping until")
    page.reload()
    p.ready()
    p.expect_status("Sleeping until")
    tab_to(page, "Skip 30 days")
    page.keyboard.press("Enter")
    p.expect_status("Complete")
    assert p.ledger()["charge 40"] == (2, 1)
    tab_to(page, "Share this run")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible(timeout=STEPS)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate(FOCUSED)["name"].startswith("Share this run"), "the focus goes back where it was"


class Tree:
    """The page as assistive technology has it: roles, names, and what can be done with them."""

    def __init__(self, page: Page) -> None:
        self.page, self._cdp = page, page.context.new_cdp_session(page)

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Return every node that is not ignored."""
        for node in self._cdp.send("Accessibility.getFullAXTree")["nodes"]:
            if not node["ignored"]:
                yield node

    def find(self, role: str, name: str) -> dict[str, Any] | None:
        """Return the first node of a role with this name; of texts, whose words begin so."""
        for node in self.nodes():
            called = node.get("name", {}).get("value", "")
            fits = called.startswith(name) if role == "StaticText" else called == name
            if node["role"]["value"] == role and fits:
                return node
        return None

    def wait(self, role: str, name: str) -> dict[str, Any]:
        """Return such a node once it is there."""
        for _ in range(STEPS // 250):
            node = self.find(role, name)
            if node:
                return node
            self.page.evaluate("new Promise(done => setTimeout(done, 250))")
        raise AssertionError(f"the tree never had a {role} {name!r}: {sorted(self.names())}")

    def names(self) -> set[str]:
        """Return what can be pressed."""
        return {node.get("name", {}).get("value", "") for node in self.nodes() if node["role"]["value"] in PRESSING}

    def press(self, role: str, name: str) -> None:
        """Do what a screen reader's press does."""
        node = self.wait(role, name)
        found = self._cdp.send("DOM.resolveNode", {"backendNodeId": node["backendDOMNodeId"]})
        call = {"objectId": found["object"]["objectId"], "functionDeclaration": "function () { this.click(); }"}
        self._cdp.send("Runtime.callFunctionOn", call)

    def says(self, words: str) -> bool:
        """Tell whether any node's name holds these words."""
        return any(words in node.get("name", {}).get("value", "") for node in self.nodes())


def test_through_the_accessibility_tree_alone(page: Page, site: str) -> None:
    p = Playground(page, site)
    tree = Tree(page)
    tree.wait("StaticText", "Ready")
    tree.press("button", "Run")
    tree.wait("StaticText", "Waiting for")
    assert tree.find("table", "Steps of the run")
    assert tree.says("reserve stock: complete"), "a row is a sentence"
    tree.press("button", "Kill the engine")
    tree.wait("StaticText", "Engine killed.")
    tree.press("button", 'Send "approve"')
    tree.press("button", "Skip 30 days")
    tree.wait("StaticText", "Complete")
    assert p.ledger()["charge 40"][1] == 1
    assert tree.find("button", "Share this run")


def test_on_a_phone_by_touch(launch: Launch, site: str, tmp_path: Any) -> None:
    page = launch().new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    p = Playground(page, site)
    p.ready()
    p.run()
    p.expect_row("step.started do:charge card-1 1")
    p.kill()
    p.expect_status('Waiting for "approve"')
    p.button('Send "approve"').click()
    p.expect_status("Sleeping until")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, "nothing stands out of the screen"
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], select, input')].filter(one => {
            const box = one.getBoundingClientRect();
            return one.checkVisibility() && box.width && !one.closest('.visually-hidden, .skip-links, .cm-editor, p')
              && (box.height < 43.5 || box.width < 43.5) && box.top >= 0 && box.bottom <= innerHeight;
        }).map(one => `${one.getAttribute('aria-label') || one.textContent}: ${one.getBoundingClientRect().width} × ${one.getBoundingClientRect().height}`)"""
    )
    assert small == []
    p.button("Skip 30 days").click()
    p.expect_status("Complete")
    expect(page.locator("#summary")).to_contain_text(re.compile("Killed once"))


def test_the_live_region_tells_the_story_and_not_too_fast(page: Page, site: str) -> None:
    p = Playground(page, site)
    page.evaluate(
        """() => {
            window.said = [];
            new MutationObserver(() => {
                const text = document.querySelector('#live').textContent.trim();
                if (text) said.push([performance.now(), text]);
            }).observe(document.querySelector('#live'), {childList: true, characterData: true, subtree: true});
        }"""
    )
    p.ready()
    p.run()
    p.expect_status('Waiting for "approve"')
    page.wait_for_function("said.some(([, text]) => text.includes('approve'))", timeout=STEPS)
    p.button('Send "approve"').click()
    p.expect_status("Sleeping until")
    p.button("Skip 30 days").click()
    p.expect_status("Complete")
    page.wait_for_function("said.some(([, text]) => text.includes('Complete'))", timeout=STEPS)
    said = page.evaluate("said")
    times = [at for at, _ in said]
    assert all(later - earlier > 2_900 for earlier, later in pairwise(times)), said
