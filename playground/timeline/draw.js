// @ts-check
// Model and axis in, shapes out: plain records that say what stands where, for an SVG, a test or a print.
import {countdown} from '../ui/format.js';
import {buttons, timeline as words} from '../words/index.js';
import {oneLine} from '../ui/text.js';
import {parallel} from './model.js';
import {xAt} from './axis.js';
import {drawCuts, marksOn, obstacles} from './cuts.js';
import {density, shapesOf} from './shapes.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./axis.js').Axis} Axis */
/** @typedef {import('./cuts.js').Cut} Cut */

export const ROW = 32;
export const BAR = 12;
const EDIT = 26; // px of the part of Send that opens its payload
const BOLD = 8; // px of a letter on a button, so that a button is known to fit
const GROUP_OVER = 8; // same name more often than this in a row becomes one row

/**
 * @typedef {object} Shape
 * @property {'attempt' | 'live' | 'delay' | 'sleep' | 'wait' | 'text' | 'cross' | 'ring' | 'stop' | 'break' | 'skip' | 'density' | 'moon' | 'envelope' | 'kept'} type
 * @property {number} x
 * @property {number} width
 * @property {string} [tone]
 * @property {'plain' | 'hatched' | 'ragged' | 'open'} [tail]
 * @property {string} [text]
 * @property {number} [from] run time of a live start
 */

/**
 * @typedef {object} Action
 * @property {'skip' | 'send' | 'retry'} kind
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
 * @property {boolean} rule the first of those that undo
 * @property {Shape[]} shapes
 * @property {'' | 'first' | 'inner' | 'last'} bracket
 * @property {number} depth
 * @property {Action | null} action
 */

/** @typedef {{rows: DrawnRow[], cuts: Cut[], lanes: number}} Drawing */

/**
 * @typedef {object} View
 * @property {Set<string>} [opened] groups that are open
 * @property {(step: Step) => boolean} [keep] what a filter leaves
 * @property {[number, number]} [window] rows that are in the document; the others get no shapes
 * @property {ReadonlySet<string>} [actions] kinds of buttons that whoever listens can carry out
 */

/** What a button does where nobody says otherwise. */
export const ACTIONS = new Set(['skip', 'send']);

/**
 * Draw a history.
 * @param {Model} model
 * @param {Axis} axis
 * @param {View} [view]
 * @returns {Drawing}
 */
export function draw(model, axis, {opened = new Set(), keep, window, actions = ACTIONS} = {}) {
  const rows = collect(keep ? model.steps.filter(keep) : model.steps, opened);
  brackets(rows, model);
  const cuts = drawCuts(model, axis);
  const blocked = obstacles(cuts);
  const [from, to] = window ?? [0, rows.length];
  for (const row of rows.slice(from, to)) {
    row.shapes = shapesOfRow(row, model, axis, blocked).concat(marksOn(row.steps, model, cuts));
  }
  for (const row of rows) if (!row.group) row.action = actionOf(row.steps[0], model, axis, {actions, blocked});
  return {rows, cuts, lanes: cuts.reduce((most, one) => Math.max(most, one.lane + 1), 0)};
}

/** @param {DrawnRow} row @param {Model} model @param {Axis} axis @param {import('./cuts.js').Span[]} blocked */
function shapesOfRow(row, model, axis, blocked) {
  if (!row.group) return shapesOf(row.steps[0], model, axis, blocked);
  return row.open ? [] : density(row.steps, model, axis);
}

/**
 * Rows in order of first start; runs of one name become groups; what undoes comes last, below a rule.
 * @param {Step[]} steps
 * @param {Set<string>} opened
 * @returns {DrawnRow[]}
 */
function collect(steps, opened) {
  const undoing = steps.filter((step) => step.kind === 'rollback');
  if (!undoing.length) return grouped(steps, opened);
  const below = grouped(undoing, opened);
  below[0].rule = true;
  return [...grouped(steps.filter((step) => step.kind !== 'rollback'), opened), ...below];
}

/** @param {Step[]} steps @param {Set<string>} opened */
function grouped(steps, opened) {
  /** @type {DrawnRow[]} */
  const rows = [];
  for (let i = 0; i < steps.length;) {
    let next = i + 1;
    while (next < steps.length && steps[next].name === steps[i].name && steps[next].kind === steps[i].kind) next += 1;
    const same = steps.slice(i, next);
    const group = same.length > GROUP_OVER;
    const open = group && opened.has(same[0].key);
    if (group) rows.push(drawnRow(`group:${same[0].key}`, same, {group, open}));
    if (!group || open) for (const step of same) rows.push(drawnRow(step.key, [step], {depth: group ? 1 : 0}));
    i = next;
  }
  return rows;
}

/** @param {string} key @param {Step[]} steps @param {Partial<DrawnRow>} part @returns {DrawnRow} */
function drawnRow(key, steps, part) {
  return {key, steps, group: false, open: false, rule: false, shapes: [], bracket: '', depth: 0, action: null, ...part};
}

/** Rows of one group of steps that run at once. @param {DrawnRow[]} rows @param {Model} model */
function brackets(rows, model) {
  const byKey = new Map(rows.filter((row) => !row.group).map((row) => [row.key, row]));
  for (const [first, last] of parallel(model.steps, model.end)) {
    const inside = model.steps.slice(first, last + 1).map((step) => byKey.get(step.key)).filter((row) => row !== undefined);
    if (inside.length < 2) continue;
    for (const row of inside) row.bracket = 'inner';
    inside[0].bracket = 'first';
    inside[inside.length - 1].bracket = 'last';
  }
}

/**
 * @param {Step} step
 * @param {Model} model
 * @param {Axis} axis
 * @param {{actions: ReadonlySet<string>, blocked: import('./cuts.js').Span[]}} view
 * @returns {Action | null}
 */
function actionOf(step, model, axis, {actions, blocked}) {
  const kind = kindOf(step, model);
  if (!kind || !actions.has(kind) || model.outages.some((one) => one.open) || model.pauses.some((one) => one.open)) return null;
  const text = {skip: buttons.skip(step.length), send: buttons.send(oneLine(step.type)), retry: words.retryNow}[kind];
  const width = text.length * BOLD + 24 + (kind === 'send' ? EDIT : 0);
  const delay = kind === 'retry' ? countdown(lastOf(step).retryAt - model.end).length * 7 + 24 : 0; // "in 8 s" stands before it
  const after = xAt(axis, model.end) + 8 + delay;
  const before = xAt(axis, step.start) - width - 8;
  const clear = before >= 0 && blocked.every((one) => one.to < before || one.from > before + width);
  const fits = after + width <= axis.width;
  const x = fits || !clear ? after : before;
  return {kind, key: step.key, type: step.type, text, x, width, fits: fits || clear};
}

/** @param {Step} step @param {Model} model @returns {Action['kind'] | null} */
function kindOf(step, model) {
  if (!model.live || step.end !== null || step.stopped !== null) return null;
  if (step.state === 'retrying') return 'retry';
  if (step.due <= model.end) return null;
  return step.kind === 'sleep' ? 'skip' : step.kind === 'wait' ? 'send' : null;
}

/** @param {Step} step @returns {{retryAt: number}} */
function lastOf(step) {
  return {retryAt: Number(step.attempts.at(-1)?.retryAt)};
}
