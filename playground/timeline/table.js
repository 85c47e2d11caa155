// @ts-check
// The same rows as a table: state, attempts, when, how long, and what came of it.
import {h} from '../ui/dom.js';
import {clockTime, duration, iso} from '../ui/format.js';
import {oneLine} from '../ui/text.js';
import {oneLineValue} from '../ui/values.js';
import {timeline as words} from '../words/index.js';
import {stateWord, took} from './sentences.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./draw.js').DrawnRow} DrawnRow */

/** The names of the columns behind the step's. */
export function columnHeads() {
  return h('div', {class: 'tl-cells'}, words.columns.map((name) => h('span', null, name)));
}

/**
 * The cells of one row.
 * @param {DrawnRow} row
 * @param {Model} model
 */
export function cellsOf(row, model) {
  const step = row.steps[0];
  if (row.group) return h('div', {class: 'tl-cells', 'aria-hidden': 'true'});
  const value = step.error ? `${step.error.name}: ${step.error.message}` : step.value === null ? '' : oneLineValue(step.value);
  return h('div', {class: 'tl-cells', 'aria-hidden': 'true'},
    h('span', {class: `tone-${step.state} tl-toned`}, stateWord(step)),
    h('span', null, step.attempts.length ? String(step.attempts.length) : ''),
    h('time', {title: iso(step.at)}, clockTime(step.at, model.origin)),
    h('span', null, step.end === null ? '' : duration(took(step))),
    h('span', {class: `tl-value ${step.error ? 'tone-fail tl-toned' : ''}`}, h('bdi', null, oneLine(value).slice(0, 200))));
}
