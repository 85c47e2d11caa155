import assert from 'node:assert/strict';
import test from 'node:test';
import {parallel, readHistory} from '../../playground/timeline/model.js';
import {DAY, histories, history, step, T0} from './histories.mjs';
import {stories} from './stories.mjs';

const read = (/** @type {string} */ name) => readHistory(histories[name]);

/** @param {import('../../playground/timeline/model.js').Model} model @param {string} name */
function named(model, name) {
  const found = model.steps.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
}


test('steps stand in the order of their first start, in the run\'s own time', () => {
  const model = read('order');
  assert.deepEqual(model.steps.map((one) => one.name), ['reserve stock', 'charge card', 'approval', 'ship parcel', 'time to try it', 'ask for review']);
  assert.equal(named(model, 'ask for review').start, 30 * DAY + 8_248 + 11);
  assert.equal(model.live, false);
});

test('an attempt cut off by a kill ends with the engine, not when the next one learns of it', () => {
  const [first, second] = named(read('order'), 'charge card').attempts;
  assert.deepEqual([first.outcome, first.start, first.end, first.length], ['cut', 1_541, 2_560, 1_019]);
  assert.deepEqual([second.outcome, second.n], ['complete', 2]);
});

test('a kill keeps what had finished before it and names its length', () => {
  const model = read('order');
  assert.deepEqual(model.outages, [{start: 2_560, end: 3_180, clean: false, length: 620, kept: ['do:reserve stock-1'], open: false}]);
  assert.equal(named(model, 'reserve stock').kept, true);
  assert.equal(named(model, 'ship parcel').kept, false);
});

test('each of two kills cuts the attempt that ran then', () => {
  const model = read('twiceKilled');
  assert.deepEqual(named(model, 'two').attempts.map((one) => [one.outcome, one.end]), [['cut', 1_800], ['cut', 3_000], ['complete', 4_900]]);
  assert.equal(model.outages.length, 2);
});

test('without a time of last life, an outage begins at the last row', () => {
  const model = readHistory(history([0, 'started'], [700, 'step.started', 'do:a-1', 1], [900, 'engine_started', null, null, {epoch: 2, previous: 'unclean', last_seen: null}]));
  assert.equal(model.outages[0].start, 700);
});

test('the first engine of a database is no outage', () => {
  const model = readHistory(history([0, 'engine_started', null, null, {epoch: 1, previous: 'new', last_seen: null}], [10, 'started'], ...step('a', 10, 20)));
  assert.deepEqual(model.outages, []);
});

test('a skip moves the clock of what comes after it and is counted for what slept', () => {
  const model = read('order');
  assert.deepEqual(model.skips.map((one) => one.by), [30 * DAY - 1_152]);
  const nap = named(model, 'time to try it');
  assert.equal(nap.length, 30 * DAY);
  assert.equal(nap.skipped, 30 * DAY - 1_152);
  assert.equal(Number(nap.end) - nap.start, 30 * DAY);
});

test('failed and timed-out attempts are told apart, with when the next one is due', () => {
  const [failed, late] = named(read('retries'), 'charge card').attempts;
  assert.deepEqual([failed.outcome, failed.retryAt], ['failed', 3_210]);
  assert.equal(late.outcome, 'timeout');
});

test('a live run reaches to now, and an attempt in flight has no end', () => {
  const rows = history([0, 'started'], [10, 'step.started', 'do:a-1', 1]);
  const model = readHistory(rows, {now: T0 + 5_000});
  assert.deepEqual([model.live, model.end, model.steps[0].attempts[0].outcome], [true, 5_000, 'running']);
});

test('a kill shows before history knows of it', () => {
  const rows = history([0, 'started'], [10, 'step.started', 'do:a-1', 1]);
  const model = readHistory(rows, {now: T0 + 5_000, killed: T0 + 4_000});
  assert.deepEqual([model.outages[0].open, model.outages[0].start], [true, 4_000]);
  assert.deepEqual([model.steps[0].attempts[0].outcome, model.steps[0].attempts[0].end], ['cut', 4_000]);
});

