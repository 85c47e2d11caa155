"""One Playwright for all attacks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright."""
    with sync_playwright() as playwright:
        yield playwright
