"""Subscriptions: an instance's events from the first one on, then as they happen (semantics C.3)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from dynamic_workflows.host.history.core import SELECT_HISTORY, resolve
from dynamic_workflows.host.history.events import ENDS, TYPES, Entry, View
from dynamic_workflows.host.history.instance import HistoryRow
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.shared.errors import InstanceNotFound, InvalidOptions
from dynamic_workflows.shared.limits import POLL_MS

if TYPE_CHECKING:
    from dynamic_workflows.host.engine import Engine

_SINCE = SELECT_HISTORY.replace("order by", "and seq > ? order by")
_FIND = "select uid from instance where workflow = ? and tenant = ? and id = ?"


class Subscribers:
    """Who waits for news of which instance."""

    def __init__(self) -> None:
        self._of: dict[int, WeakSet[Subscription]] = {}

    def add(self, uid: int, subscription: Subscription) -> None:
        """Tell ``subscription`` of every change of an instance from now on."""
        self._of.setdefault(uid, WeakSet()).add(subscription)

    def remove(self, uid: int, subscription: Subscription) -> None:
        """Tell it nothing any more."""
        waiting = self._of.get(uid)
        if waiting is not None:
            waiting.discard(subscription)
            if not waiting:
                del self._of[uid]

    def changed(self, tx: Transaction, uid: int) -> None:
        """Wake those who wait for an instance, once this turn is durable."""
        for subscription in self._of.get(uid, ()) if self._of else ():
            tx.after(subscription.wake)


class Subscription:
    """The events of one instance's latest life; a cursor and a filter say which of them.

    It ends after the event that ends the instance, also where the filter leaves that out, and when the instance is
    deleted. ``next()`` answers ``{"value", "done"}``; ``async for`` and ``await`` (which looks for the instance
    at once) work too.
    """

    def __init__(
        self, engine: Engine, workflow: str, tenant: str, id: str, options: Mapping[str, Any] | None = None
    ) -> None:
        self.id, self._where = id, (workflow, tenant, id)
        self._engine, self._core = engine, engine.core
        self._cursor, self._filter = _checked(options)
        self._view = View()
        self._uid: int | None = None
        self._seq = self._seen = 0
        self._ready: deque[Entry] = deque()
        self._news: asyncio.Future[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self._over = False

    async def next(self) -> dict[str, Any]:
        """Return ``{"value": event, "done": False}`` once there is an event, or ``{"value": None, "done": True}``.

        Raises:
            InstanceNotFound: there is no such instance.
            StoreError: the engine's storage failed, or it was closed.
        """
        async with self._one_at_a_time:
            while not self._over:
                if not self._ready:
                    await self._more()
                event = self._take()
                if event is not None:
                    return {"value": event, "done": False}
            return {"value": None, "done": True}

    def _take(self) -> dict[str, Any] | None:
        """Return the next event that is here already and wanted."""
        while self._ready:
            entry = self._ready.popleft()
            self._seen = entry.id
            if entry.type in ENDS:
                self.close()
            if entry.id > self._cursor and (self._filter is None or entry.type in self._filter):
                return self._event(entry)
        return None

    async def batch(self, wait: int) -> dict[str, Any]:
        """Return ``{"events", "cursor", "done"}``: what there is, or what comes first within ``wait`` milliseconds."""
        async with self._one_at_a_time:
            await self._look()
        event = self._take()
        if event is None and wait and not self._over:
            event = await self._first(wait)
        events = []
        while event is not None:
            events.append(event)
            event = self._take()
        return {"events": events, "cursor": max(self._seen, self._cursor), "done": self._over}

    async def _first(self, wait: int) -> dict[str, Any] | None:
        first, late = asyncio.ensure_future(self.next()), False

        def give_up() -> None:
            nonlocal late
            late = True
            first.cancel()

        cancel = self._core.clock.call_later(wait, give_up)
        try:
            value: dict[str, Any] | None = (await first)["value"]
        except asyncio.CancelledError:
            if not late:
                raise  # it is not the event that is late: this question was taken back, and ``first`` with it
            return None
        else:
            return value
        finally:
            cancel()
            first.cancel()

    def close(self) -> None:
        """Let go: every later ``next()`` is done."""
        self._over = True
        self._ready.clear()
        if self._uid is not None:
            self._engine.subscribers.remove(self._uid, self)
        self.wake()

    def wake(self) -> None:
        """There is news of the instance."""
        if self._news is not None:
            resolve(self._news, None)

    async def _more(self) -> None:
        news = self._news = asyncio.get_running_loop().create_future()  # before reading: nothing falls in between
        if not await self._look() and not self._over:
            await self._core.wait(news)

    async def _look(self) -> bool:
        """Take in what history has beyond what was read of it; return whether that was anything."""
        rows = await self._core.submit(self._read)
        if rows is None:
            self.close()
            return False
        for row in rows:
            self._ready += self._view.take(row)
        if rows:
            life = self._view.instance.life
            self._ready = deque(entry for entry in self._ready if entry.life == life)
        return bool(rows)

    def _read(self, tx: Transaction) -> list[HistoryRow] | None:
        if self._uid is None:
            found = tx.query(_FIND, self._where)
            if not found:
                raise InstanceNotFound()
            self._uid = int(found[0][0])
            self._engine.subscribers.add(self._uid, self)
        elif not tx.query("select 1 from instance where uid = ?", (self._uid,)):
            return None
        rows = [HistoryRow(*row) for row in tx.query(_SINCE, (self._uid, self._seq))]
        if rows:
            self._seq = rows[-1].seq
        return rows

    def _event(self, entry: Entry) -> dict[str, Any]:
        named = {} if entry.target is None else {"stepName": entry.target}
        common = {"instanceId": self.id, "eventId": entry.id, "timestamp": entry.at, "type": entry.type}
        return {**common, **named, **entry.fields}

    def __await__(self) -> Generator[Any, None, Subscription]:
        return self._opened().__await__()

    async def _opened(self) -> Subscription:
        async with self._one_at_a_time:
            if self._uid is None:
                await self._more()
        return self

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> dict[str, Any]:
        answer = await self.next()
        if answer["done"]:
            raise StopAsyncIteration
        value: dict[str, Any] = answer["value"]
        return value

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


async def poll(subscription: Subscription, wait: int = POLL_MS) -> dict[str, Any]:
    """Return one batch of a subscription and close it; the answer's ``cursor`` is where the next one begins.

    Raises:
        InstanceNotFound: there is no such instance.
    """
    with subscription:
        return await subscription.batch(wait)


def _checked(options: Mapping[str, Any] | None) -> tuple[int, frozenset[str] | None]:
    given = {} if options is None else options
    if not isinstance(given, Mapping) or not given.keys() <= {"cursor", "filter"}:
        raise InvalidOptions(f"subscribe takes cursor, filter or both, not {given!r:.80}.")
    cursor, wanted = given.get("cursor"), given.get("filter")
    if cursor is not None and (type(cursor) is not int or cursor < 0):
        raise InvalidOptions(f"cursor is {cursor!r:.80}: give the eventId of the last event.")
    if wanted is None:
        return cursor or 0, None
    if not isinstance(wanted, list | tuple | set | frozenset):
        raise InvalidOptions(f"filter is {wanted!r:.80}: give a list of event types.")
    unknown = [type for type in wanted if type not in TYPES]
    if unknown:
        raise InvalidOptions(f"filter has {unknown[0]!r:.80}, which is no event type.")
    return cursor or 0, frozenset(wanted)
