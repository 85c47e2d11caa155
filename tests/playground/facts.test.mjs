import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {lineOfStep} from '../../playground/page/code/code-marks.js';
import {detailedState, stateOf} from '../../playground/page/run/state.js';
import {summarise} from '../../playground/page/run/summary.js';
import {lineIn, splitTraceback} from '../../playground/ui/traceback.js';
import {oneLineValue, readable} from '../../playground/ui/values.js';
import {sentence} from '../../playground/timeline/sentences.js';
import {readHistory} from '../../playground/timeline/model.js';
import {DAY, histories, history, recorded, step, T0} from '../timeline/histories.mjs';

/** @typedef {import('../../playground/ui/types.js').Status} Status */

/** @param {Status} status */
const run = (status) => ({...recorded.run, status, ended: null});

test('the summary of the recorded run is the promise, kept', () => {
  const {state, facts} = summarise(recorded.run, readHistory(recorded.rows), recorded.ledger);
  assert.equal([state, ...facts].join(' '), 'Complete. Killed once. 0 finished steps ran again. 1 step was cut off and tried again. Every outside call was done once.');
});

/** A row of the ledger. @param {string} method @param {number} asked @param {number} done @param {string | null} [key] @param {string} [of] */
const call = (method, asked, done, key = 'k', of = 'do:a-1') => ({...recorded.ledger[0], method, asked, done, key, step: of});

/** What is said of outside calls. @param {...ReturnType<typeof call>} ledger */
const said = (...ledger) => summarise(run('complete'), readHistory(history([0, 'started'], [30, 'completed'])), ledger).facts.join(' ');

test('each outside call is told as often as it was done', () => {
  assert.equal(said(), '');
  assert.equal(said(call('charge', 1, 1)), 'Every outside call was done once.');
  assert.equal(said(call('charge', 2, 1), call('text', 1, 1, null)), 'Every outside call was done once.');
  assert.equal(said(call('charge', 1, 0)), '`charge` was asked for once and never done: it failed.');
  assert.equal(said(call('charge', 2, 0)), '`charge` was asked for 2 times and never done: it failed.');
  assert.equal(said(call('email', 2, 2, null)), '`email` was done 2 times: it had no key.');
  assert.equal(said(call('email', 3, 2)), '`email` was done 2 times, with one key.');
  assert.equal(said(call('book', 1, 1), call('charge', 2, 0), call('email', 2, 2, null), call('cancel', 1, 1, 'k', 'rollback:book-1')),
    '`charge` was asked for 2 times and never done: it failed. `email` was done 2 times: it had no key. Every other outside call was done once.');
  assert.equal(said(call('book', 1, 1), call('cancel', 2, 0, 'k', 'rollback:book-1')), 
    '`cancel` was asked for 2 times and never done: it failed. Every other outside call was done once.');
});

test('the recorded saga says that the card was never charged', () => {
  const {run: ended, rows, ledger} = JSON.parse(readFileSync(new URL('../../content/examples/saga/recorded.json', import.meta.url), 'utf8'));
  const {state, facts} = summarise(ended, readHistory(rows), ledger);
  assert.equal([state, ...facts].join(' '), 'Errored. `charge` was asked for 2 times and never done: it failed. Every other outside call was done once.');
});

test('kills, steps that ran again and steps that were cut off are counted', () => {
  const cut = (/** @type {any[]} */ ...lines) => summarise(run('complete'), readHistory(history(...lines)), []).facts.join(' ');
  const starts = (/** @type {number} */ at, /** @type {number} */ n) => ['do:b-1', 'do:c-1'].map((key) => [at, 'step.started', key, n]);
  const killed = (/** @type {number} */ at, /** @type {number} */ n) => [
    [at, 'engine_started', null, null, {epoch: at, previous: 'unclean', last_seen: at - 5}],
    ...['do:b-1', 'do:c-1'].map((key) => [at, 'step.failed', key, n, {error: {name: 'WorkflowInternalError', message: 'cut off'}, interrupted: true}]),
  ];
  const ends = (/** @type {number} */ n) => ['do:b-1', 'do:c-1'].map((key) => [50, 'step.completed', key, n, 1]);
  const before = [[0, 'started'], ...step('a', 0, 10), ...starts(11, 1), ...killed(20, 1)];
  const over = [60, 'completed'];
  assert.equal(cut(...before, ...starts(21, 2), ...ends(2), over), 'Killed once. 0 finished steps ran again. 2 steps were cut off and tried again.');
  assert.equal(cut(...before, ...starts(21, 2), ...killed(40, 2), ...starts(41, 3), ...ends(3), over), 'Killed 2 times. 0 finished steps ran again. 2 steps were cut off and tried again.');
  assert.equal(cut(...before, over), 'Killed once. 0 finished steps ran again. 2 steps were cut off.');
  assert.equal(cut(...before, [21, 'step.started', 'do:b-1', 2], [22, 'step.completed', 'do:b-1', 2, 1], over),
    'Killed once. 0 finished steps ran again. 1 step was cut off and tried again. 1 step was cut off.');
  assert.equal(cut(...before, [21, 'step.started', 'do:a-1', 2], [22, 'step.completed', 'do:a-1', 2, 1], ...starts(23, 2), ...ends(2), over),
    'Killed once. 1 finished step ran again. 2 steps were cut off and tried again.');
});

test('a step that ran again is counted', () => {
  const rows = history([0, 'started'], ...step('a', 0, 10), [20, 'step.started', 'do:a-1', 2], [30, 'completed']);
  assert.deepEqual(summarise(run('complete'), readHistory(rows), []).facts, ['1 finished step ran again.']);
});

