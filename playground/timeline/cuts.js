// @ts-check
// What goes through all rows: kills, closed pages, pauses and restarts, and what stands on them.
import {duration, outage as outageLength} from '../ui/format.js';
import {oneLine} from '../ui/text.js';
import {timeline as words} from '../words/index.js';
import {xAt} from './axis.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./axis.js').Axis} Axis */
/** @typedef {import('./draw.js').Shape} Shape */

/** @typedef {'kill' | 'closed' | 'pause' | 'restart'} CutKind */
/** @typedef {{kind: CutKind, at: number, open: boolean, x: number, width: number, text: string, labelX: number, lane: number}} Cut */
/** @typedef {{from: number, to: number}} Span px */

export const LETTER = 6.4; // px of a 12 px letter, for what fits
const ICON = 22; // px of a label's icon and its gap
const KEPT = 10; // px from a cut to the mark of what was kept, where its band is narrower

/**
 * All that is drawn through the rows, each with its label below them.
 * @param {Model} model
 * @param {Axis} axis
 * @returns {Cut[]}
 */
export function drawCuts(model, axis) {
  const cuts = [
    ...model.outages.map((one) => cut(one.clean ? 'closed' : 'kill', one, outageText(one), axis)),
    ...model.pauses.map((one) => cut('pause', one, one.open ? words.pausedNow : words.paused(duration(one.end - one.start)), axis)),
    ...(model.restart?.from ? [cut('restart', {start: model.restart.at, end: model.restart.at}, restartText(model.restart), axis)] : []),
  ].sort((a, b) => a.x - b.x);
  /** @type {number[]} */
  const lanes = [];
  for (const one of cuts) {
    const found = lanes.findIndex((end) => end + 8 <= one.labelX);
    one.lane = found < 0 ? lanes.length : found;
    lanes[one.lane] = one.labelX + one.text.length * LETTER + ICON;
  }
  return cuts;
}

/** @param {CutKind} kind @param {{start: number, end: number, open?: boolean}} span @param {string} text @param {Axis} axis @returns {Cut} */
function cut(kind, {start, end, open = false}, text, axis) {
  const x = xAt(axis, start);
  const labelX = Math.max(0, Math.min(x - 7, axis.width - text.length * LETTER - ICON));
  return {kind, at: start, open, x, width: xAt(axis, end) - x, text, labelX, lane: 0};
}

/** @param {import('./model.js').Outage} outage */
function outageText(outage) {
  if (outage.open) return words.killing;
  return outage.clean ? words.closed(outageLength(outage.length)) : words.killed(outageLength(outage.length));
}

/**
 * Where a run was started again.
 * @param {Pick<import('./model.js').Restart, 'from' | 'recoded'>} restart
 */
export function restartText({from, recoded}) {
  const step = oneLine(from.slice(from.indexOf(':') + 1).replace(/-1$/, ''));
  return recoded ? words.restartedWith(step) : words.restartedFrom(step);
}

/**
 * Where no text may stand.
 * @param {Cut[]} cuts
 * @returns {Span[]}
 */
export function obstacles(cuts) {
  return cuts.map(({x, width}) => ({from: x, to: x + width}));
}

/**
 * Whether text has a place of its own.
 * @param {Span[]} blocked
 * @param {number} x
 * @param {number} width
 */
export function clear(blocked, x, width) {
  return blocked.every((one) => one.from > x + width + 4 || one.to < x - 4);
}

/**
 * The marks of a row that was answered from history: when the engine came back, or when the run was started again.
 * @param {Step[]} steps
 * @param {Model} model
 * @param {Cut[]} cuts
 * @returns {Shape[]}
 */
export function marksOn(steps, model, cuts) {
  const kept = (/** @type {Cut} */ cut) => {
    if (cut.kind === 'restart') return steps.every((step) => model.restart?.kept.has(step.key));
    return cut.kind !== 'pause' && !cut.open && steps.every((step) => step.end !== null && step.end <= cut.at);
  };
  return cuts.filter(kept).map((cut) => ({type: 'kept', x: cut.x + Math.max(KEPT, cut.width / 2), width: 0, tone: 'muted'}));
}
