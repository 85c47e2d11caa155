// @ts-check
// The contract of the block file under SQLite, in Node: files live on a shelf, an owner is lost after every step.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {loadPyodide} from 'pyodide';
import {BlockFile} from '../../kernel/block-file.js';
import {Shelf} from '../../kernel/kept-store.js';
import {PRELUDE, SCENARIOS} from './pages/scenarios.js';

const python = await loadPyodide({stdout: () => {}});
let directories = 0;

/** @param {Shelf} keeper @param {number} logBytes */
const open = (keeper, logBytes) =>
  BlockFile.open(python.FS, `/data/${directories++}`, 'contract', {keeper, logBytes});

/** @param {BlockFile} file */
function steps(file) {
  python.runPython('connections = {}');
  python.globals.set('file', (/** @type {string} */ name) => file.file(name));
  python.runPython(PRELUDE);
  return (/** @type {string} */ code) => python.runPython(code);
}

/** @param {BlockFile} file */
const bytesOf = file => Object.fromEntries(file.contents().map(({name, bytes}) => [name, Buffer.from(bytes)]));

/** @param {BlockFile} file */
function sound(file) {
  for (const {name} of file.contents().filter(({name}) => name.endsWith('.sqlite'))) {
    python.globals.set('path', file.file(name));
    assert.equal(python.runPython('import sqlite3\nwith sqlite3.connect(path) as c: found = c.execute("pragma integrity_check").fetchone()[0]\nc.close()\nfound'), 'ok', name);
  }
}

for (const [kind, logBytes] of /** @type {const} */ ([['log', 4 << 20], ['checkpoints', 1]])) {
  for (const {name, steps: codes, slow} of SCENARIOS) {
    if (slow && logBytes === 1) continue;
    test(`${name}: the next owner finds the same bytes (${kind})`, async () => {
      const shelf = new Shelf();
      const file = await open(shelf, logBytes);
      const run = steps(file);
      for (const [number, code] of codes.entries()) {
        run(code);
        await file.flush();
        if (slow && number % 4 !== 3 && number !== codes.length - 1) continue;
        const next = await BlockFile.open(python.FS, `/data/next${directories++}`, 'contract', {keeper: {content: shelf.content, keep: () => {}}});
        const found = bytesOf(next);
        const expected = bytesOf(file);
        assert.deepEqual(Object.keys(found), Object.keys(expected));
        for (const [path, bytes] of Object.entries(expected)) assert.ok(found[path].equals(bytes), `${path} after ${code}`);
        if (!slow) sound(next);
        next.contents().forEach(({name}) => python.FS.unlink(next.file(name)));
      }
      if (slow) assert.ok(file.statistics.bytes > 100e6 && file.statistics.checkpoints > 0);
      run('shut()');
    });
  }
}

test('what was not flushed is not there', async () => {
  const shelf = new Shelf();
  const run = steps(await open(shelf, 4 << 20));
  run('sql("create table t(v)")');
  assert.deepEqual((await open(shelf, 1)).contents(), []);
});

test('contents that take the place of a file are stored whole', async () => {
  const shelf = new Shelf();
  const file = await open(shelf, 4 << 20);
  const run = steps(file);
  run('sql("create table t(v)"); rows(100)');
  await file.flush();
  run('shut()');
  await file.replace('main.sqlite', new Uint8Array(5000).fill(7));
  const [{bytes}] = (await open(shelf, 1)).contents();
  assert.deepEqual([bytes.length, new Set(bytes)], [5000, new Set([7])]);
});

test('a database of a newer release is refused before anything is written', async () => {
  const shelf = new Shelf();
  const file = await open(shelf, 4 << 20);
  steps(file)('sql("pragma user_version = 2; create table t(v)")');
  await file.flush();
  const before = shelf.content;
  await assert.rejects(BlockFile.open(python.FS, '/data/newer', 'contract', {keeper: shelf, newest: 1}), {name: 'StoreTooNew'});
  assert.deepEqual(shelf.content, before);
  assert.equal((await BlockFile.open(python.FS, '/data/same', 'contract', {keeper: shelf, newest: 2})).epoch, 2);
});

test('a log with a missing record is refused, not guessed', async () => {
  const shelf = new Shelf();
  const file = await open(shelf, 4 << 20);
  const run = steps(file);
  run('sql("create table t(v)")');
  await file.flush();
  run('rows(3)');
  await file.flush();
  const {content} = shelf;
  const torn = {...content, numbers: content.numbers.slice(1), records: content.records.slice(1)};
  await assert.rejects(BlockFile.open(python.FS, '/data/torn', 'contract', {keeper: {content: torn, keep: () => {}}}), {name: 'StoreLost'});
  const short = {...content, numbers: content.numbers.slice(0, 1), records: content.records.slice(0, 1)};
  await assert.rejects(BlockFile.open(python.FS, '/data/short', 'contract', {keeper: {content: short, keep: () => {}}}), {name: 'StoreLost'});
});
