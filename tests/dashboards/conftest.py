"""A store, and orders to make in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import PATIENCE_MS
from tests.notebooks.test_connect import ORDER

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return where a store is to be made."""
    return tmp_path / "shop.sqlite"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file that holds a workflow which reserves, waits for an approval and sleeps for 30 days."""
    path = tmp_path / "order.py"
    path.write_text(ORDER, encoding="utf-8")
    return path
