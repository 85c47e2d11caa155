"""The built site on a server of its own, and each browser that is not Chromium."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from playground.serve import open_server
from tests.browsers.driver import Driver
from tests.browsers.firefox import Firefox
from tests.browsers.webkit import WebKit

BROWSERS: dict[str, type[Driver]] = {"firefox": Firefox, "webkitgtk": WebKit}


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Yield the address of the built site."""
    with open_server(0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.fixture(params=list(BROWSERS))
def driver(request: pytest.FixtureRequest) -> Iterator[Driver]:
    """Yield a fresh browser of each kind."""
    driver = BROWSERS[request.param]()
    yield driver
    driver.close()
