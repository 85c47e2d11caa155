"""The page opens, starts Python by itself, and says so."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_the_page_becomes_ready(page: Page) -> None:
    expect(page.locator("body")).to_contain_text("Ready", timeout=60_000)
