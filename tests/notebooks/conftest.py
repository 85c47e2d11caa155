"""One Chromium for all notebooks, which may ask nobody but the server of the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from tests.browser import FLAGS, PATIENCE_MS, find_chromium
from tests.notebooks.site import START

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def allowed(site: str) -> set[str]:
    """Return the hosts that may be asked: the servers of this session."""
    return {urlsplit(site).netloc}


@pytest.fixture(scope="session")
def browser(allowed: set[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Yield a Chromium with a profile on disk; no request may leave the serving host."""
    foreign: list[str] = []
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=find_chromium(), args=FLAGS,
            viewport={"width": 1280, "height": 1000},
        )  # fmt: skip
        context.set_default_timeout(START)
        context.on("request", lambda request: foreign.append(request.url) if _leaves(request.url, allowed) else None)
        yield context
        context.close()
    assert foreign == []


def _leaves(url: str, allowed: set[str]) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc not in allowed


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """Yield a tab; an error that no code of it caught fails the test."""
    page, errors = browser.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: print("console:", message.text) if message.type == "error" else None)
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return where a store may be made."""
    return tmp_path / "workflows.sqlite"
