// @ts-check
// The shapes of one row: attempts, delays, sleeps, waits, and what is written beside them.
import {countdown, duration} from '../ui/format.js';
import {timeline as words} from '../words/index.js';
import {breakAt, xAt} from './axis.js';
import {clear, LETTER} from './cuts.js';
import {extent} from './model.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./axis.js').Axis} Axis */
/** @typedef {import('./draw.js').Shape} Shape */
/** @typedef {import('./cuts.js').Span} Span */

const MIN_BAR = 3; // px; anything shorter is not seen

/**
 * All shapes of one step.
 * @param {Step} step
 * @param {Model} model
 * @param {Axis} axis
 * @param {Span[]} blocked where no text may stand
 * @returns {Shape[]}
 */
export function shapesOf(step, model, axis, blocked) {
  if (step.kind === 'sleep') return idleShapes(step, model, axis, blocked);
  if (step.kind === 'wait') return idleShapes(step, model, axis, blocked);
  return attemptShapes(step, model, axis, blocked);
}

/** @type {Record<Exclude<import('./model.js').Attempt['outcome'], 'running'>, {tone: string, tail: Shape['tail']}>} */
const ENDS = {
  complete: {tone: 'done', tail: 'plain'}, failed: {tone: 'fail', tail: 'hatched'}, timeout: {tone: 'fail', tail: 'hatched'},
  cut: {tone: 'run', tail: 'ragged'}, stopped: {tone: 'text', tail: 'open'},
};

/** @param {Step} step @param {Model} model @param {Axis} axis @param {Span[]} blocked */
function attemptShapes(step, model, axis, blocked) {
  /** @type {Shape[]} */
  const shapes = [];
  step.attempts.forEach((attempt, i) => {
    const x = xAt(axis, attempt.start);
    const width = Math.max(MIN_BAR, xAt(axis, attempt.end ?? model.end) - x);
    shapes.push(...barShapes(attempt, x, width, model));
    if (attempt.retryAt !== null && attempt.outcome !== 'cut') {
      shapes.push(...delayShapes({attempt, next: step.attempts[i + 1], x: x + width + 14}, model, axis, blocked));
    }
  });
  labelAttempt(shapes, step, model, axis, blocked);
  return shapes.concat(breaks(shapes, axis, ['delay', 'live', 'attempt']));
}

/** @param {import('./model.js').Attempt} attempt @param {number} x @param {number} width @param {Model} model @returns {Shape[]} */
function barShapes(attempt, x, width, model) {
  if (attempt.outcome === 'running') {
    return [model.live ? {type: 'live', x, width, tone: 'run', from: attempt.start} : {type: 'attempt', x, width, tone: 'run', tail: 'open'}];
  }
  /** @type {Shape} */
  const bar = {type: 'attempt', x, width, ...ENDS[attempt.outcome]};
  if (attempt.outcome === 'failed') return [bar, {type: 'cross', x: x + width + 7, width: 0, tone: 'fail'}];
  if (attempt.outcome === 'timeout') return [bar, {type: 'stop', x: x + width + 3, width: 0, tone: 'fail'}];
  return [bar];
}

/**
 * The dotted line to the next attempt, after the words that name it.
 * @param {{attempt: import('./model.js').Attempt, next: import('./model.js').Attempt | undefined, x: number}} delay
 * @param {Model} model
 * @param {Axis} axis
 * @param {Span[]} blocked
 * @returns {Shape[]}
 */
function delayShapes({attempt, next, x}, model, axis, blocked) {
  const end = xAt(axis, next ? next.start : model.end);
  const left = next ? duration(next.start - /** @type {number} */ (attempt.end)) : countdown(/** @type {number} */ (attempt.retryAt) - model.end);
  const text = words.inDelay(left);
  const room = text.length * LETTER;
  /** @type {Shape} */
  const label = {type: 'text', x: x + 2, width: room, text, tone: 'fail'};
  if (!next && model.live) return [{...label, x: Math.max(end, x) + 6}, {type: 'delay', x, width: Math.max(0, end - x), tone: 'fail'}];
  if (end - x < room + 14 || !clear(blocked, label.x, room)) return [{type: 'delay', x, width: Math.max(0, end - x - 2), tone: 'fail'}];
  return [label, {type: 'delay', x: x + room + 6, width: end - x - room - 10, tone: 'fail'}];
}

