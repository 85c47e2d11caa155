"""Sandboxes of a browser: opaque-origin frames that the page keeps, each with a worker of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pyodide.ffi import JsException, create_proxy

from dynamic_workflows.host.protocols import Listener
from dynamic_workflows.shared.errors import SandboxUnavailable
from dynamic_workflows.shared.limits import SANDBOXES

from .bridge import Bridge, SandboxHandle
from .entrance import Entrance


class BrowserSandbox:
    """One sandbox, joined to the engine by a port."""

    def __init__(self, ended: Callable[[BrowserSandbox], None], listener: Listener, entrance: Entrance) -> None:
        self._ended = ended
        self._listener = listener
        self._handle: SandboxHandle | None = None
        self.onframe: Any = create_proxy(entrance.way(listener.frame))
        self.onclosed: Any = create_proxy(entrance.way(self._closed))

    def joined(self, handle: SandboxHandle) -> None:
        """Take JavaScript's end."""
        self._handle = handle

    def post(self, text: str) -> None:
        """Post one frame to the guest."""
        if self._handle is not None:
            self._handle.post(text)

    def destroy(self) -> None:
        """End the worker at once. Nothing arrives afterwards and ``closed`` is not called."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.destroy()
            self.release()

    def release(self) -> None:
        """Let go of what JavaScript holds of this sandbox."""
        self.onframe.destroy()
        self.onclosed.destroy()
        self._ended(self)

    def _closed(self, reason: str) -> None:
        if self._handle is not None:
            self._handle = None
            self._listener.closed(reason)
            self.release()


class BrowserSandboxes:
    """Opens sandboxes through the page. Calls leave a sandbox only through the engine."""

    effects: Literal["mediated", "direct"] = "mediated"

    def __init__(self, bridge: Bridge, entrance: Entrance, *, capacity: int = SANDBOXES) -> None:  # 57 MB each
        self._bridge, self._entrance = bridge, entrance
        self.capacity, self.most = capacity, 2 * capacity
        self._open: set[BrowserSandbox] = set()

    async def open(self, loader_id: str, listener: Listener) -> BrowserSandbox:
        """Return a worker that has never run tenant code.

        Raises:
            SandboxUnavailable: no worker could be started here.
        """
        sandbox = BrowserSandbox(self._open.discard, listener, self._entrance)
        try:
            sandbox.joined(await self._bridge.open_sandbox(loader_id, sandbox.onframe, sandbox.onclosed))
        except JsException as error:
            sandbox.release()
            raise SandboxUnavailable(error.message) from None
        self._open.add(sandbox)
        return sandbox

    async def close(self) -> None:
        """Destroy every sandbox."""
        for sandbox in list(self._open):
            sandbox.destroy()
