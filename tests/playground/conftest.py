"""One Chromium for the page's tests; each test has a profile of its own and may ask nobody but the serving host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser import FLAGS, PATIENCE_MS, find_chromium

expect.set_options(timeout=PATIENCE_MS)

Open = Callable[..., Page]
NO_KERNEL = "**/{runtime,kernel}/**"


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Yield one Chromium."""
    browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """Yield a function that opens the page in a fresh profile; without `kernel=True` nothing of Python arrives,
    and with `failing=True` errors that nobody caught are part of the scene."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    foreign: list[str] = []

    def note(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(site).netloc:
            foreign.append(url)

    def start(
        query: str = "",
        *,
        kernel: bool = False,
        failing: bool = False,
        size: tuple[int, int] = (1280, 800),
        **options: object,
    ) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(viewport=viewport, **options)  # type: ignore[arg-type]
        context.set_default_timeout(30_000)
        context.on("request", lambda request: note(request.url))
        contexts.append(context)
        page = context.new_page()
        if not failing:
            page.on("pageerror", lambda error: errors.append(str(error)))
        if not kernel:
            page.route(NO_KERNEL, lambda route: None)  # it never arrives: a slow network
        page.goto(site + query, wait_until="commit")
        page.wait_for_selector("#source, .cm-content", state="attached")
        return page

    yield start
    for context in contexts:
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert errors == []
    assert foreign == []


def editor_text(page: Page) -> str:
    """Return the text in the editor, whichever it is."""
    script = (
        "() => { const box = document.querySelector('.cm-content');"
        " return box ? [...box.querySelectorAll('.cm-line')].map(l => l.textContent).join('\\n')"
        " : document.querySelector('#source').value; }"
    )
    return str(page.evaluate(script))


def codemirror(page: Page) -> None:
    """Wait until CodeMirror has taken over."""
    page.wait_for_selector("html[data-editor=codemirror]", state="attached")


def write(page: Page, source: str) -> None:
    """Replace the code, as pasting would."""
    codemirror(page)
    page.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(source)
