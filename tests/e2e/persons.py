"""Who carries the script out in Chromium: with a mouse, with keys alone, with fingers, through the accessibility tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Locator

from tests.e2e.story import LONG, holds

FOCUSED = """() => {
    let one = document.activeElement;
    const name = one.getAttribute('aria-label') || one.textContent || '';
    return {name: name.trim().replace(/\\s+/g, ' '), visible: one.matches(':focus-visible'), id: one.id};
}"""
IN_EDITOR = "document.activeElement.closest('.cm-editor') !== null"
EDITOR = "document.documentElement.dataset.editor === 'codemirror'"
MOST_TABS = 80
PRESSING = {"button", "link", "menuitem", "tab"}


class Mouse:
    """Somebody with a mouse and a keyboard to type with; what the others have in common with them."""

    def __init__(self, context: BrowserContext, host: str) -> None:
        self._troubles: list[str] = []
        self._host = host
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda message: self._said(message.type, message.text))
        context.on("weberror", lambda error: self._said("error", str(error.error)))
        self.page = context.new_page()

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._host:
            self._troubles.append(f"asked {url}")

    def _said(self, kind: str, text: str) -> None:
        if kind == "error":
            self._troubles.append(text)

    def troubles(self) -> list[str]:
        """Return requests to other hosts, and what the console was told of errors."""
        return self._troubles

    def open(self, url: str) -> None:
        """Go to an address; it need not have loaded to its end."""
        self.page.goto(url, wait_until="commit")

    def reload(self) -> None:
        """Load the page again."""
        self.page.reload()

    def wait(self, condition: str, seconds: float = LONG) -> None:
        """Wait until an expression is true; before the page has its parts it is not."""
        script = f"() => {{ try {{ return Boolean({condition}); }} catch {{ return false; }} }}"
        try:
            self.page.wait_for_function(script, timeout=seconds * 1000)
        except Error as error:
            seen = self.eval("document.body.innerText.slice(0, 2000)")
            raise AssertionError(f"not true after {seconds} s: {condition}\nThe page shows:\n{seen}") from error

    def eval(self, expression: str) -> Any:
        """Return the value of an expression."""
        return self.page.evaluate(expression)

    def control(self, words: str) -> Locator:
        """Return the visible button whose words begin so and that is not off."""
        dialog = self.page.locator("dialog[open]")
        place = dialog if dialog.count() else self.page
        found = place.get_by_role("button", name=re.compile(rf"^{re.escape(words)}(?!\w)"), disabled=False)
        return found.locator("visible=true").first

    def press(self, words: str) -> None:
        """Press the control that is called so, once it can be pressed."""
        self.control(words).click()

    def edit(self, line: int, back: int, text: str) -> None:
        """Type a text into a line of the code, `back` characters before its end."""
        self.wait(EDITOR)
        self.page.locator(".cm-line").nth(line - 1).click()
        self.type(back, text)

    def type(self, back: int, text: str) -> None:
        """Go to the end of the line, `back` characters back, and type."""
        self.page.keyboard.press("End")
        for _ in range(back):
            self.page.keyboard.press("ArrowLeft")
        self.page.keyboard.type(text)

    def leave(self) -> None:
        """Close the dialog that is open."""
        self.press("Close")


class Fingers(Mouse):
    """Somebody with a phone in the hand: every press is a touch, the code is behind a tab."""

    def press(self, words: str) -> None:
        """Touch the control that is called so."""
        self.control({"Kill the engine": "Kill"}.get(words, words)).tap()

    def edit(self, line: int, back: int, text: str) -> None:
        """Type a text into a line of the code, which is behind its tab."""
        self.wait(EDITOR)
        self.page.get_by_role("tab", name="Code").tap()
        self.page.locator(".cm-line").nth(line - 1).tap()
        self.type(back, text)


class Keys(Mouse):
    """Somebody with keys alone: Tab, Enter, arrows and the page's shortcuts; the focus is visible at every stop."""

    SHORTCUTS = {"Run": "Control+Enter", "Kill the engine": "Control+."}  # noqa: RUF012  a table that nobody changes

    def press(self, words: str) -> None:
        """Use the shortcut, or come to the control by Tab and press Enter."""
        if words in self.SHORTCUTS:
            self.page.keyboard.press(self.SHORTCUTS[words])
            return
        self.control(words).wait_for()
        self.tab_to(words)
        self.page.keyboard.press("Enter")

    def tab_to(self, words: str) -> None:
        """Press Tab until what has the focus is called so."""
        stops = []
        for _ in range(MOST_TABS):
            if self.eval(IN_EDITOR):
                self.page.keyboard.press("Escape")  # the editor keeps Tab for itself until then
            self.page.keyboard.press("Tab")
            stop = self.eval(f"({FOCUSED})()")
            stops.append(stop["name"] or stop["id"])
            assert stop["visible"] or stop["id"] == "", stop
            if begins(stop["name"], words):
                return
        raise AssertionError(f"Tab never came to {words!r}: {stops}")

    def edit(self, line: int, back: int, text: str) -> None:
        """Come to the code by the link that skips the header, and leave it by Escape, then Tab."""
        self.wait(EDITOR)
        self.tab_to("Skip to the code")
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Tab")
        self.wait(IN_EDITOR)
        self.page.keyboard.press("Control+Home")
        for _ in range(line - 1):
            self.page.keyboard.press("ArrowDown")
        self.type(back, text)
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Tab")
        assert not self.eval(IN_EDITOR), "Escape, then Tab leaves the editor"

    def leave(self) -> None:
        """Close the dialog; the focus goes back where it was."""
        self.page.keyboard.press("Escape")
        self.wait("!document.querySelector('dialog')")
        assert self.eval(f"({FOCUSED})()")["name"].startswith("Share this run")


