"""One turn, as the engine's rules see it: append history, send messages, touch instances; SQL runs once, at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from dynamic_workflows.host.history.instance import ENGINE, HistoryRow, Instance, Where
from dynamic_workflows.host.protocols import Row, Turn

if TYPE_CHECKING:
    from dynamic_workflows.host.history.core import Core

dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode

INSERT_HISTORY = (
    "insert into history (pos, uid, seq, life, at, kind, key, attempt, data, src) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
INSERT_INSTANCE = (
    "insert into instance (workflow, tenant, id, version, params, parent, created, offset, status, phase, life, seq,"
    " priority, ready_at, ended, expires, uid) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE_INSTANCE = (
    "update instance set offset = ?, status = ?, phase = ?, life = ?, seq = ?, priority = ?, ready_at = ?, ended = ?,"
    " expires = ? where uid = ?"
)


DELETED = ("instance", "history", "timer", "wait", "inbox", "sealed", "chunk", "log", "name")


class Destination(Protocol):
    """Where a turn's messages go once they may."""

    def post(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Post the messages of one turn as one frame."""


class Stored:
    """What the derived tables hold for one instance, so that a turn writes differences only."""

    __slots__ = ("inbox", "timers", "waits")

    def __init__(self, instance: Instance | None = None) -> None:
        self.timers: dict[str, tuple[str, int]] = timers_of(instance) if instance else {}
        self.waits: dict[str, tuple[int, str]] = dict(instance.waits) if instance else {}
        self.inbox: dict[int, str] = {seq: event.type for seq, event in instance.inbox.items()} if instance else {}


def timers_of(instance: Instance) -> dict[str, tuple[str, int]]:
    """Return the instance's timers with their wall times; a paused one has none."""
    if instance.held:
        return {}
    return {key: (kind, due - instance.offset) for key, (kind, due) in instance.timers.items()}


class Transaction:
    """The working end of one turn. ``now`` is one reading of the clock, in epoch milliseconds."""

    __slots__ = (
        "_core",
        "_new",
        "_pending",
        "_turn",
        "deleted",
        "dirty",
        "later",
        "ledger",
        "now",
        "outbox",
        "rows",
        "wrote",
    )

    def __init__(self, core: Core, turn: Turn, now: int) -> None:
        self._core, self._turn, self.now = core, turn, now
        self._pending: list[HistoryRow] = []
        self._new: set[int] = set()
        self.rows: list[HistoryRow] = []  # everything this turn appended
        self.dirty: dict[int, Instance] = {}
        self.deleted: dict[int, Where] = {}  # what the instances were called that this turn has deleted
        self.ledger: list[tuple[int, dict[str, Any]]] = []  # uid and row of every ledger row this turn touched
        self.outbox: dict[Destination, list[Mapping[str, Any]]] = {}
        self.later: list[Callable[[], None]] = []
        self.wrote = False

    # -- history ----------------------------------------------------------------------------------------------

    def append(
        self, instance: Instance, kind: str, key: str | None = None, attempt: int | None = None, data: Any = None
    ) -> HistoryRow:
        """Append one row to an instance's history and fold it in: the only way an instance changes."""
        text = data if data is None or type(data) is str else dumps(data)
        pos = self._core.new_pos()
        row = HistoryRow(pos, instance.uid, instance.seq + 1, instance.life, self.now, kind, key, attempt, text)
        instance.fold(row, data)
        self._pending.append(row)
        self.rows.append(row)
        self.dirty[instance.uid] = instance
        if kind == "step.failed":
            self._core.staging.wipe(self, instance, row.key or "")
        return row

    def restart(self, instance: Instance, data: Mapping[str, Any]) -> None:
        """Begin an instance's next life with an empty memo, with other code where ``data`` names it."""
        instance.life += 1
        self.append(instance, "restarted", data=data)
        if "params" in data:
            sql = "update instance set version = ?, params = ? where uid = ?"
            self.execute(sql, (instance.version, instance.params, instance.uid))

    def copy(self, instance: Instance, row: HistoryRow, data: str | None) -> HistoryRow:
        """Append a row of an earlier life again, with its time and where it comes from."""
        copied = row._replace(
            pos=self._core.new_pos(), seq=instance.seq + 1, life=instance.life, data=data, src=row.pos
        )
        instance.fold(copied)
        self._pending.append(copied)
        self.rows.append(copied)
        self.dirty[instance.uid] = instance
        return copied

    def delete(self, instance: Instance) -> None:
        """Remove every trace of an instance but its calls of the outside world."""
        self._write()
        self.wrote = True
        where = self._turn.execute("select workflow, tenant, id from instance where uid = ?", (instance.uid,))
        for workflow, tenant, id in where:
            self.deleted[instance.uid] = workflow, tenant, id
        for table in DELETED:
            self._turn.execute(f"delete from {table} where uid = ?", (instance.uid,))
        self._core.release(instance.uid)
        self._core.staging.forget(instance.uid)
        self._core.changed.pop(instance.uid, None)

    def touch(self, instance: Instance) -> None:
        """Let watchers know of a change that is no part of history."""
        self._core.changed[instance.uid] = instance

    def create(self, instance: Instance, data: Mapping[str, Any]) -> None:
        """Add an instance with its first row."""
        self._new.add(instance.uid)
        self._core.keep(instance, Stored())
        self.append(instance, "queued", data=data)

    def append_engine(self, seq: int, kind: str, data: Mapping[str, Any]) -> None:
        """Append a row about the engine itself."""
        pos = self._core.new_pos()
        self._pending.append(HistoryRow(pos, ENGINE, seq, 1, self.now, kind, None, None, dumps(data)))

    # -- the outbox -------------------------------------------------------------------------------------------

    def send(self, to: Destination, message: Mapping[str, Any]) -> None:
        """Queue a message; it leaves after the flush that covers this turn."""
        messages = self.outbox.get(to)
        if messages is None:
            self.outbox[to] = [message]
        else:
            messages.append(message)

    def after(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` after the flush that covers this turn, behind its messages."""
        self.later.append(callback)

    # -- SQL --------------------------------------------------------------------------------------------------

    def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Write with SQL, behind everything appended so far."""
        self._write()
        self.wrote = True
        return self._turn.execute(sql, args)

    def query(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """Read with SQL what the tables hold, this turn's appends included."""
        self._write()
        return self._turn.execute(sql, args)

    def fence(self) -> Any:
        """Return a context that undoes SQL of one input when it raises."""
        self._write()
        return self._turn.input()

    def finish(self) -> bool:
        """Write what is left; return whether the turn changed anything."""
        self._write()
        return self.wrote

    def _write(self) -> None:
        if not self._pending and not self.dirty:
            return
        self.wrote = True
        many = self._turn.executemany
        if self._pending:
            many(INSERT_HISTORY, self._pending)
            self._pending = []
        changed = self._core.changed
        changed.update(self.dirty)
        dirty, self.dirty = self.dirty, {}
        inserts, updates = [], []
        for uid, i in dirty.items():
            if uid in self._new:
                inserts.append((*i.columns(), uid))
            else:
                when = i.ready_at, i.ended, i.expires
                updates.append((i.offset, i.status, i.phase, i.life, i.seq, i.priority, *when, uid))
            self._derive(i)
        if inserts:
            self._new.clear()
            many(INSERT_INSTANCE, inserts)
        if updates:
            many(UPDATE_INSTANCE, updates)

    def _derive(self, instance: Instance) -> None:
        stored = self._core.stored(instance)
        uid, many = instance.uid, self._turn.executemany
        if instance.timers or stored.timers:
            timers = timers_of(instance)
            if timers != stored.timers:
                gone = [(uid, key) for key in stored.timers if key not in timers]
                new = [(uid, key, *value) for key, value in timers.items() if stored.timers.get(key) != value]
                if gone:
                    many("delete from timer where uid = ? and key = ?", gone)
                if new:
                    many("insert or replace into timer values (?, ?, ?, ?)", new)
                    self._core.timers.add(new)
                stored.timers = timers
        if instance.waits or stored.waits:
            waits = dict(instance.waits)
            gone_waits = [(uid, seq) for key, (seq, _) in stored.waits.items() if key not in waits]
            new_waits = [(uid, seq, key, type) for key, (seq, type) in waits.items() if key not in stored.waits]
            if gone_waits:
                many("delete from wait where uid = ? and seq = ?", gone_waits)
            if new_waits:
                many("insert into wait values (?, ?, ?, ?)", new_waits)
            stored.waits = waits
        if instance.inbox or stored.inbox:
            inbox = {seq: event.type for seq, event in instance.inbox.items()}
            gone_events = [(uid, seq) for seq in stored.inbox if seq not in inbox]
            new_events = [(uid, seq, type) for seq, type in inbox.items() if seq not in stored.inbox]
            if gone_events:
                many("delete from inbox where uid = ? and seq = ?", gone_events)
            if new_events:
                many("insert into inbox values (?, ?, ?)", new_events)
            stored.inbox = inbox
