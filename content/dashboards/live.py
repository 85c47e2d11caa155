"""Following an engine: one reading after another, as many as changes and their cost allow."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import panel as pn

from dynamic_workflows.notebook import Connection

PAUSE = 0.2  # seconds between two readings at least: changes are shown within a second, however many there are
SHARE = 3  # a reading of n seconds is followed by as many times n without one
TICK = 5.0  # seconds without a change until what depends on the time is read anew
AGAIN = 1.0  # seconds until an engine that does not answer is asked again

Read = Callable[[], Awaitable[None]]
Told = Callable[[Exception | None], None]


class Follower:
    """Calls `read` now, after changes, and every few seconds; `told` hears of an error, and of None when it is over.

    What nobody sees is read once: a notebook keeps views whose output is gone.
    """

    def __init__(self, platform: Connection, view: pn.viewable.Viewable, read: Read, told: Told) -> None:
        self._platform, self._view, self._read, self._told = platform, view, read, told
        self._known = False
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Lock()

    def start(self) -> None:
        """Begin, once there is a loop; end with the session, where there is one."""
        try:
            self._task = asyncio.get_running_loop().create_task(self._follow())
        except RuntimeError:
            pn.state.onload(self.start)
            return
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.on_session_destroyed(lambda _: self.stop())

    def stop(self) -> None:
        """Ask nothing any more."""
        if self._task is not None:
            self._task.cancel()

    async def now(self) -> None:
        """Read at once: the reader has asked for something else, or changed something."""
        try:
            async with self._reading:
                await self._read()
        except Exception as error:
            self._told(error)

    async def _look(self) -> float:
        """Read, if anybody sees it, and return for how many seconds not to."""
        began = time.monotonic()
        if not self._known or is_shown(self._view):
            async with self._reading:
                await self._read()
            self._known = True
            self._told(None)
        return max(PAUSE, SHARE * (time.monotonic() - began))

    async def _follow(self) -> None:
        while True:
            try:
                async with contextlib.aclosing(_changes(self._platform)) as changes:
                    async for _ in changes:
                        await asyncio.sleep(await self._look())
            except Exception as error:
                self._told(error)
            await asyncio.sleep(AGAIN)


def is_shown(view: pn.viewable.Viewable) -> bool:
    """Return whether a view is anywhere on a page. Panel has no public way to ask."""
    return bool(view._models)


async def _changes(platform: Connection) -> AsyncGenerator[None, None]:
    """Yield at each change, and every few seconds without one."""
    changes = platform.subscribe()
    news: asyncio.Future[Any] = asyncio.ensure_future(anext(changes))
    try:
        while True:
            done, _ = await asyncio.wait({news}, timeout=TICK)
            if done:
                news.result()
                news = asyncio.ensure_future(anext(changes))
            yield
    finally:
        news.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await news
        await changes.aclose()
