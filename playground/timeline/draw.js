// @ts-check
// Model and axis in, shapes out: plain records that say what stands where, for an SVG, a test or a print.
import {outage as outageLength} from '../ui/format.js';
import {buttons, timeline as words} from '../words/index.js';
import {oneLine} from '../ui/text.js';
import {parallel} from './model.js';
import {xAt} from './axis.js';
import {density, LETTER, shapesOf} from './shapes.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./axis.js').Axis} Axis */

export const ROW = 32;
export const BAR = 12;
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
