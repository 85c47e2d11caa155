// @ts-check
// The label, the button and the sentence of a row.
import {h} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {buttons, timeline as words} from '../words/index.js';
import {middle, oneLine} from '../ui/text.js';
import {groupSentence, sentence} from './sentences.js';

/** @typedef {import('./draw.js').DrawnRow} DrawnRow */
/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').StepState} StepState */

/** Icon, gaps and padding beside a label's text. */
export const LABEL_EDGES = 42;

/** @type {Record<StepState, import('../ui/icons.js').IconName>} */
const ICONS = {
  running: 'running', complete: 'complete', errored: 'errored', retrying: 'retrying', sleeping: 'sleeping',
  waiting: 'waiting', terminated: 'terminated',
};

/**
 * The step's state and name.
 * @param {DrawnRow} row
 * @param {number} width of the column
 * @param {Model} model
 */
export function labelOf(row, width, model) {
  const name = row.steps[0].name;
  const room = width - LABEL_EDGES - row.depth * 12;
  const state = row.group ? groupState(row) : model.live || row.steps[0].state !== 'running' ? row.steps[0].state : 'terminated';
  const text = row.group ? words.group(oneLine(name), row.steps.length) : oneLine(name);
  const undo = row.steps[0].kind === 'rollback' ? h('span', {class: 'tl-undo'}, icon('undo')) : null;
  return h('div', {class: 'tl-label', role: 'rowheader', style: row.depth ? `--depth:${row.depth}` : null, 'aria-expanded': row.group ? String(row.open) : null},
    h('span', {class: `tl-icon tone-${state}`}, icon(ICONS[state])), undo,
    nameOf(text, room - (undo ? 20 : 0) - (row.group ? 20 : 0)),
    row.group ? h('span', {class: 'tl-fold'}, icon('chevron')) : null);
}

/** A name that is too long loses its middle to the eye, not to a reader or a pointer. @param {string} text @param {number} room */
function nameOf(text, room) {
  const all = measure(text);
  if (all <= room) return h('bdi', {class: 'tl-name'}, text);
  let letters = Math.floor((Array.from(text).length * room) / all);
  while (letters > 3 && measure(middle(text, letters)) > room) letters -= 1;
  return h('bdi', {class: 'tl-name', title: text, 'aria-label': text}, middle(text, letters));
}

/** @type {CanvasRenderingContext2D | null} */
let pen = null;
/** @type {Map<string, number>} */
const widths = new Map();

/**
 * Take the font for measuring; rarely, because it asks for styles.
 * @param {Element} element
 */
export function takeFont(element) {
  pen ??= document.createElement('canvas').getContext('2d');
  const {fontSize, fontFamily} = getComputedStyle(element); // `font` itself is empty beside tabular figures
  if (pen) pen.font = `${fontSize} ${fontFamily}`;
  widths.clear();
}

/**
 * The width of a label's text.
 * @param {string} text
 */
export function measure(text) {
  let width = widths.get(text);
  if (width === undefined) {
    width = pen ? pen.measureText(text).width : text.length * 8;
    if (widths.size > 2000) widths.clear();
    widths.set(text, width);
  }
  return width;
}

/** @param {DrawnRow} row @returns {StepState} */
function groupState(row) {
  for (const state of /** @type {StepState[]} */ (['errored', 'running', 'retrying', 'waiting', 'sleeping', 'terminated'])) {
    if (row.steps.some((step) => step.state === state)) return state;
  }
  return 'complete';
}

/**
 * The button at the live end of a sleep or wait; an event's second half opens its payload.
 * @param {import('./draw.js').Action} action
 * @param {boolean} rail
 */
export function actionButton(action, rail) {
  const facts = {type: 'button', 'data-key': action.key, 'data-type': action.type};
  const main = h('button', {...facts, class: 'button tl-action', 'data-kind': action.kind}, action.text);
  const more = action.kind === 'send'
    ? h('button', {...facts, class: 'button tl-action tl-edit', 'data-kind': 'edit', 'aria-label': buttons.editPayload, title: buttons.editPayload}, icon('chevron')) : null;
  return h('span', {class: `tl-actions ${more ? 'split' : ''}`, style: rail ? null : `--x:${Math.round(action.x)}px`}, main, more);
}

/** @param {DrawnRow} row @param {Model} model */
export function rowSentence(row, model) {
  return row.group ? groupSentence(row.steps[0].name, row.steps, row.open) : sentence(row.steps[0], model);
}

const SPACE = ' ×00 >'; // what stands beside the name of a group or of a rollback
const MEASURED = 200; // names that decide how wide the labels are

/**
 * The width of the label column: room for the longest name, within bounds.
 * @param {import('./model.js').Step[]} steps
 * @param {number} width of the timeline
 */
export function labelWidth(steps, width) {
  const names = new Set();
  for (const step of steps) {
    names.add(step.kind === 'rollback' || step.count > 8 ? `${step.name}${SPACE}` : step.name);
    if (names.size === MEASURED) break;
  }
  const longest = [...names].reduce((most, name) => Math.max(most, measure(name)), 0);
  return Math.min(width < 640 ? 200 : 240, Math.max(160, Math.ceil(longest) + LABEL_EDGES));
}
