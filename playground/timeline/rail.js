// @ts-check
// The narrow form: a vertical rail with a word per row instead of bars.
import {h} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {countdown, duration, outage as outageLength} from '../ui/format.js';
import {timeline as words} from '../words/index.js';
import {restartText} from './cuts.js';
import {cutSentences, stateWord, took} from './sentences.js';

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
    /** The marks of kills, pauses, restarts and rollbacks, each before the first row that was not finished then. */
    marks() {
      const outages = model.outages.map((one) => ({at: one.start, tone: one.clean ? 'muted' : 'fail', mark: one.clean ? /** @type {const} */ ('away') : /** @type {const} */ ('kill'), text: outageText(one)}));
      const pauses = model.pauses.map((one) => ({at: one.start, tone: 'muted', mark: /** @type {const} */ ('paused'), text: one.open ? words.pausedNow : words.paused(duration(one.end - one.start))}));
      const undoing = model.rollback ? [{at: model.rollback.start, tone: 'fail', mark: /** @type {const} */ ('undo'), text: words.rollback}] : [];
      const restart = model.restart?.from ? [{at: model.restart.at, tone: 'muted', mark: /** @type {const} */ ('kept'), text: restartText(model.restart)}] : [];
      return [...outages, ...pauses, ...restart, ...undoing].sort((a, b) => a.at - b.at).map(({at, tone, mark, text}) => {
        const next = rows.find((row) => mark === 'undo' ? row.rule : row.steps.some((step) => step.end === null || step.end > at));
        return {before: next?.key ?? null, element: h('div', {class: `tl-rail-cut tone-${tone}`, role: 'row'}, h('span', {role: 'cell'}, icon(mark), h('span', null, text)))};
      });
    },
    /** The outages as rows of the table, for who cannot see the lines. */
    spoken() {
      return cutSentences(model).map((sentence) => h('div', {role: 'row'}, h('span', {role: 'cell'}, sentence)));
    },
    /** @param {DrawnRow} row */
    meta(row) {
      if (row.group) return h('span', {class: 'tl-meta', 'aria-hidden': 'true'}, text(words.done(row.steps.filter((step) => step.state === 'complete').length, row.steps.length)));
      return h('span', {class: 'tl-meta', 'aria-hidden': 'true'}, ...metaOf(row.steps[0], model));
    },
  };
}

/** @param {import('./model.js').Outage} outage */
function outageText(outage) {
  if (outage.open) return words.killing;
  return outage.clean ? words.closed(outageLength(outage.length)) : words.killedRail(outageLength(outage.length));
}

/** @param {Step} step @param {Model} model */
function metaOf(step, model) {
  const last = step.attempts.at(-1);
  const kept = step.kept ? [icon('kept')] : [];
  if (step.state === 'terminated') return [text(stateWord(step))];
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
