"""Drives the distribution's Firefox over WebDriver BiDi, which it speaks by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import websocket

from tests.browser import find_firefox
from tests.browsers.driver import BrowserError, Driver, profile_folder, start, wait_for_line

# A browser under test asks nobody but the test's server.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.active-protocols": 1,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}
COMMAND_SECONDS = 300


class Firefox(Driver):
    """One Firefox without a window."""

    def __init__(self) -> None:
        self._folder = profile_folder()
        self._profile = Path(self._folder.name)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
        (self._profile / "user.js").write_text("".join(lines))
        self._foreign: list[str] = []
        self._start()

    def _start(self) -> None:
        log = self._profile / "browser.log"
        command = [find_firefox(), "--headless", "--no-remote", "--profile", str(self._profile)]
        with log.open("wb") as output:
            environment = {"HOME": str(self._profile), "MOZ_CRASHREPORTER_DISABLE": "1"}
            self._process = start([*command, "--remote-debugging-port", "0", "about:blank"], output, environment)
        address = wait_for_line(self._process, log, b"WebDriver BiDi listening on ")
        self._socket = websocket.create_connection(
            f"{address}/session", timeout=COMMAND_SECONDS, suppress_origin=True, http_no_proxy=["*"]
        )
        self._count = 0
        self._own_host = ""
        self._send("session.new", capabilities={})
        self._context = self._send("browsingContext.getTree")["contexts"][0]["context"]
        self._send("session.subscribe", events=["network.beforeRequestSent"])

    def _send(self, method: str, **params: Any) -> Any:
        """Send a command and return its result; events that come before it are noted."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:
            message: dict[str, Any] = json.loads(self._socket.recv())
            if message.get("method") == "network.beforeRequestSent":
                self._note(message["params"]["request"]["url"])
            elif message.get("id") == self._count:
                if message["type"] == "error":
                    raise BrowserError(f"{method}: {message['message']}")
                return message["result"]

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self._own_host:
            self._foreign.append(url)

    def foreign_requests(self) -> list[str]:
        """Return the requests that went to another host than the opened one."""
        self._send("session.status")
        return self._foreign

    def open(self, url: str, *, whole: bool = True) -> None:
        """Go to an address and wait until it has loaded, or only until its document is there."""
        self._own_host = urlsplit(url).netloc
        wait = "complete" if whole else "interactive"
        self._send("browsingContext.navigate", context=self._context, url=url, wait=wait)

    def eval(self, expression: str) -> Any:
        """Return the value of a JavaScript expression; a promise is awaited."""
        answer = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({expression})) ?? null))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise BrowserError(f"{answer['exceptionDetails']['text']} in {expression}")
        return json.loads(answer["result"]["value"])

    def perform(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """Perform input actions."""
        self._send("input.performActions", context=self._context, actions=actions)

    def restart(self) -> None:
        """Kill the browser and start it again with the same profile."""
        self._kill()
        for name in ("lock", ".parentlock"):
            (self._profile / name).unlink(missing_ok=True)
        self._start()

    def _kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._socket.close()

    def close(self) -> None:
        """End the browser and remove its profile."""
        if self._process.poll() is None:
            self._kill()
        self._folder.cleanup()


def version() -> str:
    """Return what the browser calls itself."""
    said = subprocess.run([find_firefox(), "--version"], capture_output=True, text=True, check=True)
    return said.stdout.strip()