class Listener(Mouse):
    """Somebody with a screen reader: finds what the accessibility tree names, and presses that."""

    def __init__(self, context: BrowserContext, host: str) -> None:
        super().__init__(context, host)
        self._cdp = context.new_cdp_session(self.page)

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Return every node that is not ignored."""
        for node in self._cdp.send("Accessibility.getFullAXTree")["nodes"]:
            if not node["ignored"]:
                yield node

    def find(self, roles: set[str], words: str) -> dict[str, Any] | None:
        """Return the first node of these roles whose name begins so."""
        for node in self.nodes():
            if node["role"]["value"] in roles and begins(name_of(node), words):
                return node
        return None

    def await_node(self, roles: set[str], words: str) -> dict[str, Any]:
        """Return such a node once it is there."""
        for _ in range(int(LONG * 4)):
            node = self.find(roles, words)
            if node:
                return node
            self.eval("new Promise(done => setTimeout(done, 250))")
        names = sorted({name_of(node) for node in self.nodes() if node["role"]["value"] in PRESSING})
        raise AssertionError(f"the tree never had {words!r} as {roles}: {names}")

    def call(self, node: dict[str, Any], function: str) -> None:
        """Call a function on a node's element, as assistive technology does."""
        found = self._cdp.send("DOM.resolveNode", {"backendNodeId": node["backendDOMNodeId"]})
        call = {"objectId": found["object"]["objectId"], "functionDeclaration": function}
        self._cdp.send("Runtime.callFunctionOn", call)

    def press(self, words: str) -> None:
        """Do what a screen reader's press does."""
        self.call(self.await_node({"button"}, words), "function () { this.click(); }")

    def edit(self, line: int, back: int, text: str) -> None:
        """Focus the text field that the tree calls the code, and type there."""
        self.wait(EDITOR)
        self.call(self.await_node({"textbox"}, "order.py"), "function () { this.focus(); }")
        self.page.keyboard.press("Control+Home")
        for _ in range(line - 1):
            self.page.keyboard.press("ArrowDown")
        self.type(back, text)

    def hears(self, words: str) -> bool:
        """Tell whether any node's name holds these words."""
        return any(words in name_of(node) for node in self.nodes())

    def wait_to_hear(self, words: str) -> None:
        """Wait until the live region says these words."""
        self.wait(holds(words, "document.querySelector('#live').textContent"))


def begins(name: str, words: str) -> bool:
    """Tell whether a name begins with these whole words: "Runs 0" does not begin with "Run"."""
    return re.match(rf"{re.escape(words)}(?!\w)", name) is not None


def name_of(node: dict[str, Any]) -> str:
    """Return a node's name, or nothing."""
    return str(node.get("name", {}).get("value", ""))
