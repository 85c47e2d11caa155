"""The command's tests start processes; where there are none, in Pyodide, nothing here is collected."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "emscripten":
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.engine.cli.command import Place

    @pytest.fixture
    def empty(tmp_path: Path) -> Iterator[Place]:
        """Yield a folder to run commands in."""
        place = Place(tmp_path)
        yield place
        place.clear()
