"""Copies of a store as SQLite files: the whole or one tenant out of it, and a checked file put back in.

A file that comes from outside is hostile: nothing of its schema is used. Its rows are copied into tables of our own,
its histories are folded, and what is derived is made anew from them.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from typing import Any, cast

from dynamic_workflows.host.history.instance import ENGINE
from dynamic_workflows.host.history.rebuild import rebuild
from dynamic_workflows.host.history.schema import VERSION, version
from dynamic_workflows.host.history.transaction import Transaction
from dynamic_workflows.host.protocols import Row
from dynamic_workflows.host.tenants.platform import check_tenant
from dynamic_workflows.host.tenants.timetable import plans_of
from dynamic_workflows.shared.errors import NotAStore, WorkflowError
from dynamic_workflows.shared.limits import VALUE_DEPTH
from dynamic_workflows.shared.nesting import nested_deeper

HEADER = b"SQLite format 3\0"
OWNED = ("history", "sealed", "chunk", "log", "name")  # rows that belong to an instance by its uid; the rest is derived
JSON = {
    "history": ("data",),
    "ledger": ("args", "kwargs", "receipt"),
    "tenant": ("policy",),
}  # texts that the host parses
SINCE = {"name": 2}  # the schema version that brought a table
MIGRATIONS = "_sqlite_migrations"  # what sqlite-utils knows of the schema's past
BATCH = 500


def whole_copy(connection: sqlite3.Connection) -> bytes:
    """Return the database as a file that any SQLite tool opens."""
    return _plain(connection.serialize())


def tenant_copy(connection: sqlite3.Connection, tenant: str) -> bytes:
    """Return a database of the same tables that holds one tenant: its code, its instances and its calls."""
    with closing(_empty_like(connection)) as copy:
        uids = [uid for (uid,) in connection.execute("select uid from instance where tenant = ?", (tenant,))]
        _copy_instances(connection, copy, uids)
        _copy_tenant(connection, copy, tenant)
        _put(copy, "ledger", connection.execute("select * from ledger where tenant = ?", (tenant,)))
        return _plain(copy.serialize())


def runs_copy(connection: sqlite3.Connection, runs: Iterable[Mapping[str, str]], tenants: Iterable[str] = ()) -> bytes:
    """Return a database that holds some instances and their code, so that they can be put back after a deletion.

    Args:
        runs: each with its ``workflow``, ``tenant`` and ``id``.
        tenants: all of whose ended instances it holds as well.
    """
    ended = "select uid, tenant from instance where tenant = ? and ended is not null"
    named = "select uid, tenant from instance where workflow = ? and tenant = ? and id = ?"
    found: dict[int, str] = {}
    for tenant in tenants:
        found.update(connection.execute(ended, (tenant,)).fetchall())
    for run in runs:
        found.update(connection.execute(named, [run[key] for key in ("workflow", "tenant", "id")]).fetchall())
    with closing(_empty_like(connection)) as copy:
        _copy_instances(connection, copy, list(found))
        for of in sorted(set(found.values())):
            _copy_tenant(connection, copy, of)
        return _plain(copy.serialize())


def _copy_instances(connection: sqlite3.Connection, copy: sqlite3.Connection, uids: list[int]) -> None:
    for table in ("instance", *OWNED, "timer", "wait", "inbox"):
        _copy(connection, copy, table, [ENGINE, *uids] if table == "history" else uids)


def _copy_tenant(connection: sqlite3.Connection, copy: sqlite3.Connection, tenant: str) -> None:
    for table in ("ref", "tenant"):
        _put(copy, table, connection.execute(f"select * from {table} where tenant = ?", (tenant,)))
    for hash in sorted(_reachable(connection, tenant)):
        _put(copy, "object", connection.execute("select * from object where hash = ?", (hash,)), "or ignore")


def read_copy(connection: sqlite3.Connection, image: bytes) -> sqlite3.Connection:
    """Return the rows of a file in tables like those of ``connection``, with everything derived made anew.

    Raises:
        NotAStore: it is not a database of this engine, or it is damaged.
        StoreTooNew: a newer release wrote it.
    """
    if not image.startswith(HEADER):
        raise NotAStore("it is not a SQLite file")
    copy = _empty_like(connection)
    try:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as foreign:
            foreign.deserialize(_plain(image))
            _check_file(foreign, connection)
            held = version(foreign)
            for table, columns in _tables(connection).items():
                if table not in ("meta", "request", "schedule") and SINCE.get(table, 1) <= held:
                    _put(copy, table, _checked(table, columns, foreign.execute(f"select * from {table}")))
        _check_objects(copy)
        _check_tenants(copy)
        rebuild(_tables_of(copy))
    except (NotAStore, sqlite3.DatabaseError, MemoryError) as error:
        copy.close()
        raise error if isinstance(error, NotAStore) else NotAStore(f"it is damaged: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError) as error:
        copy.close()
        raise NotAStore(f"a history in it cannot be replayed: {error!r:.200}") from None
    except BaseException:
        copy.close()
        raise
    return copy


def merged(connection: sqlite3.Connection, copy: sqlite3.Connection) -> tuple[bytes, tuple[int, int]]:
    """Return the database with what a checked copy holds in addition, and how many instances came and were here.

    An instance of the same workflow, tenant and id stays as it is here.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as base:
        base.deserialize(_plain(connection.serialize()))
        for pragma in ("page_size = 4096", "auto_vacuum = INCREMENTAL"):
            base.execute(f"pragma {pragma}")
        base.execute("begin")
        here = set(base.execute("select workflow, tenant, id from instance"))
        fresh = [row for row in copy.execute("select uid, workflow, tenant, id from instance") if row[1:] not in here]
        _merge(base, copy, [row[0] for row in fresh])
        rebuild(_tables_of(base))
        base.execute("commit")
        total = copy.execute("select count(*) from instance").fetchone()[0]
        return _plain(base.serialize()), (len(fresh), total - len(fresh))