test('a run that was not killed and called nobody claims nothing', () => {
  const rows = history([0, 'started'], ...step('a', 0, 10), [30, 'completed']);
  assert.deepEqual(summarise(run('complete'), readHistory(rows), []), {state: 'Complete.', facts: []});
});

test('the state says what the run is at', () => {
  const at = (/** @type {any[]} */ lines, /** @type {number} */ now) => detailedState(run('waiting'), readHistory(history(...lines), {now: T0 + now}), T0 + now).long;
  assert.equal(at([[0, 'started'], [0, 'step.started', 'do:a-1', 1]], 10), 'Running, step 1');
  assert.equal(at([[0, 'started'], [0, 'step.started', 'do:a-1', 1], [0, 'step.started', 'do:b-1', 1]], 10), 'Running 2 steps at once');
  assert.equal(at([[0, 'started'], [0, 'wait.started', 'wait:ok-1', null, {type: 'approve', due: DAY, timeout: DAY}]], 10), 'Waiting for "approve"');
  assert.match(at([[0, 'started'], [0, 'sleep.started', 'sleep:nap-1', null, {due: 30 * DAY, duration: 30 * DAY}]], 10), /^Sleeping until .*21/);
  const config = {config: {retries: {limit: 5}}};
  const retry = [[0, 'started'], [0, 'step.started', 'do:a-1', 1, config], [10, 'step.failed', 'do:a-1', 1, {error: {name: 'E', message: ''}, retry_at: 8_010}]];
  assert.equal(at(retry, 10), 'Attempt 2 of 6 in 8 s');
});

test('after a skip the wake-up is told by the reader\'s clock', () => {
  const rows = history(
    [0, 'started'], [0, 'sleep.started', 'sleep:a-1', null, {due: 10 * DAY, duration: 10 * DAY}],
    [1_000, 'time_skipped', null, null, {by: 10 * DAY - 1_000}], [1_000, 'sleep.completed', 'sleep:a-1'],
    [1_000, 'sleep.started', 'sleep:b-1', null, {due: 30 * DAY, duration: 20 * DAY}],
  );
  const model = readHistory(rows, {now: T0 + 2_000});
  assert.match(detailedState(run('waiting'), model, T0 + 2_000).long, /\b11\b/); // 21 November + 20 days
});

test('a list names states by one word', () => {
  assert.deepEqual(stateOf(run('terminated')), {name: 'terminated', word: 'Terminated', long: 'Terminated'});
  assert.equal(stateOf(run('waitingForPause')).word, 'Pausing');
});

test('each row has its sentence', () => {
  const model = readHistory(recorded.rows);
  assert.deepEqual(model.steps.map((one) => sentence(one, model)), [
    'reserve stock: complete in 1.5 s. Kept over the kill.',
    'charge card: complete in 1.5 s. 1 attempt was cut off.',
    'approval: got "approve" after 1.9 s.',
    'ship parcel: complete in 1.5 s.',
    'time to try it: slept 30 days, of which 30 days were skipped.',
    'ask for review: complete in 1.5 s.',
  ]);
  const retries = readHistory(histories.retries);
  assert.equal(sentence(retries.steps[0], retries), 'charge card: complete in 1 s, after 2 attempts that did not finish.');
});

test('values are opened to what the code returned', () => {
  assert.equal(readable('{"id":"email-1"}'), '{"id": "email-1"}');
  assert.equal(oneLineValue('{"$":"datetime","v":"2026-11-21T09:00:00"}'), 'datetime("2026-11-21T09:00:00")');
  assert.equal(oneLineValue('[{"$":"int","v":"9007199254740993"},{"$":"float","v":"2.0"},{"$":"dict","v":{"$":1}}]'), '[9007199254740993, 2.0, {"$": 1}]');
  assert.equal(readable(JSON.stringify({list: Array.from({length: 10}, (_, i) => i), text: 'x'.repeat(70)})), `{\n  "list": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],\n  "text": "${'x'.repeat(70)}"\n}`);
  assert.equal(readable('not json'), 'not json');
});

const TRACE = `Traceback (most recent call last):
  File "/lib/python314.zip/dynamic_workflows/guest/attempts.py", line 40, in _run
    value = await callback()
  File "order.py", line 12, in charge
    raise ValueError("declined")
ValueError: declined

It left the step and was raised again:

Traceback (most recent call last):
  File "order.py", line 15, in run
    await charge()
ValueError: declined`;

test('a traceback shows the frames of the tenant and folds ours', () => {
  const {shown, folded, frames} = splitTraceback(TRACE);
  assert.equal(frames, 1);
  assert.match(folded, /attempts\.py/);
  assert.doesNotMatch(shown, /attempts\.py/);
  assert.match(shown, /line 12, in charge/);
});

test('the marked line is where the error arose', () => {
  assert.equal(lineIn(TRACE, 'order.py'), 12);
  assert.equal(lineIn(TRACE, 'other.py'), null);
});

test('the line of a step is the one that names it in a call', () => {
  const code = 'x = "nap"\n\n@step.do("charge card")\nasync def charge(): ...\n\nawait step.sleep(\n    "nap", 3)\nawait step.wait_for_event(\'ok\', "approve")\n';
  const at = (/** @type {string} */ key) => {
    const model = readHistory(history([0, 'started'], [0, key.startsWith('do') ? 'step.started' : 'sleep.started', key, 1]));
    return lineOfStep(code, model.steps[0]);
  };
  assert.deepEqual(['do:charge card-1', 'sleep:nap-1', 'wait:ok-1', 'do:nap-1', 'do:absent-1'].map(at), [3, 7, 8, null, null]);
});
