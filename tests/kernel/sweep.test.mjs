// @ts-check
// What a sweep takes out changes nothing for the next owner: over every scenario of the block file, after every flush.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {loadPyodide} from 'pyodide';
import {BlockFile} from '../../kernel/block-file.js';
import {Shelf} from '../../kernel/kept-store.js';
import {BLOCK_BYTES} from '../../kernel/limits.js';
import {freeBlocks, planSweep} from '../../kernel/sweep.js';
import {PRELUDE, SCENARIOS} from './pages/scenarios.js';

const python = await loadPyodide({stdout: () => {}});
let directories = 0;

/** @param {import('../../kernel/kept-store.js').Keeper} keeper @param {number} [logBytes] */
const open = (keeper, logBytes) => BlockFile.open(python.FS, `/swept/${directories++}`, 'sweep', {keeper, logBytes});

/** @param {BlockFile} file */
function steps(file) {
  python.runPython('connections = {}');
  python.globals.set('file', (/** @type {string} */ name) => file.file(name));
  python.runPython(PRELUDE);
  return (/** @type {string} */ code) => python.runPython(code);
}

/** What is stored after a sweep. @param {BlockFile} file @param {import('../../kernel/block-store.js').Content} content @param {number} [least] */
function swept(file, content, least = 0) {
  const extents = file.contents().map(({bytes}) => ({size: bytes.length, free: freeBlocks(bytes)}));
  const plan = planSweep(extents, content, least);
  const kept = content.keys.map((_, n) => n).filter(n => !plan.segments.includes(content.keys[n]));
  const lean = new Map(plan.records.map(({number, bytes}) => [number, bytes]));
  return {
    ...content,
    keys: kept.map(n => content.keys[n]), segments: kept.map(n => content.segments[n]),
    records: content.numbers.map((number, n) => lean.get(number) ?? content.records[n]),
  };
}

/** @param {import('../../kernel/block-store.js').Content} content */
function holding({previous, keys, segments, numbers, records}) {
  const shelf = new Shelf();
  assert.ok(previous);
  shelf.keep({head: previous, record: null, segments: keys.map((key, n) => ({key, bytes: segments[n]})), gone: []});
  numbers.forEach((seq, n) => shelf.keep({head: {...previous, seq}, record: records[n], segments: [], gone: []}));
  return shelf;
}

/** @param {import('../../kernel/block-store.js').Content} content */
const taken = ({segments, records}) => [...segments, ...records].reduce((sum, {length}) => sum + length, 0);

/** A file without what nobody reads. @param {Uint8Array} bytes */
function read(bytes) {
  const copy = Buffer.from(bytes);
  for (const block of freeBlocks(bytes)) copy.fill(0, block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
  return copy;
}

for (const [kind, logBytes] of /** @type {const} */ ([['log', 4 << 20], ['checkpoints', 20_000]])) {
  for (const {name, steps: codes} of SCENARIOS.filter(({slow}) => !slow)) {
    test(`${name}: nothing that is read goes (${kind})`, async () => {
      let shelf = new Shelf();
      const file = await open({get content() { return shelf.content; }, keep: change => shelf.keep(change)}, logBytes);
      const run = steps(file);
      for (const code of codes) {
        run(code);
        await file.flush();
        const content = swept(file, shelf.content);
        const next = await open({content, keep: async () => {}});
        for (const [n, {bytes, name: path}] of file.contents().entries()) {
          const found = next.contents()[n];
          assert.deepEqual(freeBlocks(found.bytes), freeBlocks(bytes), `${path} after ${code}`);
          assert.ok(read(found.bytes).equals(read(bytes)), `${path} after ${code}`);
        }
        assert.ok(taken(content) <= taken(shelf.content));
        shelf = holding(content); // the work goes on from there, over many sweeps
      }
      run('shut()');
    });
  }
}

test('what a deletion left is given back, from the log and from the segments', async () => {
  for (const logBytes of [64 << 20, 1]) {
    const shelf = new Shelf();
    const file = await open(shelf, logBytes);
    const run = steps(file);
    run('sql("create table t(k integer primary key, v)"); rows(50, 30_000)');
    await file.flush();
    file.logBytes = 64 << 20; // the deletion itself is a record
    run('sql("delete from t where k <= 45")');
    await file.flush();
    const before = taken(shelf.content);
    assert.ok(before > 1_500_000);
    const after = taken(swept(file, shelf.content, 65_536));
    assert.ok(after < 400_000, `${after} of ${before} bytes are left`);
    run('shut()');
  }
});

test('a list of free pages that makes no sense counts as empty', async () => {
  const shelf = new Shelf();
  const file = await open(shelf);
  const run = steps(file);
  run('sql("create table t(k integer primary key, v)"); rows(50, 30_000); sql("delete from t")');
  const [{bytes}] = file.contents();
  assert.ok(freeBlocks(bytes).size > 300);
  const view = new DataView(bytes.buffer);
  const trunk = view.getUint32(32);
  for (const [at, value] of [[32, 1e9], [(trunk - 1) * BLOCK_BYTES, trunk], [(trunk - 1) * BLOCK_BYTES + 4, 2000], [0, 0]]) {
    const before = view.getUint32(at);
    view.setUint32(at, value);
    assert.equal(freeBlocks(bytes).size, 0, `${value} at ${at}`);
    view.setUint32(at, before);
  }
  run('shut()');
});
