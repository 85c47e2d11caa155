// @ts-check
// Model and axis in, shapes out: plain records that say what stands where, for an SVG, a test or a print.
import {countdown, duration, outage as outageLength} from '../src/format.js';
import {buttons, timeline as words} from '../src/messages.js';
import {oneLine} from '../src/text.js';
import {extent, parallel} from './model.js';
import {breakAt, xAt} from './axis.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./axis.js').Axis} Axis */

export const ROW = 32;
export const BAR = 12;
const MIN_BAR = 3; // px; anything shorter is not seen
const LETTER = 6.4; // px of a 12 px letter, for what fits
const EDIT = 26; // px of the part of Send that opens its payload
const BOLD = 8; // px of a letter on a button, so that a button is known to fit
const GROUP_OVER = 8; // same name more often than this in a row becomes one row
const MOST_ROWS = 100; // rows in the document, whatever the history holds

/**
 * @typedef {object} Shape
 * @property {'attempt' | 'live' | 'delay' | 'sleep' | 'wait' | 'text' | 'cross' | 'ring' | 'stop' | 'break' | 'skip' | 'density' | 'moon' | 'envelope'} type
 * @property {number} x
 * @property {number} width
 * @property {string} [tone]
 * @property {'plain' | 'hatched' | 'ragged'} [tail]
 * @property {string} [text]
 * @property {number} [from] run time of a live start
 */

/**
 * @typedef {object} Action
 * @property {'skip' | 'send'} kind
 * @property {string} key
 * @property {string} type of the event
 * @property {string} text
 * @property {number} x
 * @property {number} width
 * @property {boolean} fits
 */

/**
 * @typedef {object} DrawnRow
 * @property {string} key
 * @property {Step[]} steps one, or those of a group
 * @property {boolean} group
 * @property {boolean} open
 * @property {boolean} rest stands for rows that are not drawn
 * @property {Shape[]} shapes
 * @property {'' | 'first' | 'inner' | 'last'} bracket
 * @property {number} depth
 * @property {Action | null} action
 */

/** @typedef {{x: number, width: number, text: string, clean: boolean, labelX: number, lane: number, kept: number[]}} Cut */
/** @typedef {{rows: DrawnRow[], cuts: Cut[], lanes: number}} Drawing */

/**
 * Draw a history.
 * @param {Model} model
 * @param {Axis} axis
 * @param {{opened?: Set<string>}} [view] groups that are open
 * @returns {Drawing}
 */
export function draw(model, axis, {opened = new Set()} = {}) {
  const rows = collect(model, opened);
  brackets(rows, model);
  for (const row of rows) {
    if (row.rest) continue;
    row.shapes = row.group && !row.open ? density(row.steps, model, axis) : row.group ? [] : shapesOf(row.steps[0], model, axis);
    row.action = row.group ? null : actionOf(row.steps[0], model, axis);
  }
  const cuts = drawCuts(model, axis, rows);
  return {rows, cuts, lanes: cuts.reduce((most, one) => Math.max(most, one.lane + 1), 0)};
}

/**
 * Rows in order of first start; runs of one name become groups; too many rows are told as a number.
 * @param {Model} model
 * @param {Set<string>} opened
 * @returns {DrawnRow[]}
 */
function collect(model, opened) {
  /** @type {DrawnRow[]} */
  const rows = [];
  const row = (/** @type {Partial<DrawnRow> & {key: string, steps: Step[]}} */ part) => rows.push({
    group: false, open: false, rest: false, shapes: [], bracket: '', depth: 0, action: null, ...part,
  });
  const {steps} = model;
  for (let i = 0; i < steps.length;) {
    let next = i + 1;
    while (next < steps.length && steps[next].name === steps[i].name && steps[next].kind === steps[i].kind) next += 1;
    const same = steps.slice(i, next);
    if (same.length > GROUP_OVER) {
      const open = opened.has(same[0].key);
      row({key: `group:${same[0].key}`, steps: same, group: true, open});
      if (open) for (const step of same) row({key: step.key, steps: [step], depth: 1});
    } else {
      for (const step of same) row({key: step.key, steps: [step]});
    }
    i = next;
  }
  if (rows.length <= MOST_ROWS) return rows;
  const head = rows.slice(0, MOST_ROWS / 2);
  const tail = rows.slice(rows.length - MOST_ROWS / 2);
  const hidden = rows.slice(head.length, rows.length - tail.length);
  return [...head, {...hidden[0], key: 'rest', steps: hidden.flatMap((one) => one.steps), group: true, open: false, rest: true, depth: 0}, ...tail];
}

/** @param {DrawnRow[]} rows @param {Model} model */
function brackets(rows, model) {
  const index = new Map(model.steps.map((step, i) => [step.key, i]));
  const groups = parallel(model.steps, model.end);
  for (const [first, last] of groups) {
    const inside = rows.filter((row) => !row.group && within(index.get(row.key), first, last));
    if (inside.length < 2) continue;
    inside.forEach((row, i) => {
      row.bracket = i === 0 ? 'first' : i === inside.length - 1 ? 'last' : 'inner';
    });
  }
}

