"""The Chromium of the notebooks' tests: one for all, which may ask nobody but the server of the site."""

from __future__ import annotations

from tests.notebooks.conftest import allowed, browser, page

__all__ = ["allowed", "browser", "page"]
