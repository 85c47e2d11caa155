"""Fixtures of the host's tests, which run over guests in this process and over guests in processes of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.host.guests import only_in_process
from tests.engine.host.harness import House

HOUSES: dict[str, type[House]] = {"in process": House}
if sys.platform != "emscripten":
    from tests.engine.processes.harness import ProcessHouse

    HOUSES["processes"] = ProcessHouse


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that has a house over every kind of guest, but for those that ``guests.py`` names."""
    if "guests" in metafunc.fixturenames:
        module = metafunc.module.__name__.rpartition(".")[2]
        only = only_in_process(module, metafunc.function.__name__)
        metafunc.parametrize("guests", ["in process"] if only else list(HOUSES))


@pytest.fixture
def house(tmp_path: Path, guests: str) -> Callable[..., House]:
    """Return what makes a house over this test's own file, with that kind of guests."""

    def make(**options: object) -> House:
        return HOUSES[guests](tmp_path / "store.sqlite", **options)  # type: ignore[arg-type]

    return make