/** @param {number | undefined} i @param {number} first @param {number} last */
function within(i, first, last) {
  return i !== undefined && i >= first && i <= last;
}

/** @param {Step} step @param {Model} model @param {Axis} axis @returns {Shape[]} */
function shapesOf(step, model, axis) {
  if (step.kind === 'sleep') return idleShapes(step, model, axis, 'sleep');
  if (step.kind === 'wait') return idleShapes(step, model, axis, 'wait');
  return attemptShapes(step, model, axis);
}

/** @param {Step} step @param {Model} model @param {Axis} axis */
function attemptShapes(step, model, axis) {
  /** @type {Shape[]} */
  const shapes = [];
  step.attempts.forEach((attempt, i) => {
    const x = xAt(axis, attempt.start);
    const to = attempt.end ?? model.end;
    const width = Math.max(MIN_BAR, xAt(axis, to) - x);
    const next = step.attempts[i + 1];
    if (attempt.outcome === 'running') {
      shapes.push({type: 'live', x, width, tone: 'run', from: attempt.start});
      return;
    }
    const whole = attempt.outcome === 'complete';
    shapes.push({
      type: 'attempt', x, width, tone: whole ? 'done' : attempt.outcome === 'cut' ? 'run' : 'fail',
      tail: whole ? 'plain' : attempt.outcome === 'cut' ? 'ragged' : 'hatched',
    });
    if (attempt.outcome === 'failed') shapes.push({type: 'cross', x: x + width + 7, width: 0, tone: 'fail'});
    if (attempt.outcome === 'timeout') shapes.push({type: 'stop', x: x + width + 3, width: 0, tone: 'fail'});
    if (attempt.retryAt !== null && attempt.outcome !== 'cut') {
      shapes.push(...delayShapes(attempt, next, x + width + 14, model, axis));
    }
  });
  labelAttempt(shapes, step, model, axis);
  return shapes.concat(breaks(shapes, axis, ['delay']));
}

/**
 * The dotted line to the next attempt, after the words that name it.
 * @param {import('./model.js').Attempt} attempt
 * @param {import('./model.js').Attempt | undefined} next
 * @param {number} x
 * @param {Model} model
 * @param {Axis} axis
 * @returns {Shape[]}
 */
function delayShapes(attempt, next, x, model, axis) {
  const end = xAt(axis, next ? next.start : model.end);
  const left = next ? duration(next.start - /** @type {number} */ (attempt.end)) : countdown(/** @type {number} */ (attempt.retryAt) - model.end);
  const text = words.inDelay(left);
  const room = text.length * LETTER;
  /** @type {Shape} */
  const label = {type: 'text', x: x + 2, width: room, text, tone: 'fail'};
  if (!next && model.live) return [{...label, x: Math.max(end, x) + 6}, {type: 'delay', x, width: Math.max(0, end - x), tone: 'fail'}];
  if (end - x < room + 14) return [{type: 'delay', x, width: Math.max(0, end - x - 2), tone: 'fail'}];
  return [label, {type: 'delay', x: x + room + 6, width: end - x - room - 10, tone: 'fail'}];
}

/** @param {Shape[]} shapes @param {Step} step @param {Model} model @param {Axis} axis */
function labelAttempt(shapes, step, model, axis) {
  const last = step.attempts.at(-1);
  if (!last || last.n < 2 || last.outcome === 'cut' || step.state === 'retrying') return;
  const text = words.attempt(last.n);
  const width = text.length * LETTER;
  const x = xAt(axis, last.end ?? model.end) + (last.outcome === 'complete' || last.outcome === 'running' ? 8 : 18);
  const clear = x + width <= axis.width && model.outages.every((one) => xAt(axis, one.start) > x + width + 4 || xAt(axis, one.end) < x - 4);
  if (clear) shapes.push({type: 'text', x, width, text, tone: last.outcome === 'running' ? 'run' : 'muted'});
}

/**
 * @param {Step} step
 * @param {Model} model
 * @param {Axis} axis
 * @param {'sleep' | 'wait'} kind
 */
function idleShapes(step, model, axis, kind) {
  const {from, to} = extent(step, model.end);
  const x = xAt(axis, from);
  const width = Math.max(MIN_BAR, xAt(axis, to) - x);
  const over = step.end !== null || !model.live;
  /** @type {Shape[]} */
  const shapes = [{type: kind, x, width, tone: kind, tail: over ? 'plain' : 'ragged'}];
  const mark = kind === 'sleep' ? 'moon' : 'envelope';
  if (width >= 20) shapes.push({type: mark, x: x + 4, width: 12, tone: kind});
  if (step.end !== null && kind === 'wait') {
    shapes.push({type: step.timedOut ? 'cross' : 'ring', x: Math.min(x + width, axis.width - 4), width: 0, tone: step.timedOut ? 'fail' : 'wait', tail: 'plain'});
  }
  const marks = breaks(shapes, axis, [kind]);
  if (kind === 'sleep' && over) nameSleep(shapes, marks, step, model, axis, x, width);
  return shapes.concat(marks);
}