def _merge(base: sqlite3.Connection, copy: sqlite3.Connection, uids: list[int]) -> None:
    (top,) = base.execute("select coalesce(max(seq), 0) from sqlite_sequence where name = 'instance'").fetchone()
    new = {uid: top + n for n, uid in enumerate(uids, 1)}
    offset = base.execute("select coalesce(max(pos), 0) from history").fetchone()[0]
    _merge_engines(base, copy, uids, offset)
    columns = _tables(base)
    for table in (*OWNED, "ledger"):
        at = {name: n for n, name in enumerate(columns[table])}
        rows = []
        for row in map(list, copy.execute(f"select * from {table} order by 1, 2")):
            if row[at["uid"]] not in new:
                continue
            row[at["uid"]] = new[row[at["uid"]]]
            if table == "history":
                row[at["pos"]] += offset
                row[at["src"]] = None if row[at["src"]] is None else row[at["src"]] + offset
            elif "pos" in at:
                row[at["pos"]] = None  # the next one here
            rows.append(row)
        _put(base, table, rows)
    for table in ("object", "ref", "tenant"):
        _put(base, table, copy.execute(f"select * from {table}"), "or ignore")


def _merge_engines(base: sqlite3.Connection, copy: sqlite3.Connection, uids: list[int], offset: int) -> None:
    """Take over the engine's rows since the first of these instances: where they were cut off, and when.

    They say nothing of the instances that are here. So their ``life`` holds the position before which an instance must
    not have begun: see ``binding.history``.
    """
    (since,) = copy.execute(
        "select min(pos) from history where uid in (select value from json_each(?))", (json.dumps(uids),)
    ).fetchone()
    (seq,) = base.execute("select coalesce(max(seq), 0) from history where uid = ?", (ENGINE,)).fetchone()
    rows = copy.execute(
        "select pos + :offset, uid, :seq + row_number() over (order by pos), life + :offset, at, kind, key, attempt,"
        " data, null from history where uid = :engine and pos > :since and kind = :kind and json_valid(data)",
        {"offset": offset, "seq": seq, "engine": ENGINE, "since": since, "kind": "engine_started"},
    )
    _put(base, "history", rows.fetchall())


