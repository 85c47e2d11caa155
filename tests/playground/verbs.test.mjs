import assert from 'node:assert/strict';
import test from 'node:test';
import {CRASH_POINTS} from '../../kernel/crash-points.js';
import {culprit, latest, retrying, startOf, verbsOf} from '../../playground/page/run/verbs.js';
import {summarise} from '../../playground/page/run/summary.js';
import {stateOf} from '../../playground/page/run/state.js';
import {changeRuns} from '../../playground/page/runs/change-runs.js';
import {verbsOfMany} from '../../playground/page/runs/runs-bar.js';
import {fits, query} from '../../playground/page/runs/runs-filters.js';
import {readHistory} from '../../playground/timeline/model.js';
import {armed} from '../../playground/words/verbs.js';
import {history, recorded, step, T0} from '../timeline/histories.mjs';

/** @param {Partial<import('../../playground/ui/types.js').Run>} facts */
const run = (facts) => ({...recorded.run, ended: null, next_due: null, ...facts});
const ALWAYS = ['restart', 'rename', 'copyId', 'remove'];
const failed = /** @type {any} */ ([0, 'step.failed', 'do:a-1', 1, {error: {name: 'E', message: ''}, retry_at: 9_000}]);
const undo = /** @type {any} */ ([0, 'step.started', 'do:a-1', 1, {config: {}, has_rollback: true}]);

test('a verb that does not apply is absent', () => {
  const verbs = (/** @type {any} */ facts, /** @type {any[]} */ ...rows) => verbsOf(run(facts), history(...rows)).filter((verb) => !ALWAYS.includes(verb));
  assert.deepEqual(verbs({status: 'queued'}), ['send', 'terminate']);
  assert.deepEqual(verbs({status: 'running'}, [0, 'started']), ['pause', 'send', 'terminate']);
  assert.deepEqual(verbs({status: 'waiting', next_due: T0}, [0, 'started']), ['pause', 'jump', 'send', 'terminate']);
  assert.deepEqual(verbs({status: 'waiting', next_due: T0}, [0, 'started'], failed), ['pause', 'retry', 'jump', 'send', 'terminate']);
  assert.deepEqual(verbs({status: 'paused'}, [0, 'started'], failed), ['resume', 'send', 'terminate']);
  assert.deepEqual(verbs({status: 'waitingForPause'}, [0, 'started']), ['resume', 'send', 'terminate']);
  assert.deepEqual(verbs({status: 'running'}, [0, 'started'], undo), ['pause', 'send', 'undo', 'terminate']);
  assert.deepEqual(verbs({status: 'running'}, [0, 'started'], undo, [0, 'rollback.started', null, null, {}]), ['send', 'terminate']);
  assert.deepEqual(verbs({status: 'complete', ended: T0}, [0, 'started'], undo), []);
});

test('what waits for its next attempt is told from history', () => {
  assert.deepEqual([...retrying(history(failed))], ['do:a-1']);
  assert.deepEqual([...retrying(history(failed, [1, 'step.started', 'do:a-1', 2]))], []);
  assert.deepEqual([...retrying(history([0, 'step.failed', 'do:a-1', 1, {error: {name: 'E', message: ''}, final: true}]))], []);
});

test('a restart begins with a step, a sleep or a wait, by name and count', () => {
  assert.deepEqual(startOf('do:charge card-12'), {name: 'charge card', count: 12, type: 'do'});
  assert.deepEqual(startOf('wait:a-b-1'), {name: 'a-b', count: 1, type: 'waitForEvent'});
  assert.equal(startOf('rollback:charge card-1'), null);
});

test('a run that failed is restarted from the step that failed for good', () => {
  const rows = history([0, 'started'], ...step('a', 0, 10), [20, 'step.started', 'do:b-1', 1], [30, 'step.failed', 'do:b-1', 1, {error: {name: 'E', message: ''}, final: true}], [31, 'errored', null, null, {error: {name: 'E', message: ''}}]);
  assert.equal(culprit(readHistory(rows)), 'do:b-1');
  assert.equal(culprit(readHistory(history([0, 'started'], ...step('a', 0, 10)))), null);
});

