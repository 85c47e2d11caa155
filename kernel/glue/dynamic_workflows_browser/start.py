"""The engine of a tab, as JavaScript holds it: started, asked, told of flushes, closed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from pyodide.ffi import JsException, to_js

from dynamic_workflows.host.clocks import SystemEntropy
from dynamic_workflows.host.desk.reader import FULL, open_reader
from dynamic_workflows.host.desk.verbs import Desk
from dynamic_workflows.host.history.crash_points import crash_at
from dynamic_workflows.host.tenants.copies import read_copy, runs_copy, tenant_copy, whole_copy
from dynamic_workflows.host.tenants.platform import Platform
from dynamic_workflows.shared.errors import StorageFullError, WorkflowError

from .bridge import Bridge
from .clock import BrowserClock
from .entrance import Entrance
from .sandboxes import BrowserSandboxes
from .store import BrowserStore

HEARTBEAT_MS = 1_000
PUSH_MS = 16  # one frame of a screen
ANSWER_MS = 50  # for the answers to those whose work found no space, before the page ends this worker

Done = Callable[[str | None, str | None], None]  # the name and the message of an error, or twice None


class Engine:
    """One engine over the store of this tab. Every method may be called by JavaScript at any time."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._entrance = Entrance(bridge.alarm, bridge.report)
        self._store: BrowserStore | None = None
        self._platform: Platform | None = None
        self._desk: Desk | None = None
        self._clock = BrowserClock(self._entrance.loop, int(bridge.clock_offset))
        self._drift = self._clock.now() - self._clock.elapsed()
        self._tasks: set[asyncio.Task[None]] = set()

    def turn(self) -> None:
        """Run the turn that ``Bridge.alarm`` was asked for."""
        self._entrance.turn()

    def flushed(self, name: str | None = None, message: str | None = None) -> None:
        """Take the end of a flush: nothing, or the name and the message of its error."""
        assert self._store is not None
        self._entrance.enter(self._store.flushed, name, message)

    def start(self, done: Done) -> None:
        """Open the store of this tab and go on with every run in it; ``done`` learns of the first turn's end.

        Its errors: ``StoreTooNew`` (a newer release wrote the database, which is left untouched), ``StoreLost`` and
        ``StorageFullError`` (the first turn could not be stored).
        """
        self._spawn(self._start(), done)

    def request(self, text: str, answer: Callable[[str | None], None]) -> None:
        """Answer one request; None when the outcome is unknown: then the next engine is asked the same."""
        self._spawn(self._answer(text, answer))

    def close(self, done: Done) -> None:
        """Stop in order."""
        self._spawn(self._close(), done)

    def crash(self, point: str, done: Done) -> None:
        """End this engine by ``Bridge.cut`` in the moment in which it comes to a crash point.

        Its errors: ``WorkflowError`` (there is no such point), ``StorageFullError`` (this engine only reads).
        """
        self._spawn(self._crash(point), done)

    def look(self, offset: int | None = None) -> None:
        """Look at the clock, which may have been asleep or set; ``offset`` sets it."""
        if offset is not None:
            self._clock.offset = int(offset)
        self._entrance.enter(self._look)

    def image(self, tenant: str | None = None) -> Any:
        """Return the database as a SQLite file, whole or one tenant's."""
        assert self._store is not None
        connection = self._store.connection
        return to_js(whole_copy(connection) if tenant is None else tenant_copy(connection, tenant))

    def part(self, order: str) -> Any:
        """Return some ``runs``, and the ended ones of ``tenants``, as a SQLite file; ``order`` is JSON text."""
        assert self._store is not None
        wanted = json.loads(order)
        return to_js(runs_copy(self._store.connection, wanted["runs"], wanted.get("tenants", ())))

    def examine(self, content: Any) -> None:
        """Check a file; ``close`` then puts its rows into the database.

        Raises:
            NotAStore, StoreTooNew: it is not one of ours, or not of this release.
            StorageFullError: there is no room.
        """
        assert self._store is not None
        if self._platform is None:
            raise StorageFullError(FULL)
        self._store.succeeded_by(read_copy(self._store.connection, content.to_bytes()))

    def counts(self) -> Any:
        """Return how many instances an import put in, and how many it left as they were."""
        assert self._store is not None
        return to_js(self._store.counts)

    def _spawn(self, work: Coroutine[Any, Any, None], done: Done | None = None) -> None:
        self._entrance.enter(self._begin, work, done)

    def _begin(self, work: Coroutine[Any, Any, None], done: Done | None) -> None:
        task = self._entrance.loop.create_task(work if done is None else _reported(work, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self) -> None:
        bridge = self._bridge
        self._store = await BrowserStore.open(bridge)
        clock, entropy = self._clock, SystemEntropy()
        sandboxes = BrowserSandboxes(bridge, self._entrance)
        if bridge.read_only:
            self._desk = open_reader(self._store, clock=clock, entropy=entropy, sandboxes=sandboxes)
            self._desk.watch(bridge.event, every=PUSH_MS)
            return
        platform = await Platform.open(
            self._store, clock=clock, entropy=entropy, sandboxes=sandboxes, world_delay=int(bridge.world_delay)
        )
        self._platform = platform
        platform.engine.core.on_failure = self._failed
        self._desk = Desk(platform, budget=int(bridge.budget))
        self._desk.watch(bridge.event, every=PUSH_MS)
        self._beat(platform)

    async def _answer(self, text: str, answer: Callable[[str | None], None]) -> None:
        assert self._desk is not None
        reply = await self._desk.request(text)
        failure = self._platform.engine.core.failure if self._platform is not None else None
        answer(reply if failure is None or isinstance(failure, StorageFullError) else None)

    async def _crash(self, point: str) -> None:
        if self._platform is None:
            raise StorageFullError(FULL)
        crash_at(self._platform.engine.core, point, self._bridge.cut)

    def _look(self) -> None:
        if self._platform is not None:
            self._platform.engine.core.look()

    async def _close(self) -> None:
        if self._platform is not None:
            await self._platform.close()
        elif self._store is not None:
            await self._bridge.close_files()

    def _beat(self, platform: Platform) -> None:
        """Date the end of an engine that is cut off while an outside call lasts: nothing is stored meanwhile."""
        engine = platform.engine
        if engine.core.failure is None:
            if engine.scheduler.active:
                self._bridge.beat()
            drift = self._clock.now() - self._clock.elapsed()
            if abs(drift - self._drift) > HEARTBEAT_MS:  # it was set, or the machine was suspended
                self._drift = drift
                engine.core.look()
            engine.core.clock.call_later(HEARTBEAT_MS, partial(self._beat, platform))

    def _failed(self, error: BaseException) -> None:
        name, message = _told(error)
        full = isinstance(error, StorageFullError)
        unstored = self._store.unstored() if full and self._store is not None else 0
        self._entrance.loop.call_later(ANSWER_MS / 1_000 if full else 0, self._bridge.lost, name, message, unstored)


async def _reported(work: Coroutine[Any, Any, None], done: Done) -> None:
    try:
        await work
    except Exception as error:
        done(*_told(error))
    else:
        done(None, None)


def _told(error: BaseException) -> tuple[str, str]:
    if isinstance(error, JsException):
        return error.name, error.message
    return type(error).__name__, error.message if isinstance(error, WorkflowError) else repr(error)