test('a step that started again after it was complete is counted', () => {
  const model = readHistory(history([0, 'started'], ...step('a', 0, 10), [20, 'step.started', 'do:a-1', 2], [30, 'completed']));
  assert.equal(model.steps[0].reruns, 1);
});

test('only the last life is drawn', () => {
  const rows = history([0, 'started'], ...step('old', 0, 10), [20, 'started'], ...step('new', 20, 30));
  for (const row of rows.slice(3)) row.life = 2;
  assert.deepEqual(readHistory(rows).steps.map((one) => one.name), ['new']);
});

test('steps that overlap in time are parallel, neighbours in time are not', () => {
  const model = read('parallel');
  assert.deepEqual(parallel(model.steps, model.end), [[1, 3]]);
  const order = read('order');
  assert.deepEqual(parallel(order.steps, order.end), []);
});

test('a history of nothing is a model of nothing', () => {
  assert.deepEqual(readHistory([], {now: T0}).steps, []);
});

test('a pause takes its time in the drawing, and what is due is later by as long', () => {
  const nap = {due: 10_000, duration: 10_000};
  const rows = history([0, 'started'], [0, 'sleep.started', 'sleep:nap-1', null, nap], [1_000, 'pausing'], [1_000, 'paused'], [4_000, 'resumed', null, null, {shift: 3_000}]);
  const model = readHistory(rows, {now: T0 + 5_000});
  assert.deepEqual(model.pauses, [{start: 1_000, end: 4_000, open: false}]);
  assert.equal(model.steps[0].due, 13_000);
  const open = readHistory(rows.slice(0, 4), {now: T0 + 3_000});
  assert.deepEqual(open.pauses, [{start: 1_000, end: 3_000, open: true}]);
  assert.equal(open.steps[0].due, 12_000);
});

test('by the wall clock a skip moves nothing but what is due', () => {
  const rows = history([0, 'started'], [0, 'sleep.started', 'sleep:a-1', null, {due: DAY, duration: DAY}], [0, 'wait.started', 'wait:b-1', null, {type: 'x', due: 2 * DAY, timeout: 2 * DAY}],
    [1_000, 'time_skipped', null, null, {by: DAY - 1_000}], [1_000, 'sleep.completed', 'sleep:a-1']);
  const model = readHistory(rows, {now: T0 + 2_000, clock: 'wall'});
  assert.deepEqual([model.end, model.steps[0].end, model.steps[1].due], [2_000, 1_000, DAY + 1_000]);
  assert.equal(readHistory(rows, {now: T0 + 2_000}).steps[1].due, 2 * DAY);
});

test('steps that a termination or a rollback gives up end with it', () => {
  const model = readHistory(stories.terminated.rows);
  assert.deepEqual(model.steps.map((one) => [one.state, one.end]), [['terminated', null]]);
  const rows = history([0, 'started'], [0, 'step.started', 'do:a-1', 1], [500, 'rollback.started', null, null, {total: 0, then: 'terminated'}], [900, 'rollback.ended', null, null, {outcome: 'complete'}], [900, 'terminated']);
  const [step] = readHistory(rows).steps;
  assert.deepEqual([step.state, step.attempts[0].end, step.attempts[0].outcome], ['terminated', 500, 'stopped']);
});

test('an undoing tells what set it off and how it ended', () => {
  const {rollback, steps} = readHistory(stories.rollback.rows);
  assert.deepEqual([rollback?.error?.name, rollback?.outcome], ['NonRetryableError', 'complete']);
  assert.deepEqual(steps.filter((one) => one.kind === 'rollback').map((one) => [one.name, one.attempts.length]), [['book hotel', 2], ['book flight', 1]]);
});

test('the payload of an event is what its wait got', () => {
  assert.equal(readHistory(stories.closed.rows).steps[1].value, '{"name":"Ada"}');
});

test('a restart keeps the rows of the life before it, in their time', () => {
  const model = readHistory(stories.restarted.rows);
  assert.deepEqual([...model.restart?.kept ?? []], ['do:pack-1']);
  assert.equal(model.restart?.from, 'do:label-1');
  assert.equal(model.steps[0].start, 0);
});
