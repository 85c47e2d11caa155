"""The end of a tab, and how long nobody answers because of it."""

from __future__ import annotations

import contextlib

from playwright.sync_api import Error, Page

# Asks without end; the longest wait for an answer is how long the service was away.
KNOCK = """() => {
  window.longest = 0;
  void (async () => {
    for (;;) {
      const asked = performance.now();
      await kernel.request('settings');
      window.longest = Math.max(window.longest, performance.now() - asked);
      await new Promise(done => setTimeout(done, 5));
    }
  })();
}"""


def end(page: Page, how: str) -> None:
    """Close a tab, or crash its process."""
    if how == "crash":
        with contextlib.suppress(Error):
            page.goto("chrome://crash")
    page.close()
