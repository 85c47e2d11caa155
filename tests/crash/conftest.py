"""A tab of this test's own, in a browser of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.crash.tab import Tab, served


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Yield the address of the site."""
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser(playwright: Playwright, site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    """Yield a tab in a browser that the tests of a module share."""
    with Tab(playwright, site, tmp_path_factory.mktemp("browser") / "profile", "&delay=20") as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Iterator[Tab]:
    """Yield a tab on a database of this test's own; what its page said is shown when the test fails."""
    browser.renew()
    yield browser
    print("\n".join(browser.said))
    browser.said.clear()
