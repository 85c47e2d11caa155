// @ts-check
// The line under the inspector's title: state, kind, when and how long.
import {h} from '../ui/dom.js';
import {clockTime, duration, iso} from '../ui/format.js';
import {timeline} from '../words/index.js';
import {inspector as words} from '../words/inspector.js';
import {stateWord, took} from './sentences.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./element.js').TimelineData & {logs: readonly import('../ui/types.js').LogRow[] | null}} TimelineData */

/**
 * A moment in the reader's zone, with its ISO form in the title.
 * @param {number} at
 * @param {number} near
 */
export function time(at, near) {
  return h('time', {datetime: iso(at), title: iso(at)}, clockTime(at, near));
}

/**
 * @param {Step} step
 * @param {Model} model
 * @returns {Node[]}
 */
export function stepFacts(step, model) {
  const length = step.end === null ? '' : duration(took(step));
  return facts([
    h('span', {class: `tone-${step.state} tl-toned`}, stateWord(step)),
    words.kinds[step.kind],
    step.count > 1 ? words.nth(timeline.ordinal(step.count)) : null,
    step.attempts.length > 1 ? words.attempts(step.attempts.length) : null,
    span(step.at, step.until, model.origin),
    length || null,
    step.kept ? words.keptFact : null,
  ]);
}

/**
 * @param {TimelineData} data
 * @param {Model} model
 * @returns {Node[]}
 */
export function runFacts({run}, model) {
  return facts([
    run ? words.status(run.status) : null,
    words.steps(model.steps.length),
    span(model.origin, model.live ? null : model.origin + model.end - model.offset, model.origin),
    run ? h('span', null, words.id, h('bdi', {class: 'code'}, run.id)) : null,
    run ? h('span', null, words.version, h('span', {class: 'code', title: run.version}, run.version.slice(0, 12))) : null,
  ]);
}

/** @param {number} from @param {number | null} to @param {number} near */
function span(from, to, near) {
  return h('span', null, time(from, near), to === null || to === from ? null : [' – ', time(to, near)].map((one) => (typeof one === 'string' ? document.createTextNode(one) : one)));
}

/** @param {(Node | string | null)[]} parts */
function facts(parts) {
  return parts.filter((one) => one !== null).map((one) => h('span', {class: 'tl-fact'}, one));
}
