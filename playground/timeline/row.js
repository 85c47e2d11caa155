// @ts-check
// The label, the button and the sentence of a row.
import {h} from '../src/dom.js';
import {icon} from '../src/icons.js';
import {timeline as words} from '../src/messages.js';
import {middle, oneLine} from '../src/text.js';
import {groupSentence, sentence} from './sentences.js';

/** @typedef {import('./draw.js').DrawnRow} DrawnRow */
/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').StepState} StepState */

/** @type {Record<StepState, import('../src/icons.js').IconName>} */
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
  const room = Math.floor((width - 36 - row.depth * 12) / 7);
  const state = row.group ? groupState(row) : model.live || row.steps[0].state !== 'running' ? row.steps[0].state : 'terminated';
  const text = row.rest ? words.more(row.steps.length) : row.group ? words.group(oneLine(name), row.steps.length) : oneLine(name);
  return h('div', {class: 'tl-label', role: 'rowheader', style: row.depth ? `--depth:${row.depth}` : null},
    h('span', {class: `tl-icon tone-${state}`}, icon(ICONS[state])),
    h('bdi', {class: 'tl-name', title: text.length > room ? text : null, 'aria-label': text.length > room ? text : null}, middle(text, room)));
}

/** @param {DrawnRow} row @returns {StepState} */
function groupState(row) {
  for (const state of /** @type {StepState[]} */ (['errored', 'running', 'retrying', 'waiting', 'sleeping', 'terminated'])) {
    if (row.steps.some((step) => step.state === state)) return state;
  }
  return 'complete';
}

/**
 * The button at the live end of a sleep or wait.
 * @param {import('./draw.js').Action} action
 * @param {boolean} rail
 */
export function actionButton(action, rail) {
  return h('button', {
    type: 'button', class: 'button tl-action', 'data-kind': action.kind, 'data-key': action.key, 'data-type': action.type,
    style: rail ? null : `--x:${Math.round(action.x)}px`,
  }, action.text);
}

/** @param {DrawnRow} row @param {Model} model */
export function rowSentence(row, model) {
  if (row.rest) return `${words.more(row.steps.length)}.`;
  return row.group ? groupSentence(row.steps[0].name, row.steps) : sentence(row.steps[0], model);
}
