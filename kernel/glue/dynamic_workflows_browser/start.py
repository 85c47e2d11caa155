"""Starts the engine of a tab and answers its clients."""

from __future__ import annotations

from functools import partial

from dynamic_workflows.host.clocks import SystemEntropy
from dynamic_workflows.host.platform import Platform
from dynamic_workflows.host.verbs import Desk
from dynamic_workflows.shared.errors import StorageFullError, WorkflowError

from .bridge import Bridge
from .clock import BrowserClock
from .sandboxes import BrowserSandboxes
from .store import BrowserStore

HEARTBEAT_MS = 1_000
ANSWER_MS = 50  # for the answers to those whose work found no space, before the page ends this worker


class Engine:
    """What JavaScript holds of the engine."""

    def __init__(self, platform: Platform, bridge: Bridge) -> None:
        self._platform, self._bridge = platform, bridge
        self._core = platform.engine.core
        self._core.on_failure = self._failed
        self._desk = Desk(platform)
        self._desk.watch(bridge.event)
        self._beat()

    async def request(self, text: str) -> str | None:
        """Answer one request; None when the outcome is unknown: then the next engine is asked the same."""
        reply = await self._desk.request(text)
        failure = self._core.failure
        return reply if failure is None or isinstance(failure, StorageFullError) else None

    async def close(self) -> None:
        """Stop in order."""
        await self._platform.close()

    def _beat(self) -> None:
        """Date the end of an engine that is cut off while an outside call lasts: nothing is stored meanwhile."""
        if self._core.failure is None:
            if self._platform.engine.scheduler.active:
                self._bridge.beat()
            self._core.clock.call_later(HEARTBEAT_MS, self._beat)

    def _failed(self, error: BaseException) -> None:
        message = error.message if isinstance(error, WorkflowError) else repr(error)
        delay = ANSWER_MS if isinstance(error, StorageFullError) else 0
        self._core.clock.call_later(delay, partial(self._bridge.lost, type(error).__name__, message))


async def start(bridge: Bridge) -> Engine:
    """Open the store of this tab and go on with every run in it.

    Raises:
        StoreTooNew: a newer release wrote the database; it is left untouched.
        StoreLost, StorageFullError: the first turn could not be stored.
    """
    store = await BrowserStore.open(bridge)
    platform = await Platform.open(
        store,
        clock=BrowserClock(),
        entropy=SystemEntropy(),
        sandboxes=BrowserSandboxes(bridge),
        world_delay=int(bridge.world_delay),
    )
    return Engine(platform, bridge)
