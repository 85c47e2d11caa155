// @ts-check
// The pool and its frames as they are, in a browser that the test plays: documents of iframes, messages, and time.
import assert from 'node:assert/strict';
import {afterEach, beforeEach, mock, test} from 'node:test';
import {
  BOOT_MS, FRAME_PING_MS, FRAME_SILENT_MS, REFILL_DELAY_MS, REFILL_RETRY_MS, SPARES,
} from '../../kernel/limits.js';
import {SandboxPool} from '../../kernel/pool.js';
import {Browser} from './support/browser.mjs';

/** @typedef {import('./support/browser.mjs').Document} Document */
/** @typedef {import('../../kernel/sandbox-frame.js').SandboxAssets} Assets */

const assets = /** @type {Assets} */ (/** @type {unknown} */ ({html: '<frame>', wasm: 'wasm'}));
/** @type {Browser} */ let browser;
/** @type {SandboxPool} */ let pool;
/** @type {[number, string][]} */ let ended;
/** @type {string[]} */ let failed;

/** @param {() => Promise<Assets>} [load] */
async function open(load = async () => assets) {
  pool = new SandboxPool(load);
  ended = [];
  failed = [];
  pool.onclosed = (...told) => ended.push(told);
  pool.onfailed = error => failed.push(/** @type {Error} */ (error).message);
  await browser.pass(0);
  return pool;
}

/** Opens sandboxes; returns what became of each. @param {number[]} tickets */
async function take(...tickets) {
  /** @type {Record<number, string>} */
  const got = {};
  for (const ticket of tickets) {
    const port = /** @type {any} */ ({ticket});
    pool.open(ticket, `loader ${ticket}`, port).then(() => (got[ticket] = 'open'), error => (got[ticket] = error.message));
  }
  await browser.pass(0);
  return got;
}

/** Whom a document was given to. @param {Document} document */
const owner = document => document.orders.filter(order => order.kind === 'connect').map(order => order.port.ticket);

beforeEach(() => (browser = new Browser(mock)));
afterEach(() => {
  pool.close();
  assert.equal(browser.documents.length, 0, 'a closed pool leaves nothing behind');
  browser.close();
});

test('spares are booted one at a time, and stay within their number', async () => {
  await open();
  for (let n = 1; n <= SPARES; n++) {
    assert.equal(browser.documents.length, n);
    await browser.documents[n - 1].boot();
    assert.equal(pool.idle, n);
    await browser.pass(REFILL_DELAY_MS);
  }
  await browser.pass(10_000);
  assert.equal(browser.documents.length, SPARES);
  assert.deepEqual(browser.documents[0].orders[0], {kind: 'boot', assets: {wasm: 'wasm'}});
});

test('a sandbox is given out once, and its place is filled after a pause', async () => {
  await open();
  await browser.bootAll();
  const [first, second] = browser.documents;
  assert.deepEqual(await take(1), {1: 'open'});
  assert.deepEqual([owner(first), owner(second)], [[1], []]);
  await browser.pass(REFILL_DELAY_MS - 1);
  assert.equal(browser.documents.length, 2);
  await browser.pass(1);
  assert.equal(browser.documents.length, 3);
  pool.destroy(1);
  assert.equal(first.removed, true);
  await browser.bootAll();
  await take(2, 3);
  assert.deepEqual(browser.documents.map(owner).filter(tickets => tickets.length), [[2], [3]]);
});

test('who comes when there is none waits its turn, and nothing delays the boots', async () => {
  await open();
  const got = await take(1, 2, 3);
  for (const n of [1, 2, 3]) {
    assert.deepEqual(Object.keys(got), Array.from({length: n - 1}, (_, i) => String(i + 1)));
    await browser.documents[n - 1].boot();
    await browser.pass(0);
  }
  assert.deepEqual(got, {1: 'open', 2: 'open', 3: 'open'});
  assert.deepEqual(browser.documents.slice(0, 3).map(owner), [[1], [2], [3]]);
  assert.deepEqual([pool.used, pool.idle], [3, 0]);
});

test('who is given up while it waits gets none', async () => {
  await open();
  const got = await take(1, 2);
  pool.destroy(1);
  await browser.documents[0].boot();
  await browser.pass(0);
  assert.deepEqual(got, {2: 'open'});
});

test('a killed loader loses its sandboxes and is told, others keep theirs', async () => {
  await open();
  await browser.bootAll();
  await take(1, 2);
  pool.kill('loader 1');
  assert.deepEqual(ended, [[1, 'killed']]);
  assert.equal(pool.used, 1);
});

