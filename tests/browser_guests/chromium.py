"""Guests in a real Chromium: the page's own sandboxes, joined to an engine in this process.

Playwright lives in a thread with an event loop of its own, because each test has a loop of its own.
"""

from __future__ import annotations

import asyncio
import http.server
import itertools
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.async_api import Page, async_playwright

from dynamic_workflows.host.protocols import Listener
from tests.browser import FLAGS, find_chromium
from tests.kernel.conftest import Site


class Chromium:
    """One browser with one page, and whoever listens to its guests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.page: Page
        self.listeners: dict[int, tuple[asyncio.AbstractEventLoop, Listener]] = {}
        self.tickets = itertools.count(1)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        self._threads = [
            threading.Thread(target=self._server.serve_forever, daemon=True),
            threading.Thread(target=self.loop.run_forever, daemon=True),
        ]

    def start(self) -> None:
        """Open the browser and its page."""
        for thread in self._threads:
            thread.start()
        self.call(self._open()).result(60)

    def stop(self) -> None:
        """Close everything."""
        self.call(self._close()).result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()
        self.loop.close()

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the browser's thread and return its concurrent future."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def _open(self) -> None:
        self._playwright = await async_playwright().start()
        self._browser = await self._playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        self.page = await self._browser.new_page()
        await self.page.expose_function("said", self._said)
        await self.page.goto(f"http://127.0.0.1:{self._server.server_address[1]}/site/pages/guests.html")
        await self.page.wait_for_function("window.ready")

    async def _close(self) -> None:
        await self._browser.close()
        await self._playwright.stop()

    def _said(self, ticket: int, kind: str, text: str) -> None:
        if ticket in self.listeners:
            loop, listener = self.listeners[ticket]
            loop.call_soon_threadsafe(getattr(listener, kind), text)


class Guest:
    """The engine's end of one guest."""

    def __init__(self, chromium: Chromium, ticket: int) -> None:
        self._chromium, self._ticket = chromium, ticket

    def post(self, text: str) -> None:
        """Post one frame to the guest."""
        self._do("post_", [self._ticket, text])

    def destroy(self) -> None:
        """End the sandbox."""
        if self._chromium.listeners.pop(self._ticket, None) is not None:
            self._do("destroyGuest", [self._ticket])

    def _do(self, name: str, arguments: list[Any]) -> None:
        self._chromium.call(self._chromium.page.evaluate(f"given => void {name}(...given)", arguments))


class ChromiumSandboxes:
    """Sandboxes of the page."""

    effects: Literal["mediated", "direct"] = "mediated"
    capacity, most = 4, 8

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._open: list[Guest] = []

    async def open(self, loader_id: str, listener: Listener) -> Guest:
        """Return a guest that has never run tenant code."""
        chromium = self._chromium
        ticket = next(chromium.tickets)
        chromium.listeners[ticket] = asyncio.get_running_loop(), listener
        opening = chromium.page.evaluate("given => openGuest(...given)", [ticket, loader_id])
        await asyncio.wrap_future(chromium.call(opening))
        self._open.append(Guest(chromium, ticket))
        return self._open[-1]

    async def close(self) -> None:
        """Destroy every guest."""
        for guest in self._open:
            guest.destroy()


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Yield a browser that is ready for guests."""
    browser = Chromium()
    browser.start()
    try:
        yield browser
    finally:
        browser.stop()