/** @param {Shape[]} shapes @param {Shape[]} marks @param {Step} step @param {Model} model @param {Axis} axis @param {number} x @param {number} width */
function nameSleep(shapes, marks, step, model, axis, x, width) {
  const text = duration(step.length);
  const room = text.length * LETTER + 4;
  const inside = x + 20;
  const free = marks.every((one) => one.x - 10 > inside + room || one.x + 10 < inside);
  if (free && width > room + 26) {
    shapes.push({type: 'text', x: inside, width: room, text, tone: 'sleep'});
    return;
  }
  const after = x + width + 8;
  const clear = after + room <= axis.width && model.outages.every((one) => xAt(axis, one.start) > after + room || xAt(axis, one.end) < after - 4);
  const before = x - room - 4;
  if (clear) shapes.push({type: 'text', x: after, width: room, text, tone: 'sleep'});
  else if (before >= 0 && model.outages.every((one) => xAt(axis, one.start) > before + room || xAt(axis, one.end) < before - 4)) {
    shapes.push({type: 'text', x: before, width: room, text, tone: 'sleep'});
  }
}

/**
 * A bar that crosses a compressed stretch shows the break.
 * @param {Shape[]} shapes
 * @param {Axis} axis
 * @param {string[]} types
 * @returns {Shape[]}
 */
function breaks(shapes, axis, types) {
  const bars = shapes.filter((one) => types.includes(one.type));
  return axis.segments.flatMap((segment) => {
    if (segment.kind !== 'gap' && segment.kind !== 'skip') return [];
    const x = breakAt(segment);
    if (!bars.some((bar) => bar.x < x && x < bar.x + bar.width)) return [];
    return [{type: segment.kind === 'skip' ? /** @type {const} */ ('skip') : /** @type {const} */ ('break'), x, width: 0, tone: bars[0].tone}];
  });
}

/** @param {Step} step @param {Model} model @param {Axis} axis @returns {Action | null} */
function actionOf(step, model, axis) {
  if (!model.live || step.end !== null || step.kind === 'do' || step.due <= model.end) return null;
  if (model.outages.some((one) => one.open)) return null;
  const text = step.kind === 'sleep' ? buttons.skip(step.length) : buttons.send(oneLine(step.type));
  const width = text.length * BOLD + 24 + (step.kind === 'wait' ? EDIT : 0);
  const after = xAt(axis, model.end) + 8;
  const before = xAt(axis, step.start) - width - 8;
  const clear = before >= 0 && model.outages.every((one) => xAt(axis, one.end) < before || xAt(axis, one.start) > before + width);
  const fits = after + width <= axis.width;
  const x = fits || !clear ? after : before;
  return {kind: step.kind === 'sleep' ? 'skip' : 'send', key: step.key, type: step.type, text, x, width, fits: fits || clear};
}

/**
 * The strip of a group: how much of it ran at each pixel.
 * @param {Step[]} steps
 * @param {Model} model
 * @param {Axis} axis
 * @returns {Shape[]}
 */
function density(steps, model, axis) {
  const cell = 3;
  const cells = new Array(Math.ceil(axis.width / cell)).fill(0);
  const failed = new Set();
  for (const step of steps) {
    const {from, to} = extent(step, model.end);
    const first = Math.floor(xAt(axis, from) / cell);
    const last = Math.max(first, Math.ceil(xAt(axis, to) / cell) - 1);
    for (let i = first; i <= last && i < cells.length; i++) cells[i] += 1;
    if (step.state === 'errored') failed.add(first);
  }
  const most = Math.max(1, ...cells);
  /** @type {Shape[]} */
  const shapes = [];
  cells.forEach((n, i) => {
    if (n > 0) shapes.push({type: 'density', x: i * cell, width: cell, tone: failed.has(i) ? 'fail' : 'done', text: (0.3 + (0.7 * n) / most).toFixed(2)});
  });
  return shapes;
}

/** @param {Model} model @param {Axis} axis @param {DrawnRow[]} rows @returns {Cut[]} */
function drawCuts(model, axis, rows) {
  /** @type {number[]} */
  const lanes = [];
  return model.outages.map((outage) => {
    const x = xAt(axis, outage.start);
    const width = xAt(axis, outage.end) - x;
    const text = outage.open ? words.killing : outage.clean ? words.closed(outageLength(outage.length)) : words.killed(outageLength(outage.length));
    const length = text.length * LETTER + 22;
    const labelX = Math.max(0, Math.min(x - 7, axis.width - length));
    let lane = lanes.findIndex((end) => end + 8 <= labelX);
    if (lane < 0) lane = lanes.length;
    lanes[lane] = labelX + length;
    const kept = rows.flatMap((row, i) => (!row.rest && row.steps.every((step) => outage.kept.includes(step.key)) ? [i] : []));
    return {x, width, text, clean: outage.clean, labelX, lane, kept};
  });
}
