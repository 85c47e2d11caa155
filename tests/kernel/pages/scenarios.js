// What SQLite does to its files, as steps of Python. After each step the files are flushed, the owner is lost, and
// the next one must find the same bytes. Node runs them over a shelf, Chromium over IndexedDB.

/** The names that steps may use. */
export const PRELUDE = `
import os, random, sqlite3
OURS = ("page_size=4096", "auto_vacuum=INCREMENTAL", "journal_mode=MEMORY", "synchronous=OFF", "locking_mode=EXCLUSIVE")
def db(name="main.sqlite", pragmas=OURS):
    if name not in connections:
        connections[name] = sqlite3.connect(file(name), isolation_level=None)
        for pragma in pragmas:
            connections[name].execute("pragma " + pragma)
    return connections[name]
def sql(script, name="main.sqlite", **options):
    db(name, **options).executescript(script)
def rows(n, size=3000, name="main.sqlite"):
    sql(f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {n})"
        f" insert into t(v) select randomblob({size}) from n", name)
def shut():
    for connection in connections.values():
        connection.close()
    connections.clear()
`;

const TABLE = 'sql("create table t(k integer primary key, v)")';

/** @type {{name: string, steps: string[], slow?: boolean}[]} */
export const SCENARIOS = [
  {name: 'every kind of statement', steps: [
    `sql('''create table a(k integer primary key, v text, w real); create unique index a_v on a(v);
      create table b(x, y, primary key(x, y)) without rowid; create view c as select v from a;
      create trigger d after insert on a begin insert into b values(new.k, new.v); end''')`,
    `sql("insert into a(v, w) values('one', 1.5), ('two', 2.5); insert or replace into a values(1, 'uno', 0)")`,
    `sql("insert into a(v) values('two') on conflict(v) do update set w = 9; update a set v = v || v; delete from b where x = 1")`,
    `sql("begin; insert into a(v) values('gone'); rollback; begin; insert into a(v) values('kept'); savepoint s; delete from a; rollback to s; commit")`,
    `sql("alter table a add column more default 7; alter table a rename column w to weight; alter table a drop column more")`,
    `sql("create table big(v); insert into big values(zeroblob(200000))")
with db().blobopen("big", "v", 1) as blob: blob.seek(70001); blob.write(b"unaligned")`,
    `sql("create temp table x(v); insert into x values(1); drop view c; drop table b; reindex; analyze; pragma optimize; pragma user_version = 1; pragma application_id = 7")`,
    `sql("drop table big; drop trigger d; drop table a")`,
  ]},
  {name: 'truncation by incremental vacuum, and growth afterwards', steps: [
    TABLE, 'rows(300)', 'sql("delete from t where k > 20; pragma incremental_vacuum(100)")',
    'sql("pragma incremental_vacuum")', 'rows(40)', 'sql("delete from t; pragma incremental_vacuum")', 'rows(300)',
  ]},
  {name: 'VACUUM', steps: [TABLE, 'rows(300)', 'sql("delete from t where k % 3; vacuum")', 'rows(10)', 'sql("vacuum")', 'sql("delete from t; vacuum")', 'rows(50)']},
  ...[512, 1024, 8192, 65536].map(size => ({name: `pages of ${size} bytes`, steps: [
    `db(pragmas=("page_size=${size}", *OURS[1:]))\n${TABLE}`, 'rows(100)', 'sql("delete from t where k % 2")', 'sql("vacuum")',
    'sql("pragma page_size = 4096; vacuum")', 'rows(20)',
  ]})),
  ...['DELETE', 'TRUNCATE', 'PERSIST', 'OFF'].map(mode => ({name: `journal mode ${mode}`, steps: [
    `db(pragmas=("page_size=4096", "journal_mode=${mode}"))\n${TABLE}`, 'rows(100)', 'sql("begin; delete from t; commit")', 'rows(3)',
  ]})),
  {name: 'memory-mapped reading', steps: [TABLE, 'rows(200)', 'sql("pragma mmap_size = 1000000"); db().execute("select sum(length(v)) from t").fetchone()', 'rows(20)', 'sql("delete from t; vacuum")']},
  {name: 'sixty tenants in one flush', steps: [
    `for n in range(60): sql("create table t(k integer primary key, v)", f"tenant-{n}.sqlite"); rows(n % 7, name=f"tenant-{n}.sqlite")`,
    `for n in range(0, 60, 2): sql("delete from t; vacuum", f"tenant-{n}.sqlite")`,
    `for n in range(60): rows(1, 9000, f"tenant-{n}.sqlite")`,
    `shut(); rows(2, name="tenant-59.sqlite"); sql("create table t(k integer primary key, v)", "tenant-60.sqlite")`,
  ]},
  {name: 'a connection that is closed and opened again', steps: [TABLE, 'shut()', 'rows(5)', 'shut(); rows(5)']},
  {name: 'unaligned writes, holes and lengths of every kind', steps: [
    ...['seek(5000), f.write(b"x")', 'seek(0), f.write(b"a" * 9001)', 'truncate(300_000)', 'seek(123_456), f.write(os.urandom(70_001))',
      'truncate(4095)', 'seek(4094), f.write(b"across")', 'truncate(65_537)', 'seek(65_536), f.write(b"!")', 'truncate(1)',
      'seek(200_001), f.write(b"far")', 'truncate(0)', 'truncate(4096)', 'seek(4096), f.write(b"y" * 4096)']
      .map(change => `with open(file("raw"), "r+b") as f: f.${change}`),
    `open(file("raw"), "wb").write(b"made anew")`,
    `os.truncate(file("raw"), 70_000); open(file("raw"), "ab").write(b"appended")`,
    `fd = os.open(file("raw"), os.O_RDWR); os.pwrite(fd, b"p" * 5000, 66_000); os.ftruncate(fd, 68_001); os.close(fd)`,
  ]},
  {name: 'a database of more than 100 MB', slow: true, steps: [
    TABLE, ...Array(6).fill('for _ in range(5): rows(4, 1_000_000)'), 'sql("update t set v = zeroblob(10) where k % 7 = 0")', 'rows(1, 3_000_000)',
    'sql("delete from t where k > 60; pragma incremental_vacuum")',
  ]},
];
