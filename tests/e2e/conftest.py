"""The built site in a Chromium with a profile on disk, which may ask nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Playwright, expect, sync_playwright

from tests.browser import FLAGS, PATIENCE_MS, find_chromium

expect.set_options(timeout=PATIENCE_MS)

Launch = Callable[..., BrowserContext]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def launch(playwright: Playwright, site: str, tmp_path: Path) -> Iterator[Launch]:
    """Yield a function that starts a Chromium with a profile of this test's; no request may leave the serving host."""
    host = urlsplit(site).netloc
    foreign: list[str] = []
    contexts: list[BrowserContext] = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != host:
            foreign.append(url)

    def start(profile: str = "profile", **options: Any) -> BrowserContext:
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context = playwright.chromium.launch_persistent_context(
            tmp_path / profile, executable_path=find_chromium(), args=FLAGS, **options
        )
        context.set_default_timeout(60_000)
        context.on("request", lambda request: note(request.url))
        contexts.append(context)
        return context

    yield start
    for context in contexts:
        with suppress(Error):  # the test may have killed it
            context.close()
    assert foreign == []


@pytest.fixture
def page(launch: Launch, site: str) -> Iterator[Page]:
    """Yield the open page; an error that no code of it caught fails the test."""
    page = launch().new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: print("console:", message.text))
    page.goto(site)
    yield page
    assert errors == []
