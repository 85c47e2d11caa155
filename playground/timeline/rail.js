// @ts-check
// The narrow form: a vertical rail with a word per row instead of bars.
import {h} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {countdown, duration, outage as outageLength} from '../ui/format.js';
import {timeline as words} from '../words/index.js';
import {outageSentence, took} from './sentences.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./draw.js').DrawnRow} DrawnRow */

/**
 * What stands between and at the end of the rows of a rail.
 * @param {Model} model
 * @param {DrawnRow[]} rows
 */
export function railItems(model, rows) {
  return {
    /** The kill marks, each before the first row that was not finished then. */
    marks() {
      return model.outages.map((outage) => {
        const next = rows.find((row) => row.steps.some((step) => step.end === null || step.end > outage.start));
        const text = outage.open ? words.killing : outage.clean ? words.closed(outageLength(outage.length)) : words.killedRail(outageLength(outage.length));
        const tone = outage.clean ? 'tone-muted' : 'tone-fail';
        const element = h('div', {class: `tl-rail-cut ${tone}`, role: 'row'},
          h('span', {role: 'cell'}, icon(outage.clean ? 'paused' : 'kill'), h('span', null, text)));
        return {before: next?.key ?? null, element};
      });
    },
    /** The outages as rows of the table, for who cannot see the lines. */
    spoken() {
      return model.outages.filter((outage) => !outage.open).map((outage) =>
        h('div', {role: 'row'}, h('span', {role: 'cell'}, outageSentence(outage))));
    },
    /** @param {DrawnRow} row */
    meta(row) {
      if (row.group) return h('span', {class: 'tl-meta'}, '');
      return h('span', {class: 'tl-meta', 'aria-hidden': 'true'}, ...metaOf(row.steps[0], model));
    },
  };
}

/** @param {Step} step @param {Model} model */
function metaOf(step, model) {
  const last = step.attempts.at(-1);
  const kept = step.kept ? [icon('kept')] : [];
  if (step.kind === 'sleep') return [icon('sleeping'), text(step.end === null ? countdown(step.due - model.end) : duration(step.length))];
  if (step.kind === 'wait') {
    if (step.end === null) return [icon('waiting'), text(countdown(step.due - model.end))];
    return [...kept, icon('waiting'), text(step.timedOut ? words.timedOut(duration(took(step))) : words.gotIt(duration(took(step))))];
  }
  if (step.end === null && last) {
    if (step.state === 'retrying') return [text(words.inDelay(countdown(Number(last.retryAt) - model.end)))];
    return [text(last.n > 1 || last.outcome === 'cut' ? words.attempt(last.outcome === 'cut' ? last.n + 1 : last.n) : ''), text('…')];
  }
  return [...kept, last && last.n > 1 ? text(words.ordinal(last.n)) : null, text(duration(took(step)))];
}

/** @param {string} words */
function text(words) {
  return h('span', null, words);
}
