"""The small language in which a story is told to any browser: open, click, type, eval, wait, restart."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

# Finds what a person would press: by selector, by its words, or by both; shown, not switched off, not covered.
_PLACE = """
(() => {
  const [selector, text] = %s;
  const shown = element => element.getClientRects().length > 0;
  const words = element => (element.getAttribute('aria-label') ?? element.innerText ?? '').trim().split('\\n')[0];
  const all = [...document.querySelectorAll(selector ?? 'button, a, summary, [role=button], [role=tab], [role=menuitem]')];
  const element = all.find(element => shown(element) && (text === null || words(element) === text));
  if (!element || element.matches(':disabled, [aria-disabled=true]')) return null;
  element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
  const box = element.getBoundingClientRect();
  const [x, y] = [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
  return element.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
})()
"""
_WAIT = """
new Promise((done, failed) => {
  const deadline = performance.now() + %d;
  const look = async () => {
    try {
      const value = await (%s);
      if (value) return done(value);
    } catch (error) {
      return failed(error);
    }
    if (performance.now() > deadline) return done(null);
    setTimeout(look, 50);
  };
  look();
})
"""


class BrowserError(Exception):
    """Raised when a browser does not do what the story asks."""


class Driver:
    """One browser window with one profile; subclasses speak to a kind of browser."""

    keeps_storage = True  # whether a restart finds what was stored

    def open(self, url: str, *, whole: bool = True) -> None:
        """Go to an address and wait until it has loaded, or only until its document is there."""
        raise BrowserError(f"{type(self).__name__} cannot open {url}")

    def eval(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        raise BrowserError(f"{type(self).__name__} cannot evaluate {expression}")

    def restart(self) -> None:
        """End the browser as a crash would and start it again with the same profile."""
        raise BrowserError(f"{type(self).__name__} cannot be restarted")

    def close(self) -> None:
        """End the browser."""

    def perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Perform input actions, as WebDriver defines them."""
        raise BrowserError(f"{type(self).__name__} has no input")

    def click(self, selector: str | None = None, *, text: str | None = None, seconds: float = 30) -> None:
        """Press what the selector names, or the control whose first line is `text`, once it is there."""
        place = _PLACE % json.dumps([selector, text])
        x, y = self.wait(place, seconds=seconds)
        pointer = [
            {"type": "pointerMove", "x": x, "y": y, "duration": 0, "origin": "viewport"},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.perform([{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": pointer}])

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        keys = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.perform([{"type": "key", "id": "keyboard", "actions": keys}])

    def wait(self, condition: str, *, seconds: float = 60) -> Any:
        """Wait until a JavaScript expression is true, and return its value."""
        value = self.eval(_WAIT % (seconds * 1000, condition))
        if value is None:
            seen = self.eval("document.body.innerText.slice(0, 2000)")
            raise BrowserError(f"not true after {seconds} s: {condition}\nThe page shows:\n{seen}")
        return value


@contextmanager
def screen(xvfb: str) -> Iterator[str]:
    """Yield the name of a display of its own, for a browser without a headless mode."""
    command = [xvfb, "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        number = process.stdout.readline().strip()
        if not number:
            raise BrowserError("Xvfb gave no display")
        yield f":{number}"
        process.terminate()


def start(command: Sequence[str], log: IO[bytes], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a browser in a process group of its own, so that all of it can be ended."""
    return subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment}, start_new_session=True)


def profile_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for a profile; a browser that is still ending may leave files behind."""
    return tempfile.TemporaryDirectory(prefix="profile-", ignore_cleanup_errors=True)


def wait_for_line(process: subprocess.Popen[bytes], log: Path, words: bytes, seconds: float = 60) -> str:
    """Return the rest of the line in which a starting browser says `words`."""
    for _ in range(int(seconds * 20)):
        for line in log.read_bytes().splitlines():
            if words in line:
                return line.split(words, 1)[1].decode().strip()
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        break
    raise BrowserError(f"the browser did not start: {log.read_text(errors='replace')[-2000:]}")
