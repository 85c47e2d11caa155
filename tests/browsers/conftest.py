"""Each browser that is not Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browsers.driver import Driver
from tests.browsers.firefox import Firefox
from tests.browsers.webkit import WebKit

BROWSERS: dict[str, type[Driver]] = {"firefox": Firefox, "webkitgtk": WebKit}


@pytest.fixture(params=list(BROWSERS))
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Yield a fresh browser of each kind."""
    driver = BROWSERS[request.param]()
    yield driver
    driver.close()
