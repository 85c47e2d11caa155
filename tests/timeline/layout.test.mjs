import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'node:test';
import {duration} from '../../playground/ui/format.js';
import {GAP, layOut, oneTwoFive, xAt} from '../../playground/timeline/axis.js';
import {draw} from '../../playground/timeline/draw.js';
import {keeper} from '../../playground/timeline/filter.js';
import {readHistory} from '../../playground/timeline/model.js';
import {DAY, histories, history, step, T0} from './histories.mjs';
import {Viewport} from '../../playground/timeline/viewport.js';
import {stories} from './stories.mjs';

const ended = Object.entries(stories).filter(([, story]) => story.run.ended !== null).map(([name, story]) => /** @type {const} */ ([`engine's ${name}`, story.rows]));

const WIDTHS = [200, 320, 420, 437.5, 700, 1200];
const near = (/** @type {number} */ a, /** @type {number} */ b, /** @type {string} */ what) => assert.ok(Math.abs(a - b) < 0.01, `${what}: ${a} is not ${b}`);

for (const [name, rows] of [...Object.entries(histories), ...ended]) {
  const model = readHistory(rows);
  test(`${name}: the drawn widths add up to the axis`, () => {
    for (const width of WIDTHS) {
      const axis = layOut(model, width);
      near(axis.segments.reduce((sum, one) => sum + one.width, 0), width, `${width} px`);
      near(xAt(axis, 0), 0, 'the start');
      near(xAt(axis, model.end), width, 'the end');
    }
  });
  test(`${name}: every compressed stretch names its true length and nothing else is compressed`, () => {
    for (const width of WIDTHS) {
      const axis = layOut(model, width);
      for (const one of axis.segments) {
        if (one.kind === 'scale') near(one.width, (one.to - one.from) * axis.scale, 'one scale');
        else {
          assert.equal(one.label, duration(one.length));
          assert.equal(one.length, one.to - one.from);
          assert.ok(axis.ticks.some((tick) => tick.gap === one.kind && tick.label === one.label), `${one.label} is on the axis`);
        }
      }
      const attempts = model.steps.flatMap((step) => step.attempts);
      for (const gap of axis.segments.filter((one) => one.kind === 'gap')) {
        assert.ok(attempts.every((one) => (one.end ?? model.end) <= gap.from || one.start >= gap.to), 'no attempt runs in a gap');
      }
    }
  });
  test(`${name}: time never runs backwards on the axis`, () => {
    const axis = layOut(model, 420);
    let last = -1;
    for (let i = 0; i <= 200; i++) {
      const x = xAt(axis, (model.end * i) / 200);
      assert.ok(x >= last - 1e-9);
      last = x;
    }
  });
  test(`${name}: ticks do not touch`, () => {
    for (const width of WIDTHS) {
      const plain = layOut(model, width).ticks.filter((tick) => tick.gap === null).sort((a, b) => a.x - b.x);
      for (let i = 1; i < plain.length; i++) assert.ok(plain[i].x - plain[i - 1].x >= 28, `${plain[i - 1].label} and ${plain[i].label} at ${width} px`);
    }
  });
  test(`${name}: no text lies on a kill line or band, none leaves the axis`, () => {
    for (const width of WIDTHS) {
      const {rows: drawn, cuts} = draw(model, layOut(model, width));
      for (const text of drawn.flatMap((row) => row.shapes).filter((shape) => shape.type === 'text')) {
        assert.ok(text.x >= -0.01 && text.x + text.width <= width + 0.01, `${text.text} at ${width} px`);
        for (const cut of cuts) assert.ok(text.x + text.width <= cut.x || text.x >= cut.x + cut.width - 0.01, `${text.text} lies on a kill at ${width} px`);
      }
      for (const cut of cuts) assert.ok(cut.labelX >= 0);
    }
  });
}

for (const [name, rows] of Object.entries(histories)) {
  const model = readHistory(rows);
  test(`${name}: is drawn as it was`, () => {
    const axis = layOut(model, 420);
    const {rows: drawn, cuts} = draw(model, axis);
    const round = (/** @type {string} */ _key, /** @type {unknown} */ value) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value);
    const fresh = JSON.stringify({
      segments: axis.segments.map(({kind, x, width, label}) => ({kind, x, width, label})), ticks: axis.ticks, cuts,
      rows: drawn.map(({key, shapes, bracket, group}) => ({key, bracket, group, shapes})),
    }, round, 1);
    const file = new URL(`golden/${name}.json`, import.meta.url);
    if (process.env.UPDATE_GOLDEN || !existsSync(file)) writeFileSync(file, `${fresh}\n`);
    assert.equal(`${fresh}\n`, readFileSync(file, 'utf8'));
  });
}

