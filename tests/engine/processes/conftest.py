"""Fixtures of the tests that start processes; where there are none, in Pyodide, nothing here is collected."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "emscripten":
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.engine.processes.harness import ProcessHouse

    @pytest.fixture
    def house(tmp_path: Path) -> Callable[..., ProcessHouse]:
        """Return what makes a house over this test's own file."""

        def make(**options: object) -> ProcessHouse:
            return ProcessHouse(tmp_path / "store.sqlite", **options)  # type: ignore[arg-type]

        return make
