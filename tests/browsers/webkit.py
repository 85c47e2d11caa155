"""Drives WebKitGTK's MiniBrowser through its WebDriver, on a screen of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from tests.browser import find_webkit, find_xvfb
from tests.browsers.driver import BrowserError, Driver, profile_folder, screen, start

COMMAND_SECONDS = 300
# The page's expression answers through the callback that WebDriver passes last.
_EVAL = """
const answer = arguments[0];
(async () => JSON.stringify((await (%s)) ?? null))().then(
  value => answer(['ok', value]), error => answer(['error', String(error)]));
"""


class WebKit(Driver):
    """One MiniBrowser; under automation it keeps its storage in memory only."""

    keeps_storage = False

    def __init__(self) -> None:
        self._stack = ExitStack()
        driver, browser = find_webkit()
        folder = Path(self._stack.enter_context(profile_folder()))
        environment = {
            "DISPLAY": self._stack.enter_context(screen(find_xvfb())),
            "HOME": str(folder),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "XDG_RUNTIME_DIR": str(folder),
            "no_proxy": "*",
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        log = self._stack.enter_context((folder / "browser.log").open("wb"))
        self._process = start([driver, f"--port={self._port}"], log, environment)
        self._stack.callback(self._kill)
        self._wait_for_driver()
        options = {"binary": browser, "args": ["--automation"]}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        session = self._send("POST", "/session", {"capabilities": capabilities})
        self._session = f"/session/{session['sessionId']}"
        timeouts = {"script": COMMAND_SECONDS * 1000}
        self._send("POST", f"{self._session}/timeouts", timeouts)

    def _wait_for_driver(self) -> None:
        for _ in range(1200):
            try:
                self._send("GET", "/status")
            except urllib.error.URLError:
                try:
                    self._process.wait(timeout=0.05)
                except subprocess.TimeoutExpired:
                    continue
                break
            else:
                return
        raise BrowserError("WebKitWebDriver did not start")

    def _send(self, method: str, path: str, body: object = None) -> Any:
        """Send a command and return its value."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", data, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=COMMAND_SECONDS) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                said = json.load(error)["value"]
            raise BrowserError(f"{path}: {said['error']}: {said['message']}") from error

    def open(self, url: str, *, whole: bool = True) -> None:
        """Go to an address and wait until it has loaded, or only until its document is there."""
        limit = 60_000 if whole else 10_000
        self._send("POST", f"{self._session}/timeouts", {"pageLoad": limit})
        try:
            self._send("POST", f"{self._session}/url", {"url": url})
        except BrowserError as error:
            if whole or "timeout" not in str(error):
                raise
        self.wait("document.readyState !== 'loading'")

    def eval(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        script = {"script": _EVAL % expression, "args": []}
        outcome, value = self._send("POST", f"{self._session}/execute/async", script)
        if outcome != "ok":
            raise BrowserError(f"{value} in {expression}")
        return json.loads(value)

    def perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Perform input actions."""
        self._send("POST", f"{self._session}/actions", {"actions": actions})

    def _kill(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End the browser, its driver and its screen."""
        with suppress(BrowserError, urllib.error.URLError):  # what does not end in order is killed next
            self._send("DELETE", self._session)
        self._stack.close()
