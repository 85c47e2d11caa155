// A worker with Pyodide's own sqlite3 on a block file, driven by the page.
import {loadPyodide} from '../runtime/pyodide.mjs';
import {BlockFile} from '../kernel/block-file.js';
import {toWire} from '../kernel/errors.js';
import {PRELUDE, SCENARIOS} from './scenarios.js';

const LOCK = '{"info":{"abi_version":"2026_0","arch":"wasm32","platform":"emscripten","python":"3.14.0","version":"314.0.7"},"packages":{}}';
const booted = loadPyodide({indexURL: new URL('../runtime/', import.meta.url).href, lockFileContents: LOCK});
let file;

const operations = {
  async open({database, ...options}) {
    const python = await booted;
    const onblocked = () => postMessage({told: 'blocked'});
    file = await BlockFile.open(python.FS, `/data/${database}`, database, {...options, onblocked});
    file.onlost = error => postMessage({told: error.name});
    python.runPython('import sqlite3, random, json; connections = {}');
    const {epoch, previous, lastSeen, storage, durability, readOnly} = file;
    return {epoch, previous, lastSeen, storage, durability, readOnly};
  },
  // Runs a scenario; after each step the next owner must find the same bytes. Returns what it did not find.
  async scenario({name, database, logBytes}) {
    const python = await booted;
    const {steps} = SCENARIOS.find(scenario => scenario.name === name);
    python.globals.set('connections', python.toPy({}));
    python.globals.set('file', name => file.file(name));
    python.runPython(PRELUDE);
    for (const [number, code] of steps.entries()) {
      python.runPython(code);
      await file.flush();
      const next = await BlockFile.open(python.FS, `/data/${database}/${number}`, database, {logBytes});
      const [found, expected] = [next, file].map(one => one.contents());
      const same = found.length === expected.length && found.every(({name, bytes}, n) => name === expected[n].name
        && bytes.length === expected[n].bytes.length && bytes.every((byte, at) => byte === expected[n].bytes[at]));
      if (!same) return code;
      python.runPython('shut()');
      file = next;
    }
    return null;
  },
  ask: ({wanted}) => file.ask(wanted),
  durability: () => file.durability,
  async sql({name = 'main.sqlite', script, query = null}) {
    const python = await booted;
    python.globals.set('path', file.file(name));
    python.globals.set('script', script ?? '');
    python.globals.set('query', query);
    return JSON.parse(python.runPython(`
c = connections.get(path)
if c is None:
    c = connections[path] = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size=4096", "auto_vacuum=INCREMENTAL", "journal_mode=MEMORY", "synchronous=OFF", "locking_mode=EXCLUSIVE", "temp_store=MEMORY"):
        c.execute("pragma " + pragma)
c.executescript(script)
json.dumps(c.execute(query).fetchall() if query else None)
`));
  },
  async python({code}) {
    return (await booted).runPython(code);
  },
  async write({name, at, bytes, truncate}) {
    const {FS} = await booted;
    const path = file.file(name);
    if (truncate !== undefined) FS.truncate(path, truncate);
    if (bytes) {
      const stream = FS.open(path, 'r+');
      FS.write(stream, Uint8Array.from(bytes), 0, bytes.length, at);
      FS.close(stream);
    }
  },
  async read({name}) {
    const {FS} = await booted;
    return [...FS.readFile(file.file(name))];
  },
  flush: () => file.flush(),
  beat: () => file.beat(),
  close: () => file.close(),
  statistics: () => file.statistics,
  // Breaks the next transactions for real: `puts` counts how many of them are aborted at their first put.
  async sabotage({transactions, name = null}) {
    const {put} = IDBObjectStore.prototype;
    let left = transactions;
    const seen = new WeakSet();
    IDBObjectStore.prototype.put = function (...args) {
      const request = put.apply(this, args);
      if (!seen.has(this.transaction) && left-- > 0) this.transaction.abort();
      seen.add(this.transaction);
      return request;
    };
    if (name) Object.defineProperty(IDBTransaction.prototype, 'error', {get: () => new DOMException('made by a test', name)});
  },
  // Writes for ever; what was flushed is told to the page.
  async load({from}) {
    const python = await booted;
    const path = file.file('main.sqlite');
    const tenant = file.file('tenant.sqlite');
    python.globals.set('paths', python.toPy([path, tenant]));
    const step = python.runPython(`
def opened(path):
    c = sqlite3.connect(path, isolation_level=None)
    for pragma in ("page_size=4096", "journal_mode=MEMORY", "synchronous=OFF", "locking_mode=EXCLUSIVE"):
        c.execute("pragma " + pragma)
    c.execute("create table if not exists h(n integer primary key, k int unique, v)")
    c.execute("create table if not exists w(a int, b int, v, primary key(a, b)) without rowid")
    return c
pair = [opened(path) for path in paths]
def step(k):
    for c in pair:
        c.execute("begin")
        c.execute("insert into h(k, v) values(?, ?)", (k, "x" * random.randrange(3000)))
        c.execute("insert or replace into w values(?, ?, ?)", (random.randrange(300), random.randrange(50), "y" * random.randrange(2000)))
        if k % 97 == 0: c.execute("delete from w where a < 100")
        c.execute("commit")
step
`);
    for (let k = from; ;) {
      for (let n = 1 + Math.floor(Math.random() * 5); n > 0; n--) step(k++);
      const done = k - 1;
      await file.flush();
      postMessage({acknowledged: done});
    }
  },
};

onmessage = async ({data: {id, operation, args}}) => {
  try {
    postMessage({id, ok: await operations[operation](args) ?? null});
  } catch (error) {
    postMessage({id, error: toWire(error)});
  }
};
