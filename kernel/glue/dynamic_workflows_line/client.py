"""A client of the engine of this site, as `kernel/line.js` is one for pages.

It finds the engine by its lock, learns of its death by the same lock, and asks the next one the same if this one is
gone before it answered: the engine carries out one id once.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from dynamic_workflows.notebook.errors import NoEngine

from .browser import Channel, Held, fresh_id, gone, held, worker_path
from .names import Names, site_path

DISCOVERY_SECONDS = 0.25  # how often one looks for an engine; an announcement makes most of these needless


class Client:
    """One client's line to whichever engine there is."""

    place = "this browser"
    live = True
    read_only = False

    def __init__(self, names: Names) -> None:
        self._names = names
        self._id = fresh_id()
        self._session = ""
        self._out: Channel | None = None
        self._welcomed = asyncio.Event()
        self._waiting: dict[str, tuple[str, asyncio.Future[str]]] = {}  # by request: its text and who waits for it
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = False
        self._inbox = Channel(names.client(self._id), self._take)
        self._lobby = Channel(names.lobby, self._hear)
        self._alive = Held(names.client(self._id))  # our own sign of life, for the engine
        self._spawn(self._find())

    async def welcomed(self, timeout: float) -> None:
        """Return once an engine has answered.

        Raises:
            NoEngine: none did in so many seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._welcomed.wait()
        except TimeoutError:
            raise NoEngine(
                f"No page of this site answered within {timeout:g} s: open the playground, or reload this page."
            ) from None

    async def request(self, id: str, text: str) -> str:
        """Return the engine's reply; waits until there is an engine.

        Raises:
            NoEngine: the line is closed: everything stored is being erased, or `close` was called.
        """
        if self.closed:
            raise NoEngine("The line to the engine is closed: await connect() opens another one.")
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[id] = text, waiting
        try:
            self._send(text)
            return await waiting
        finally:
            self._waiting.pop(id, None)

    async def close(self) -> None:
        """Let go of everything."""
        if self.closed:
            return
        self.closed = True
        for task in self._tasks:
            task.cancel()
        for _, waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(NoEngine("The line to the engine was closed before it answered."))
        self._leave()
        self._inbox.close()
        self._lobby.close()
        self._alive.release()

    # -- finding an engine ------------------------------------------------------------------------------------

    async def _find(self) -> None:
        self._lobby.post({"kind": "who"})
        while not self._session:
            found = await held(self._names.sessions)
            if found:  # the greatest is the youngest
                self._join(max(found).removeprefix(self._names.sessions))
            else:
                await asyncio.sleep(DISCOVERY_SECONDS)

    def _join(self, session: str) -> None:
        if session == self._session or self.closed:
            return
        self._leave()
        self._session = session
        self._out = Channel(self._names.session(session), _nothing)
        self._out.post({"kind": "hello", "client": self._id})
        self._spawn(self._watch(session))

    async def _watch(self, session: str) -> None:
        await gone(self._names.session(session))
        if session == self._session:
            self._leave()
            await self._find()

    def _leave(self) -> None:
        if self._out is not None:
            self._out.close()
        self._out, self._session = None, ""
        self._welcomed.clear()

    # -- messages ---------------------------------------------------------------------------------------------

    def _send(self, text: str) -> None:
        """Send a request to the engine that welcomed us; without one it is sent when one does."""
        if self._out is not None and self._welcomed.is_set():
            self._out.post({"kind": "request", "client": self._id, "text": text})

    def _take(self, message: Any) -> None:
        if message.kind == "welcome" and message.session == self._session:
            self._welcomed.set()
            for text, _ in list(self._waiting.values()):
                self._send(text)
        elif message.kind == "reply":
            self._answer(str(message.text))

    def _answer(self, reply: str) -> None:
        _, waiting = self._waiting.get(json.loads(reply).get("id"), ("", None))
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _hear(self, message: Any) -> None:
        if message.kind == "session":
            self._join(str(message.session))
        elif message.kind == "leave":
            self._spawn(self.close())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _nothing(message: Any) -> None:
    """Take what other clients say to the engine."""


async def attach(timeout: float) -> Client:
    """Return a line to the engine of this site.

    Raises:
        NoEngine: no page of it answered within ``timeout`` seconds.
    """
    client = Client(Names(site_path(worker_path())))
    try:
        await client.welcomed(timeout)
    except BaseException:
        await client.close()
        raise
    return client
