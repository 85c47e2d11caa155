"""Locks and channels of the browser, as Python uses them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import js
from pyodide.ffi import create_once_callable, create_proxy, to_js


class Channel:
    """A BroadcastChannel. A message is a mapping with a ``kind``."""

    def __init__(self, name: str, heard: Callable[[Any], None]) -> None:
        self._channel = js.BroadcastChannel.new(name)
        self._proxy = create_proxy(lambda event: heard(event.data))
        self._channel.onmessage = self._proxy

    def post(self, message: Mapping[str, str]) -> None:
        """Tell everybody else who listens."""
        self._channel.postMessage(to_js(message, dict_converter=js.Object.fromEntries))

    def close(self) -> None:
        """Hear and say nothing more."""
        self._channel.onmessage = None
        self._channel.close()
        self._proxy.destroy()


class Held:
    """A lock that is held until ``release``, or the end of this worker."""

    def __init__(self, name: str) -> None:
        self._resolve: Any = None
        self._released = False
        self._keep = create_proxy(self._kept)
        self._promise = create_proxy(lambda lock: js.Promise.new(self._keep))
        js.navigator.locks.request(name, self._promise)

    def _kept(self, resolve: Any, reject: Any) -> None:
        self._resolve = resolve
        if self._released:
            resolve(None)

    def release(self) -> None:
        """Let go of it."""
        self._released = True
        if self._resolve is not None:
            self._resolve(None)


def gone(name: str) -> Awaitable[None]:
    """Return once nobody holds a lock: its holder has ended."""
    asked: Awaitable[None] = js.navigator.locks.request(name, _shared(), create_once_callable(lambda lock: None))
    return asked


def _shared() -> Any:
    return to_js({"mode": "shared"}, dict_converter=js.Object.fromEntries)


async def held(prefix: str) -> list[str]:
    """Return the names of exclusive locks that are held and begin like this.

    A shared one is somebody else's death watch in the moment in which it is granted.
    """
    found = (await js.navigator.locks.query()).held
    return [str(lock.name) for lock in found if lock.mode == "exclusive" and str(lock.name).startswith(prefix)]


def fresh_id() -> str:
    """Return 128 random bits."""
    return "".join(f"{byte:02x}" for byte in js.crypto.getRandomValues(js.Uint8Array.new(16)).to_py())


def worker_path() -> str:
    """Return the path of this worker's script."""
    return str(js.location.pathname)
