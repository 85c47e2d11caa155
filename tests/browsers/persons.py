"""Somebody with a mouse in a browser that a driver speaks to: carries out the script of `tests/e2e/story.py`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from tests.browsers.driver import BrowserError, Driver
from tests.browsers.firefox import Firefox
from tests.e2e.story import LONG

END, LEFT = "\ue010", "\ue012"  # keys, as WebDriver writes them
AGAIN = 5  # a page that is being drawn may move a control between the look and the press
# From the end of loading on: what a page of this browser says of errors, and whom it asked.
LISTEN = """(() => {
  if (window.troubles) return;
  window.troubles = [];
  const note = (...said) => window.troubles.push(said.map(String).join(' '));
  addEventListener('error', event => note(event.message));
  addEventListener('unhandledrejection', event => note(event.reason));
  const {error} = console;
  console.error = (...said) => { note(...said); error(...said); };
})()"""
TOLD = """[...(window.troubles ?? []), ...performance.getEntriesByType('resource').map(({name}) => name)
  .filter(name => /^(https?|wss?):/.test(name) && new URL(name).host !== location.host)]"""
# The first control in the dialog that is open, or on the page, whose words begin so.
MARK = """(() => {
  const place = document.querySelector('dialog[open]') ?? document;
  const named = one => (one.getAttribute('aria-label') ?? one.innerText).trim();
  const begins = one => named(one) === %(words)s || named(one).startsWith(%(words)s) && !/\\w/.test(named(one)[%(words)s.length]);
  const fits = one => begins(one) && one.checkVisibility() && !one.matches(':disabled, [aria-disabled=true]');
  const found = [...place.querySelectorAll('button')].find(fits);
  for (const one of document.querySelectorAll('[data-wanted]')) delete one.dataset.wanted;
  if (!found) return false;
  found.dataset.wanted = '';
  window.pressed = false;
  found.addEventListener('click', () => { window.pressed = true; }, {once: true, capture: true});
  return true;
})()"""


class DriverMouse:
    """One browser of one person."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._told: list[str] = []

    def open(self, url: str) -> None:
        """Go to an address; some of its files may be held back."""
        self._driver.open(url, whole=False)
        self._driver.eval(LISTEN)

    def reload(self) -> None:
        """Load the page again."""
        self._told += self._driver.eval(TOLD)
        self.open(self._driver.eval("location.href"))

    def wait(self, condition: str, seconds: float = LONG) -> None:
        """Wait until an expression is true; before the page has its parts it is not."""
        self._driver.wait(
            f"(() => {{ try {{ return Boolean({condition}); }} catch {{ return false; }} }})()", seconds=seconds
        )

    def eval(self, expression: str) -> Any:
        """Return the value of an expression."""
        return self._driver.eval(expression)

    def press(self, words: str) -> None:
        """Press the control that is called so, once it can be pressed; if it moved away meanwhile, press again."""
        for _ in range(AGAIN):
            self.wait(MARK % {"words": json.dumps(words)})
            with suppress(BrowserError):  # it was drawn anew
                self._driver.click("[data-wanted]", seconds=2)
            if self.eval("window.pressed ?? true"):  # unknown to a page that has been left by it
                return
        raise BrowserError(f"{words!r} cannot be pressed: it was missed {AGAIN} times")

    def edit(self, line: int, back: int, text: str) -> None:
        """Type a text into a line of the code, `back` characters before its end."""
        self.wait("document.documentElement.dataset.editor === 'codemirror'")
        self._driver.click(f".cm-line:nth-of-type({line})")
        self._driver.type(END + LEFT * back + text)

    def leave(self) -> None:
        """Close the dialog that is open."""
        self.press("Close")

    def troubles(self) -> list[str]:
        """Return requests to other hosts, and what the page was told of errors."""
        requests = self._driver.foreign_requests() if isinstance(self._driver, Firefox) else []
        return [*self._told, *self._driver.eval(TOLD), *requests]