test('an idle stretch of more than 15 % of the width is 48 px wide, a shorter one is to scale', () => {
  const long = readHistory(history([0, 'started'], ...step('a', 0, 1_000), ...step('b', 2_000, 3_000), [3_000, 'completed']));
  assert.deepEqual(layOut(long, 400).segments.map((one) => [one.kind, Math.round(one.width)]), [['scale', 176], ['gap', GAP], ['scale', 176]]);
  const short = readHistory(history([0, 'started'], ...step('a', 0, 1_000), ...step('b', 1_100, 2_100), [2_100, 'completed']));
  assert.ok(layOut(short, 400).segments.every((one) => one.kind === 'scale'));
});

test('by the wall clock a skip takes no time, and is drawn with what it skipped', () => {
  const model = readHistory(histories.order, {clock: 'wall'});
  const axis = layOut(model, 420);
  near(axis.segments.reduce((sum, one) => sum + one.width, 0), 420, 'the widths');
  const skip = axis.segments.find((one) => one.kind === 'skip');
  assert.ok(skip);
  assert.deepEqual([skip.to - skip.from, skip.width, skip.label], [0, GAP, '30 days']);
  assert.ok(model.end < 12_000);
});

test('a pause is a band with its length, and the ticks behind it count the run\'s own time', () => {
  const model = readHistory(stories.paused.rows);
  const axis = layOut(model, 440);
  const {cuts} = draw(model, axis);
  assert.deepEqual(cuts.map((one) => [one.kind, one.text, Math.round(one.width)]), [['pause', 'paused 59 min 59 s', GAP]]);
  assert.equal(axis.ticks.at(-1)?.label, '3 s');
  assert.equal(layOut(readHistory(stories.paused.rows, {clock: 'wall'}), 440).ticks.some((tick) => tick.label.startsWith('+')), true);
});

test('what undoes stands below a rule in the order it ran, under the steps of the run', () => {
  const model = readHistory(stories.rollback.rows);
  const {rows} = draw(model, layOut(model, 440));
  assert.deepEqual(rows.map((row) => [row.steps[0].name, row.rule]), [
    ['book flight', false], ['book hotel', false], ['charge', false], ['book hotel', true], ['book flight', false],
  ]);
});

test('a restart says where, and marks what it kept', () => {
  const model = readHistory(stories.restarted.rows);
  const {rows, cuts} = draw(model, layOut(model, 440));
  assert.deepEqual(cuts.map((one) => one.text), ['restarted from label']);
  const recoded = readHistory(stories.restarted.rows.map((/** @type {any} */ row) => (row.kind === 'restarted' ? {...row, data: JSON.stringify({...JSON.parse(row.data), version: 'f00'})} : row)));
  assert.deepEqual(draw(recoded, layOut(recoded, 440)).cuts.map((one) => one.text), ['restarted from label with other code']);
  assert.deepEqual(rows.map((row) => row.shapes.some((shape) => shape.type === 'kept')), [true, false]);
});

test('a filter leaves the rows it names, in their order', () => {
  const model = readHistory(stories.pages.rows);
  const axis = layOut(model, 440);
  assert.deepEqual(draw(model, axis, {keep: keeper({failedOnly: true, search: ''})}).rows.map((row) => row.key), ['do:fetch page-18']);
  assert.deepEqual(draw(model, axis, {keep: keeper({failedOnly: false, search: 'REP'})}).rows.map((row) => row.key), ['do:report-1']);
  assert.equal(keeper({failedOnly: false, search: '  '}), undefined);
});

test('a retry can be made now only where somebody listens for it', () => {
  const {rows, now} = stories.retrying;
  const model = readHistory(rows, {now});
  const axis = layOut(model, 440);
  assert.equal(draw(model, axis).rows[0].action, null);
  assert.equal(draw(model, axis, {actions: new Set(['retry'])}).rows[0].action?.kind, 'retry');
});

