"""What pytest needs to run inside Pyodide: an event loop that blocks, and stand-ins for options of absent plugins."""

from __future__ import annotations

import asyncio
import asyncio.runners
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.portable_loop import PortableLoop


class _Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = PortableLoop


class Inside:
    """Reports each test's start to the watchdog outside and stands in for pytest-timeout, which needs signals."""

    def __init__(self, started: Callable[[str], None]) -> None:
        self._started = started

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        """Accept what pyproject.toml sets for plugins that cannot run here."""
        parser.addini("timeout", "ignored: the runner outside watches the time")

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the marker of pytest-timeout."""
        config.addinivalue_line("markers", "timeout(seconds): ignored inside Pyodide")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Tell the watchdog which test runs now."""
        self._started(item.nodeid)
        return (yield)


def run(arguments: list[str], started: Callable[[str], None]) -> int:
    """Run pytest in this interpreter and return its exit code.

    Pyodide's own loop never blocks and is always "running", so asyncio.run would refuse to start another one.
    """
    webloop: Any = asyncio.get_running_loop()
    asyncio.run = asyncio.runners.run
    asyncio._set_running_loop(None)
    sys.unraisablehook = sys.__unraisablehook__
    asyncio.set_event_loop_policy(_Policy())
    before = time.monotonic()
    try:
        code = int(pytest.main(arguments, plugins=[Inside(started)]))
    finally:
        asyncio._set_running_loop(webloop)
    print(f"Pyodide: Python {sys.version.split()[0]}, {time.monotonic() - before:.1f} s")
    return code
