"""Derived tables from history alone, and the check that they equal what turns wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dynamic_workflows.host.history.instance import HistoryRow, Instance
from dynamic_workflows.host.history.transaction import INSERT_INSTANCE, Transaction, timers_of

COLUMNS = (
    "workflow, tenant, id, version, params, parent, created, offset, status, phase, life, seq, priority, ready_at,"
    " ended, expires, uid"
)
TABLES = {
    "instance": f"select {COLUMNS} from instance order by uid",
    "timer": "select uid, key, kind, due from timer order by uid, key",
    "wait": "select uid, seq, key, type from wait order by uid, seq",
    "inbox": "select uid, seq, type from inbox order by uid, seq",
}
Derived = dict[str, list[tuple[Any, ...]]]


def derive(tx: Transaction) -> Derived:
    """Return what the derived tables must hold, from history alone."""
    tables: Derived = {name: [] for name in TABLES}
    for i in _instances(tx):
        tables["instance"].append((*i.columns(), i.uid))
        tables["timer"] += [(i.uid, key, *timer) for key, timer in sorted(timers_of(i).items())]
        tables["wait"] += sorted((i.uid, seq, key, type) for key, (seq, type) in i.waits.items())
        tables["inbox"] += sorted((i.uid, seq, event.type) for seq, event in i.inbox.items())
    return tables


def stored(tx: Transaction) -> Derived:
    """Return what the derived tables do hold."""
    return {name: tx.query(sql) for name, sql in TABLES.items()}


def rebuild(tx: Transaction) -> None:
    """Make the derived tables anew from history."""
    tables = derive(tx)
    for name in TABLES:
        tx.execute(f"delete from {name}")
    for row in tables["instance"]:
        tx.execute(INSERT_INSTANCE, row)
    for name, width in (("timer", 4), ("wait", 4), ("inbox", 3)):
        for row in tables[name]:
            tx.execute(f"insert into {name} values ({', '.join('?' * width)})", row)


def _instances(tx: Transaction) -> Iterator[Instance]:
    columns = ", ".join(HistoryRow._fields)
    rows = tx.query(f"select {columns} from history where uid > 0 order by uid, seq")
    instance = Instance(0)
    for row in map(HistoryRow._make, rows):
        if row.uid != instance.uid:
            if instance.uid:
                yield instance
            instance = Instance(row.uid)
        instance.fold(row)
    if instance.uid:
        yield instance