test('to scale nothing is compressed', () => {
  const axis = layOut(readHistory(histories.order), 420, {toScale: true});
  assert.ok(axis.segments.every((one) => one.kind === 'scale'));
});

test('parallel rows are joined by a bracket, the others are not', () => {
  const {rows} = draw(readHistory(histories.parallel), layOut(readHistory(histories.parallel), 420));
  assert.deepEqual(rows.map((row) => row.bracket), ['', 'first', 'inner', 'last', '']);
});

test('more than eight steps of one name are one row that opens in place', () => {
  const model = readHistory(histories.pages);
  const axis = layOut(model, 420);
  assert.deepEqual(draw(model, axis).rows.map((row) => [row.group, row.steps.length]), [[true, 240], [false, 1]]);
  const open = draw(model, axis, {opened: new Set(['do:fetch page-1'])}).rows;
  assert.equal(open[0].open, true);
  assert.equal(open[1].depth, 1);
});

test('of ten thousand steps only those in the window get shapes, and all of it takes no time to speak of', () => {
  const rows = history([0, 'started'], ...Array.from({length: 10_000}, (_, i) => step(`step ${i}`, i * 10, i * 10 + 8)).flat(), [100_000, 'completed']);
  const began = performance.now();
  const model = readHistory(rows);
  const drawn = draw(model, layOut(model, 420), {window: [5_000, 5_100]}).rows;
  assert.equal(drawn.length, 10_000);
  assert.deepEqual(drawn.flatMap((row, i) => (row.shapes.length ? [i] : [])), Array.from({length: 100}, (_, i) => 5_000 + i));
  assert.ok(performance.now() - began < 3_000, `${performance.now() - began} ms`);
});

test('the document holds at most a hundred rows, among them the one that was asked for', () => {
  const viewport = new Viewport(/** @type {any} */ ({}), () => {});
  assert.deepEqual(viewport.range(100, 32), [0, 100]);
  assert.deepEqual(viewport.range(10_000, 32), [0, 100]);
  viewport.moveTo(9_999);
  assert.deepEqual(viewport.range(10_000, 32), [9_900, 10_000]);
  viewport.moveTo(5_000);
  const [from, to] = viewport.range(10_000, 32);
  assert.ok(from <= 5_000 && 5_000 < to && to - from === 100);
});

test('a live wait carries its button at its end, a sleep its own, an overdue one none', () => {
  const wait = history([0, 'started'], ...step('a', 0, 1_000), [1_000, 'wait.started', 'wait:ok-1', null, {type: 'approve', due: DAY, timeout: DAY}]);
  const model = readHistory(wait, {now: T0 + 4_000});
  const axis = layOut(model, 440);
  const {action} = draw(model, axis).rows[1];
  assert.equal(action?.text, 'Send "approve"');
  assert.equal(action?.x, xAt(axis, model.end) + 8);
  const sleep = history([0, 'started'], [0, 'sleep.started', 'sleep:nap-1', null, {due: 30 * DAY, duration: 30 * DAY}]);
  const asleep = readHistory(sleep, {now: T0 + 4_000});
  assert.equal(draw(asleep, layOut(asleep, 440)).rows[0].action?.text, 'Skip 30 days');
  const overdue = readHistory(sleep, {now: T0 + 31 * DAY});
  assert.equal(draw(overdue, layOut(overdue, 440)).rows[0].action, null);
});

test('while a run waits nothing moves, however long it waits', () => {
  const wait = {type: 'approve', due: DAY, timeout: DAY};
  const rows = history([0, 'started'], ...step('a', 0, 1_000), [1_030, 'wait.started', 'wait:ok-1', null, wait], [1_250, 'wait.started', 'wait:or-1', null, wait]);
  const at = (/** @type {number} */ ms) => {
    const model = readHistory(rows, {now: T0 + ms});
    const axis = layOut(model, 440);
    return JSON.stringify([axis.ticks, draw(model, axis)]);
  };
  assert.equal(at(2_000), at(3_600_000));
});

test('ticks go by one, two and five', () => {
  assert.deepEqual([1, 3, 80, 1_500, 40_000].map(oneTwoFive), [1, 5, 100, 2_000, 50_000]);
  assert.deepEqual([61_000, 7_000_000, 50 * 3_600_000].map(oneTwoFive), [120_000, 7_200_000, 259_200_000 / 3 * 5]);
});
