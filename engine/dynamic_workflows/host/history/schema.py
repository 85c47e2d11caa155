"""The tables, owned by sqlite-utils migrations. See design: one history, and tables derived from it."""

from __future__ import annotations

import sqlite3

from dynamic_workflows.shared.errors import StoreTooNew

VERSION = 2

FIRST = """
create table meta (key text primary key, value) without rowid;
create table instance (
  uid integer primary key autoincrement, workflow text not null, tenant text not null, id text not null,
  version text, params text, parent text, created integer not null, offset integer not null, status text not null,
  phase text not null, life integer not null, seq integer not null, priority integer not null,
  ready_at integer, ended integer, expires integer, unique (workflow, tenant, id));
create index instance_ready on instance (ready_at) where ready_at is not null;
create index instance_tenant on instance (tenant, workflow, uid);
create table history (
  pos integer primary key, uid integer not null, seq integer not null, life integer not null, at integer not null,
  kind text not null, key text, attempt integer, data text, src integer);
create unique index history_of on history (uid, seq);
create table timer (uid integer, key text, kind text not null, due integer not null, primary key (uid, key))
  without rowid;
create index timer_due on timer (due);
create table wait (uid integer, seq integer, key text not null, type text not null, primary key (uid, seq))
  without rowid;
create table inbox (uid integer, seq integer, type text not null, primary key (uid, seq)) without rowid;
create table sealed (uid integer, seq integer, value text, primary key (uid, seq)) without rowid;
create table chunk (uid integer, life integer, key text, n integer, bytes blob, primary key (uid, life, key, n))
  without rowid;
create table log (
  pos integer primary key, uid integer not null, key text, attempt integer, at integer not null,
  level text not null, text text not null);
create index log_of on log (uid, pos);
create table ledger (
  pos integer primary key, tenant text not null, uid integer not null, step text, attempt integer,
  method text not null, args text not null, kwargs text not null, key text, receipt text not null,
  asked integer not null, done integer not null, at integer not null);
create index ledger_key on ledger (tenant, method, key);
create index ledger_of on ledger (uid);
create table request (id text primary key, at integer not null, reply text not null) without rowid;
create index request_at on request (at);
create table schedule (workflow text, cron text, last_at integer, primary key (workflow, cron)) without rowid;
create table object (hash text primary key, kind text not null, bytes blob not null);
create table ref (tenant text, name text, hash text not null, at integer not null, primary key (tenant, name))
  without rowid;
create table tenant (tenant text primary key, policy text not null, created integer not null) without rowid;
"""


SECOND = "create table name (uid integer primary key, name text not null)"  # of instances that were given one


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to this release's schema; ``user_version`` tells whether there is anything to do.

    Raises:
        StoreTooNew: a newer release wrote this database.
    """
    if version(connection) == VERSION:
        return
    from sqlite_utils import Database, Migrations  # 73 ms in the browser: only when a schema is made or changed

    migrations = Migrations("dynamic_workflows")

    @migrations(name="1")
    def first(db: Database) -> None:
        for statement in FIRST.split(";"):
            if statement.strip():
                db.execute(statement)

    @migrations(name="2")
    def second(db: Database) -> None:
        db.execute(SECOND)

    migrations.apply(Database(connection))
    connection.execute(f"pragma user_version = {VERSION}")


def version(connection: sqlite3.Connection) -> int:
    """Return the schema version of a database, 0 for a new one, without changing it.

    Raises:
        StoreTooNew: a newer release wrote this database.
    """
    (found,) = connection.execute("pragma user_version").fetchone()
    if found > VERSION:
        raise StoreTooNew(found, VERSION)
    return int(found)