/** @param {Shape[]} shapes @param {Step} step @param {Model} model @param {Axis} axis @param {Span[]} blocked */
function labelAttempt(shapes, step, model, axis, blocked) {
  const last = step.attempts.at(-1);
  if (!last || last.n < 2 || last.outcome === 'cut' || step.state === 'retrying') return;
  const text = words.attempt(last.n);
  const width = text.length * LETTER;
  const x = xAt(axis, last.end ?? model.end) + (last.outcome === 'complete' || last.outcome === 'running' ? 8 : 18);
  if (x + width <= axis.width && clear(blocked, x, width)) {
    shapes.push({type: 'text', x, width, text, tone: last.outcome === 'running' ? 'run' : 'muted'});
  }
}

/** @param {Step} step @param {Model} model @param {Axis} axis @param {Span[]} blocked */
function idleShapes(step, model, axis, blocked) {
  const kind = step.kind === 'sleep' ? 'sleep' : 'wait';
  const {from, to} = extent(step, model.end);
  const x = xAt(axis, from);
  const width = Math.max(MIN_BAR, xAt(axis, to) - x);
  const over = step.end !== null || step.stopped !== null || !model.live;
  /** @type {Shape[]} */
  const shapes = [{type: kind, x, width, tone: kind, tail: over && step.stopped === null ? 'plain' : 'ragged'}];
  if (width >= 20) shapes.push({type: kind === 'sleep' ? 'moon' : 'envelope', x: x + 4, width: 12, tone: kind});
  if (step.end !== null && kind === 'wait') shapes.push(waitEnd(step, Math.min(x + width, axis.width - 4)));
  const marks = breaks(shapes, axis, [kind]);
  if (kind === 'sleep' && over) shapes.push(...lengthOf(step, marks, {x, width, room: axis.width}, blocked));
  return shapes.concat(marks);
}

/** @param {Step} step @param {number} x @returns {Shape} */
function waitEnd({timedOut}, x) {
  return {type: timedOut ? 'cross' : 'ring', x, width: 0, tone: timedOut ? 'fail' : 'wait', tail: 'plain'};
}

/**
 * The length of a sleep: on its own bar, behind it or before it, wherever no line, band or mark is in the way.
 * @param {Step} step
 * @param {Shape[]} marks
 * @param {{x: number, width: number, room: number}} bar
 * @param {Span[]} blocked
 * @returns {Shape[]}
 */
function lengthOf(step, marks, {x, width, room}, blocked) {
  const text = duration(step.length);
  const length = text.length * LETTER + 4;
  const own = blocked.concat(marks.map((one) => ({from: one.x - 6, to: one.x + 6})));
  const places = [
    {at: x + 20, free: width > length + 26 && clear(own, x + 20, length)},
    {at: x + width + 8, free: x + width + 8 + length <= room && clear(blocked, x + width + 8, length)},
    {at: x - length - 4, free: x - length - 4 >= 0 && clear(blocked, x - length - 4, length)},
  ];
  const found = places.find((one) => one.free);
  return found ? [{type: 'text', x: found.at, width: length, text, tone: 'sleep', tail: found === places[0] ? 'open' : 'plain'}] : [];
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
    const crossing = bars.find((bar) => bar.x < x && x < bar.x + bar.width);
    if (!crossing) return [];
    return [{type: segment.kind === 'skip' ? /** @type {const} */ ('skip') : /** @type {const} */ ('break'), x, width: 0, tone: crossing.tone}];
  });
}

/**
 * The strip of a group: how much of it ran at each pixel.
 * @param {Step[]} steps
 * @param {Model} model
 * @param {Axis} axis
 * @returns {Shape[]}
 */
export function density(steps, model, axis) {
  const cell = 3;
  const cells = new Array(Math.ceil(axis.width / cell)).fill(0);
  const failed = new Set();
  for (const step of steps) {
    const {from, to} = extent(step, model.end);
    const first = Math.floor(xAt(axis, from) / cell);
    const last = Math.max(first, Math.ceil(xAt(axis, to) / cell) - 1);
    for (let i = first; i <= last && i < cells.length; i++) cells[i] += 1;
    for (const one of step.attempts) if (one.outcome === 'failed' || one.outcome === 'timeout') failed.add(Math.max(0, Math.ceil(xAt(axis, one.end ?? model.end) / cell) - 1));
  }
  const most = cells.reduce((top, n) => Math.max(top, n), 1);
  /** @type {Shape[]} */
  const shapes = [];
  cells.forEach((n, i) => {
    if (n > 0) shapes.push({type: 'density', x: i * cell, width: cell, tone: failed.has(i) ? 'fail' : 'done', text: (0.3 + (0.7 * n) / most).toFixed(2)});
  });
  return shapes;
}
