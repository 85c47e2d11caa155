// @ts-check
// The line above the timeline: what is happening, in one sentence.
import {progress} from '../../ui/format.js';
import {oneLine} from '../../ui/text.js';
import {status as words, runs as names} from '../../words/index.js';
import {detailedState} from './state.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./state.js').State} State */
/** @typedef {{state: State | null, name: string, words: string, quiet: boolean}} Line */

/**
 * Tell the state of what is shown.
 * @param {Session} session
 * @param {{recorded: boolean, model: import('../../timeline/model.js').Model | null, now: number, wanted: boolean}} view
 * @returns {Line}
 */
export function statusLine(session, {recorded, model, now, wanted}) {
  if (session.queued) return line(queued(session));
  if (session.checking) return line(words.checking);
  const shown = session.shown;
  if (!shown) {
    if (session.selected || wanted) return line(session.listed && !session.looking ? words.elsewhere : words.loading);
    return line(recorded ? words.recorded : '');
  }
  const name = oneLine(names.of(shown.run));
  if (session.killed) return {state: null, name, words: killed(session.killed), quiet: false};
  if (!model || !shown.rows.length) return {state: null, name, words: words.loading, quiet: true};
  const state = detailedState(shown.run, model, now);
  return {state, name, words: state.long, quiet: false};
}

/** @param {string} text @returns {Line} */
function line(text) {
  return {state: null, name: '', words: text, quiet: true};
}

/** @param {Session} session */
function queued({kernel}) {
  if (kernel.stage !== 'python') return words.queuedEngine;
  return kernel.total ? words.queuedPython(progress(kernel.bytes ?? 0, kernel.total)) : words.queuedStart;
}

/** @param {import('./session.js').Kill} kill */
function killed({target, others}) {
  if (target === 'engine') return others ? words.killedOthers(others) : words.killed;
  return others ? words.sandboxKilledOthers(others) : words.sandboxKilled;
}