test('a run that was restarted and whose engine then started anew is drawn in its latest life', () => {
  const rows = history([0, 'started'], ...step('a', 0, 10), [20, 'restarted'], [21, 'started'], ...step('b', 30, 40), [90, 'engine_started', null, null, {previous: 'clean', last_seen: T0 + 50}]);
  const lives = rows.map((row) => ({...row, life: row.at >= T0 + 20 && row.kind !== 'engine_started' ? 2 : 1}));
  assert.deepEqual(readHistory(lives, {now: T0 + 100}).steps.map(({name}) => name), ['b']);
  assert.deepEqual(latest(lives).map(({kind}) => kind), ['restarted', 'started', 'step.started', 'step.completed']);
});

test('a step that was cut off is told, tried again or not', () => {
  const cut = /** @type {any} */ ([10, 'step.failed', 'do:a-1', 1, {error: {name: 'E', message: ''}, interrupted: true}]);
  const over = run({status: 'complete', ended: T0});
  const again = history([0, 'started'], [0, 'step.started', 'do:a-1', 1], cut, [11, 'step.started', 'do:a-1', 2], [20, 'step.completed', 'do:a-1', 2, null], [30, 'completed']);
  assert.deepEqual(summarise(over, readHistory(again), []).facts, ['1 step was cut off and tried again.']);
  const ended = history([0, 'started'], [0, 'step.started', 'do:a-1', 1], cut, [11, 'terminated']);
  assert.deepEqual(summarise({...over, status: 'terminated'}, readHistory(ended), []).facts, ['1 step was cut off.']);
});

test('a call that was never done does not count as done once', () => {
  const calls = recorded.ledger.map((/** @type {any} */ row) => (row.method === 'email' ? {...row, asked: 1, done: 0} : row));
  assert.equal(summarise(run({status: 'errored'}), readHistory(recorded.rows), calls).facts.slice(-2).join(' '), '`email` was asked for once and never done: it failed. Every other outside call was done once.');
});

test('a list says what a run waits for without its history', () => {
  assert.equal(stateOf(run({status: 'waiting', state: 'waiting', awaits: 'approve'}), T0).long, 'Waiting for "approve"');
  assert.equal(stateOf(run({status: 'waiting', state: 'retrying', next_due: T0 + 8_000}), T0).long, 'Retrying in 8 s');
  assert.match(stateOf(run({status: 'waiting', state: 'sleeping', next_due: T0 + 864e6}), T0).long, /^Sleeping until/);
  assert.deepEqual(stateOf(run({status: 'waitingForPause', state: 'pausing'}), T0), {name: 'paused', word: 'Pausing', long: 'Pausing'});
});

test('many runs have the verbs that apply to some of them, and all where one is not known', () => {
  assert.deepEqual(verbsOfMany([run({status: 'complete', ended: T0})]), ['remove']);
  assert.deepEqual(verbsOfMany([run({status: 'waiting'}), run({status: 'complete', ended: T0})]), ['pause', 'terminate', 'remove']);
  assert.deepEqual(verbsOfMany([run({status: 'paused'})]), ['resume', 'terminate', 'remove']);
  assert.deepEqual(verbsOfMany([null]), ['pause', 'resume', 'terminate', 'remove']);
});

test('a filter asks the engine for what it is set to, and knows what belongs to it', () => {
  assert.deepEqual(query({state: '', tenant: '', search: '  '}), {});
  assert.deepEqual(query({state: 'sleeping', tenant: 'acme', search: ' lamp '}), {states: ['sleeping'], tenant: 'acme', search: 'lamp'});
  const one = run({state: 'sleeping', name: 'The Lamp'});
  assert.equal(fits(one, {state: 'sleeping', tenant: one.tenant, search: 'lamp'}), true);
  assert.equal(fits(one, {state: 'paused', tenant: '', search: ''}), false);
  assert.equal(fits(one, {state: '', tenant: 'other', search: ''}), false);
  assert.equal(fits(one, {state: '', tenant: '', search: 'chair'}), false);
});

test('many runs are changed in requests of five hundred, until somebody stops it', async () => {
  /** @type {number[]} */
  const asked = [];
  const session = {request: async (/** @type {string} */ verb, /** @type {any} */ {uids}) => {
    asked.push(uids.length);
    return {changed: uids, left_out: []};
  }};
  const uids = Array.from({length: 1_200}, (_, i) => i + 1);
  assert.equal((await changeRuns(session, 'pause', uids)).changed.length, 1_200);
  assert.deepEqual(asked, [500, 500, 200]);
  assert.equal((await changeRuns(session, 'pause', uids, (done) => done < 1_000)).changed.length, 1_000);
});

test('every crash point has its words', () => {
  assert.deepEqual(Object.keys(armed.points), [...CRASH_POINTS]);
});
