"""One tab with the kernel in a real Chromium, whose storage is a profile on disk, and every way to kill a part of it."""

from __future__ import annotations

import http.server
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from playwright.sync_api import BrowserContext, Error, Page, Playwright

from tests.browser import FLAGS, find_chromium
from tests.kernel.conftest import Site
from tests.kernel.tab import KernelTab
from tests.processes import descendants, processes

WAIT_S = 30.0


class Tab(KernelTab):
    """A page that leads, in a browser that can be killed and started again over the same profile."""

    def __init__(self, playwright: Playwright, site: str, profile: Path, query: str = "") -> None:
        self._playwright, self._profile = playwright, profile
        self._site, self._query, self._databases = site, query, 0
        self.said: list[str] = []
        self.context: BrowserContext
        self.page: Page
        self._launch()
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Error):
            self.context.close()

    def _launch(self) -> None:
        self.context = self._playwright.chromium.launch_persistent_context(
            self._profile, executable_path=find_chromium(), headless=True, args=FLAGS
        )
        self.context.set_default_timeout(WAIT_S * 1000)

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"{self._site}pages/kernel.html?database=crash{self._databases}{self._query}"

    def renew(self) -> None:
        """Open the page on a database of its own, in the same browser."""
        self._databases += 1
        self.page.close()
        self.open()

    def reopen(self, query: str) -> float:
        """Close the page in order, open it again with another query; return the seconds until it is ready."""
        self.page.evaluate("kernel.close()")
        self.page.close()
        self._query = query
        began = time.monotonic()
        self.open()
        return time.monotonic() - began

    def memory(self) -> float:
        """Return the megabytes that the browser's processes hold, memory that they share counted once."""
        return sum(_proportional(pid) for pid in [self._main(), *self._descendants("")]) / 1_000

    def open(self) -> None:
        """Open the page in a new tab and wait until its engine is ready."""
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(self.address)
        self.ready()

    # -- kills ------------------------------------------------------------------------------------------------

    def kill_renderer(self) -> float:
        """SIGKILL the page's process and that of its sandboxes, open it again; return the seconds until it is ready."""
        killed = time.monotonic()
        renderers = sorted(self._descendants("--type=renderer"), key=_memory)
        for pid in renderers[-2:]:  # Python runs in these two; the others are empty tabs and the browser's own
            os.kill(pid, signal.SIGKILL)
        with suppress(Error):
            self.page.wait_for_timeout(WAIT_S * 1000)  # ends with the page
        self.open()
        return time.monotonic() - killed

    def kill_browser(self) -> float:
        """SIGKILL the whole browser, start it again; return the seconds until its page is ready."""
        main = self._main()
        processes = [main, *self._descendants("")]
        killed = time.monotonic()
        for pid in processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Error):
            self.context.close()
        while any(_alive(pid) for pid in processes):
            time.sleep(0.01)  # the profile is theirs as long as they are
        (self._profile / "SingletonLock").unlink(missing_ok=True)
        self._launch()
        self.open()
        return time.monotonic() - killed

    def _main(self) -> int:
        ours = f"--user-data-dir={self._profile}"
        for pid, command in processes():
            if ours in command and "--type=" not in command:
                return pid
        raise AssertionError(f"no browser runs over {self._profile}")

    def _descendants(self, kind: str) -> list[int]:
        """Return the processes that this test's browser has started, those with an argument ``kind`` only."""
        return descendants(self._main(), kind)


def _memory(pid: int) -> int:
    """Return the pages of memory that a process holds."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    except OSError:
        return 0


def _proportional(pid: int) -> int:
    """Return the kB of a process, its part of what it shares included."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@contextmanager
def served() -> Iterator[str]:
    """Yield the address of a server over the kernel's sources, its test page and the built runtime."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/site/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
