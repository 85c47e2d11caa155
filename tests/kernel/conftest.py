"""A static server over the kernel's sources and the built runtime, and one Chromium with a profile on disk."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from tests.browser import FLAGS, find_chromium
from tests.kernel.probe_guest import probe_zip

ROOT = Path(__file__).resolve().parents[2]
DIST = Path(os.environ.get("DIST", ROOT / "dist"))


KERNEL = re.compile(r"^/site/kernel/[0-9a-f]{10}/")
BY_NAME = re.compile(r"/site/runtime/([\w.]+\.(?!json)\w+)")  # as Pyodide's own loader asks


@functools.cache
def assets() -> dict[str, Any]:
    """Return what the kernel loads, by name."""
    found: dict[str, Any] = json.loads((DIST / "runtime" / "manifest.json").read_bytes())["assets"]
    return found


class Site(http.server.SimpleHTTPRequestHandler):
    """Serves /site/ as the built site, but with the kernel's modules and the test pages from the sources."""

    requests: list[str] = []  # noqa: RUF012  one list for all handlers is the point

    def translate_path(self, path: str) -> str:
        path = KERNEL.sub("/site/kernel/", path.split("?")[0].split("#")[0])
        path = f"/site/{assets()[found[1]]['path']}" if (found := BY_NAME.fullmatch(path)) else path
        for prefix, root in (
            ("/site/kernel/", ROOT / "kernel"),
            ("/site/pages/", ROOT / "tests/kernel/pages"),
            ("/site/", DIST),
        ):
            if path.startswith(prefix):
                return str(root / path[len(prefix) :])
        return str(DIST / "nothing")

    def do_GET(self) -> None:
        if not self.path.endswith("/probe-guest.zip"):
            return super().do_GET()
        content = probe_zip()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return None

    def log_message(self, format: str, *args: object) -> None:
        self.requests.append(format % args)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """Yield the address of the site, below a sub-path as on a project page."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/site/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Yield a browser whose storage is a real profile on disk; each module has its own."""
    profile = tmp_path_factory.mktemp("profile")
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=find_chromium(), headless=True, args=FLAGS
    )
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """Yield a fresh page whose console and errors are shown when the test fails."""
    page = browser.new_page()
    page.on("console", lambda message: print("console:", message.text))
    page.on("pageerror", lambda error: print("page error:", error))
    yield page
    page.close()


@pytest.fixture
def tab(page: Page, site: str) -> Page:
    page.goto(site + "pages/block.html")
    page.wait_for_function("window.ready")
    return page


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    return str(request.node.name)


def ready(page: Page, stage: str = "ready") -> Page:
    """Wait until the page's kernel is ready (or in another stage)."""
    page.wait_for_function("stage => kernel.state.stage === stage", arg=stage)
    return page
