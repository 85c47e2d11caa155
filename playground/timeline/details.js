// @ts-check
// What one row opens: its sentence, its value or its error, its attempts.
import {h} from '../ui/dom.js';
import {duration, iso} from '../ui/format.js';
import {timeline as words, words as states} from '../words/index.js';
import {readable} from '../ui/values.js';
import {visible} from '../ui/text.js';
import {splitTraceback} from '../ui/traceback.js';
import {sentence} from './sentences.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./model.js').Attempt} Attempt */

/**
 * @param {Step} step
 * @param {Model} model
 * @returns {Node[]}
 */
export function details(step, model) {
  const parts = /** @type {Node[]} */ ([h('p', null, sentence(step, model))]);
  const error = step.error ?? step.attempts.findLast((attempt) => attempt.error)?.error ?? null;
  if (error) parts.push(...errorOf(error));
  if (step.value !== null) parts.push(h('pre', {class: 'code'}, visible(readable(step.value))));
  if (step.attempts.length > 1) parts.push(h('ol', {class: 'tl-attempts'}, step.attempts.map((attempt) => line(attempt))));
  return parts;
}

/** @param {Attempt} attempt */
function line(attempt) {
  const word = {
    running: states.running, complete: states.complete, failed: states.errored, timeout: words.timeout, cut: words.cut,
  }[attempt.outcome];
  const length = attempt.end === null ? '' : duration(attempt.length);
  return h('li', {value: attempt.n, title: iso(attempt.at)}, h('span', null, word), h('span', {class: 'muted'}, length));
}

/**
 * An error with its traceback, which starts at the tenant's frame.
 * @param {import('../ui/types.js').ErrorRecord} error
 * @returns {Node[]}
 */
export function errorOf(error) {
  const said = `${error.name}: ${error.message}`;
  const text = (error.traceback ?? '').trimEnd();
  const {shown, folded, frames} = splitTraceback(text.endsWith(said) ? text.slice(0, -said.length) : text);
  const head = h('p', {class: 'tone-fail'}, h('bdi', null, visible(said)));
  const trace = shown ? [h('pre', {class: 'code'}, visible(shown))] : [];
  const rest = folded ? [h('details', null, h('summary', null, words.traceback(frames)), h('pre', {class: 'code'}, visible(folded)))] : [];
  return [head, ...trace, ...rest];
}