def _check_file(foreign: sqlite3.Connection, ours: sqlite3.Connection) -> None:
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY"):
        foreign.execute(f"pragma {pragma}")
    held = version(foreign)
    if held == 0:
        raise NotAStore("it has no tables of this engine")
    known = dict(foreign.execute("select name, sql from sqlite_master where type = 'table'"))
    for type, name, sql in _schema(ours):
        if type == "table" and name != MIGRATIONS and SINCE.get(name, 1) <= held and known.get(name) != sql:
            raise NotAStore(f"its table {name} is not one of this engine")
    (found,) = foreign.execute("pragma integrity_check(1)").fetchone()
    if found != "ok":
        raise NotAStore(f"it is damaged: {found}")


def _checked(table: str, columns: Sequence[str], rows: Iterable[Row]) -> Iterable[Row]:
    texts = [n for n, name in enumerate(columns) if name in JSON.get(table, ())]
    for row in rows:
        for n in texts:
            if isinstance(row[n], str) and nested_deeper(row[n], VALUE_DEPTH + 10):
                raise NotAStore(f"a text in {table} is nested too deep")
        yield row


def _check_objects(copy: sqlite3.Connection) -> None:
    for hash, kind, content in copy.execute("select hash, kind, bytes from object"):
        if not isinstance(content, bytes) or kind not in ("blob", "tree"):
            raise NotAStore("an object in it is not code")
        if hashlib.sha256(str(kind).encode() + b"\0" + content).hexdigest()[:40] != hash:
            raise NotAStore(f"the code {hash!r:.60} does not have the content it is named by")
        if kind == "tree" and nested_deeper(content.decode(), 4):
            raise NotAStore("a list of files in it is nested too deep")


def _check_tenants(copy: sqlite3.Connection) -> None:
    for tenant, policy in copy.execute("select tenant, policy from tenant"):
        try:
            check_tenant(tenant)
            plans_of(policy)
        except (WorkflowError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise NotAStore(f"the schedules of {tenant!r:.80} cannot be read: {error!r:.200}") from None


def _reachable(connection: sqlite3.Connection, tenant: str) -> set[str]:
    sql = (
        "select r.hash from ref r where r.tenant = :tenant union select json_each.value from ref r"
        " join object o on o.hash = r.hash, json_each(cast(o.bytes as text), '$.files') where r.tenant = :tenant"
    )
    return {hash for (hash,) in connection.execute(sql, {"tenant": tenant})}


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    sql = "select type, name, sql from sqlite_master where sql is not null order by rowid"
    return [row for row in connection.execute(sql).fetchall() if not row[1].startswith("sqlite_")]


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    names = [name for type, name, _ in _schema(connection) if type == "table" and name != MIGRATIONS]
    return {name: [row[1] for row in connection.execute(f"pragma table_info({name})")] for name in names}


def _empty_like(connection: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    for pragma in ("page_size = 4096", "auto_vacuum = INCREMENTAL", f"user_version = {VERSION}"):
        copy.execute(f"pragma {pragma}")
    for _, _, sql in _schema(connection):
        copy.execute(sql)
    _put(copy, MIGRATIONS, connection.execute(f"select * from {MIGRATIONS}"))
    return copy


def _copy(source: sqlite3.Connection, copy: sqlite3.Connection, table: str, uids: Sequence[int]) -> None:
    for start in range(0, len(uids), BATCH):
        part = uids[start : start + BATCH]
        _put(copy, table, source.execute(f"select * from {table} where uid in ({', '.join('?' * len(part))})", part))


def _put(copy: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]], how: str = "") -> None:
    width = len(copy.execute(f"pragma table_info({table})").fetchall())
    outer = copy.in_transaction
    if not outer:
        copy.execute("begin")
    copy.executemany(f"insert {how} into {table} values ({', '.join('?' * width)})", rows)
    if not outer:
        copy.execute("commit")


class _Tables:
    """As much of a transaction as it takes to rebuild what is derived."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def query(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(sql, args).fetchall()

    execute = query


def _tables_of(connection: sqlite3.Connection) -> Transaction:
    return cast(Transaction, _Tables(connection))


def _plain(image: bytes) -> bytes:
    """Mark a file as one with a rollback journal: one that says WAL cannot be opened without its second file."""
    return image[:18] + b"\x01\x01" + image[20:]
