"""Fixtures of the host's tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.host.harness import House


@pytest.fixture
def house(tmp_path: Path) -> Callable[..., House]:
    """Return what makes a house over this test's own file."""

    def make(**options: object) -> House:
        return House(tmp_path / "store.sqlite", **options)  # type: ignore[arg-type]

    return make
