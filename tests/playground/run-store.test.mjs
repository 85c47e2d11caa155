import assert from 'node:assert/strict';
import {test} from 'node:test';
import {RunStore} from '../../playground/page/run/run-store.js';

/** @param {string} status @param {number} seq @returns {any} */
const summary = (status, seq) => ({tenant: 'acme', id: 'one', workflow: 'order', created: 1, number: 1, status, seq});
/** @param {number} pos @returns {any} */
const row = (pos) => ({pos, seq: pos, kind: 'started'});
/** @param {number} asked @returns {any} */
const call = (asked) => ({pos: 1, asked});
/** @param {RunStore} store @returns {any} */
const known = (store) => store.get({tenant: 'acme', id: 'one'});

test('an answer that a push has overtaken does not bring an older state back', () => {
  const store = new RunStore();
  store.merge(summary('complete', 3), [row(3)], [call(2)]);
  store.merge(summary('running', 2), [row(1), row(2)], [call(1)]);
  const {run, rows, ledger} = known(store);
  assert.equal(run.status, 'complete');
  assert.deepEqual(rows.map((/** @type {{pos: number}} */ one) => one.pos), [1, 2, 3]);
  assert.deepEqual(ledger, [call(2)]);
});

test('what is newer replaces what is known', () => {
  const store = new RunStore();
  store.merge(summary('running', 2), [row(1)], [call(1)]);
  store.merge(summary('complete', 3), [row(2)], [call(2)]);
  const {run, ledger} = known(store);
  assert.equal(run.status, 'complete');
  assert.deepEqual(ledger, [call(2)]);
});

test('rows that a push left out make a run whole only up to the last row before them', () => {
  const store = new RunStore();
  store.merge(summary('running', 2), [row(1), row(2)], []).whole = true;
  store.merge(summary('running', 300), [], []);
  store.gap(summary('running', 300));
  store.merge(summary('running', 301), [row(301)], []);
  store.gap(summary('running', 301));
  const {whole, upTo} = known(store);
  assert.deepEqual({whole, upTo}, {whole: false, upTo: 2});
});
