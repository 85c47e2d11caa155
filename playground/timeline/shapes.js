// @ts-check
// The shapes of one row: attempts, delays, sleeps, waits, and what is written beside them.
import {countdown, duration} from '../ui/format.js';
import {timeline as words} from '../words/index.js';
import {breakAt, xAt} from './axis.js';
import {extent} from './model.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./axis.js').Axis} Axis */
/** @typedef {import('./draw.js').Shape} Shape */

const MIN_BAR = 3; // px; anything shorter is not seen
export const LETTER = 6.4; // px of a 12 px letter, for what fits

/**
 * All shapes of one step.
 * @param {Step} step
 * @param {Model} model
 * @param {Axis} axis
 * @returns {Shape[]}
 */
export function shapesOf(step, model, axis) {
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