test('an engine that is gone takes every sandbox with it that ran its code, and no spare', async () => {
  await open();
  await browser.bootAll();
  const [used, spare] = browser.documents;
  const waiting = await take(1);
  pool.reset();
  assert.deepEqual([used.removed, spare.removed, ended], [true, false, []]);
  assert.deepEqual([pool.used, pool.idle], [0, 1]);
  assert.deepEqual(waiting, {1: 'open'});
});

test('the last frame of all stays until another one is up: it keeps the compiled code', async () => {
  await open();
  pool.spares = 1;
  await browser.documents[0].boot();
  await take(1);
  const [only] = browser.documents;
  pool.destroy(1);
  assert.equal(only.removed, false);
  assert.deepEqual(only.orders.at(-1), {kind: 'kill'});
  await browser.pass(REFILL_DELAY_MS);
  await browser.documents[1].boot();
  assert.equal(only.removed, true);
});

test('when the process of the frames falls silent, all are lost, told and built anew', async () => {
  await open();
  await browser.bootAll();
  await take(1, 2);
  await browser.bootAll();
  const before = [...browser.documents];
  assert.equal(before.length, 2 + SPARES);
  await browser.pass(3 * FRAME_PING_MS);
  for (const one of before) one.silent = true;
  await browser.pass(FRAME_SILENT_MS - FRAME_PING_MS);
  assert.deepEqual(ended, []);
  await browser.pass(2 * FRAME_PING_MS);
  assert.deepEqual(ended, [[1, 'frame lost'], [2, 'frame lost']]);
  assert.ok(before.every(one => one.removed));
  await browser.bootAll();
  assert.deepEqual([pool.used, pool.idle], [0, SPARES]);
});

test('one frame that falls silent is lost alone', async () => {
  await open();
  await browser.bootAll();
  await take(1, 2);
  browser.documents[0].silent = true;
  await browser.pass(FRAME_SILENT_MS + 2 * FRAME_PING_MS);
  assert.deepEqual(ended, [[1, 'frame lost']]);
  assert.equal(pool.used, 1);
});

test('a page that slept itself blames nobody', async () => {
  await open();
  await browser.bootAll();
  await take(1);
  browser.sleep(3_600_000); // all timers are late, and no answer could have come
  await browser.pass(10 * FRAME_PING_MS);
  assert.deepEqual([ended, pool.used], [[], 1]);
});

test('a frame that does not start in time, or says why it cannot, is refused and tried again ever more slowly', async () => {
  await open();
  const got = await take(1);
  await browser.pass(BOOT_MS);
  assert.deepEqual(got, {1: 'A sandbox did not start in time.'});
  for (let wait = REFILL_RETRY_MS, tries = 0; tries < 7; wait = Math.min(2 * wait, 30_000), tries++) {
    assert.equal(browser.documents.length, 0);
    await browser.pass(wait - 1);
    assert.equal(browser.documents.length, 0, `${wait} ms have not passed`);
    await browser.pass(1);
    await browser.documents[0].boot('no room');
  }
  assert.deepEqual(failed.slice(1), Array(7).fill('A sandbox could not start: no room'));
  await browser.pass(30_000);
  await browser.documents[0].boot();
  await browser.pass(REFILL_DELAY_MS);
  assert.equal(pool.idle, 1);
  assert.equal(browser.documents.length, 2);
  await browser.documents[1].boot('again');
  await browser.pass(REFILL_RETRY_MS);
  assert.equal(browser.documents.length, 2, 'after a success the delays begin anew');
});

test('what cannot be loaded is said to who waits, and is asked for again', async () => {
  let there = false;
  await open(async () => {
    if (!there) throw new Error('sandbox.wasm could not be loaded: status 404.');
    return assets;
  });
  assert.deepEqual(failed, ['sandbox.wasm could not be loaded: status 404.']);
  there = true;
  await browser.pass(REFILL_RETRY_MS);
  await browser.bootAll();
  assert.equal(pool.idle, SPARES);
});

test('every message that nobody expected is refused and counted, whoever sent it', async () => {
  await open();
  await browser.bootAll();
  const [frame] = browser.documents;
  browser.post({kind: 'ready'}, null);
  browser.post('anything', {});
  for (const report of [null, 5, 'ready', {}, {kind: 5}, {kind: 'nonsense'}, {kind: 'kill'}]) frame.report(report);
  assert.deepEqual(pool.refused, {page: 9});
  frame.refused = {frame: 2, worker: 40};
  await browser.pass(FRAME_PING_MS);
  assert.deepEqual(pool.refused, {page: 9, frame: 2, worker: 40});
  assert.equal(pool.idle, SPARES, 'and does nothing');
});
