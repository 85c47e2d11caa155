import assert from 'node:assert/strict';
import test from 'node:test';
import {RunIndex} from '../../playground/page/runs/run-index.js';
import {Selection} from '../../playground/page/runs/selection.js';

/** @param {number} uid @returns {any} */
const run = (uid) => ({uid, tenant: 'acme', id: `run-${uid}`});

test('fifty thousand runs are known by their numbers, and read where they are seen', () => {
  const index = new RunIndex();
  index.reset(Array.from({length: 50_000}, (_, i) => 50_000 - i));
  assert.equal(index.length, 50_000);
  assert.deepEqual([index.at(0), index.placeOf(1), index.placeOf(50_001)], [50_000, 49_999, -1]);
  index.put([run(50_000), run(49_998)]);
  assert.deepEqual(index.missing(0, 3), [49_999]);
  for (let at = 1; at <= 10_000; at += 1) index.put([run(at)]);
  assert.equal(index.run(1), null, 'what was read long ago is read again');
  assert.equal(index.run(10_000)?.uid, 10_000);
});

test('a new run waits until it may be shown, and one that does not fit is not shown', () => {
  const index = new RunIndex();
  index.reset([3, 2, 1]);
  assert.equal(index.heard(run(5), true), 'fresh');
  assert.equal(index.heard(run(4), true), 'fresh');
  assert.equal(index.heard(run(5), true), 'other');
  assert.equal(index.heard(run(6), false), 'other');
  assert.equal(index.heard(run(2), false), 'changed');
  assert.deepEqual([index.uids, index.fresh], [[3, 2, 1], 2]);
  assert.equal(index.showFresh(), 2);
  assert.deepEqual([index.uids, index.fresh, index.placeOf(3)], [[5, 4, 3, 2, 1], 0, 2]);
});

test('a run that is gone is gone from its place and from those that wait', () => {
  const index = new RunIndex();
  index.reset([3, 2, 1]);
  index.heard(run(4), true);
  assert.equal(index.remove(new Set([4])), false);
  assert.equal(index.remove(new Set([2])), true);
  assert.deepEqual([index.uids, index.fresh, index.placeOf(1)], [[3, 1], 0, 1]);
});

test('an older run that is heard of for the first time takes no place in the list', () => {
  const index = new RunIndex();
  index.reset([30, 10]);
  assert.equal(index.heard(run(20), true), 'other');
});

test('one, a range from the last one, all, and none', () => {
  const order = [9, 8, 7, 6, 5];
  const selection = new Selection();
  selection.toggle(order, 3);
  selection.reach(order, 1);
  assert.deepEqual(selection.uids.sort(), [6, 7, 8]);
  selection.toggle(order, 1);
  assert.equal(selection.has(8), false);
  selection.all(order);
  selection.keep((uid) => uid > 7);
  assert.deepEqual([selection.size, selection.has(9)], [2, true]);
  selection.clear();
  assert.equal(selection.size, 0);
});
