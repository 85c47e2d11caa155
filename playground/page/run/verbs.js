// @ts-check
// Which verbs apply to a run: one that does not is absent.
import {isLive} from './state.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../timeline/model.js').Model} Model */

/**
 * @typedef {'pause' | 'resume' | 'retry' | 'jump' | 'send' | 'restart' | 'terminate' | 'undo' | 'rename' | 'copyId' | 'remove'} Verb
 */

/**
 * The verbs of a run, in the order of its menu.
 * @param {Run} run
 * @param {readonly Row[]} rows of its latest life
 * @returns {Verb[]}
 */
export function verbsOf(run, rows) {
  const live = isLive(run);
  const undoing = rows.some(({kind}) => kind === 'rollback.started');
  const held = run.status === 'paused' || run.status === 'waitingForPause';
  const begun = rows.some(({kind}) => kind === 'started');
  /** @type {[Verb, boolean][]} */
  const all = [
    ['pause', live && !held && !undoing && begun],
    ['resume', held],
    ['retry', live && !held && retrying(rows).size > 0],
    ['jump', live && run.next_due !== null],
    ['send', live],
    ['restart', true],
    ['undo', live && !undoing && undoable(rows)],
    ['terminate', live],
    ['rename', true],
    ['copyId', true],
    ['remove', true],
  ];
  return all.filter(([, applies]) => applies).map(([verb]) => verb);
}

/**
 * The rows of a run's latest life; those about the engine belong to none.
 * @param {readonly Row[]} rows
 */
export function latest(rows) {
  const life = rows.findLast(({kind}) => kind !== 'engine_started')?.life;
  return rows.filter((row) => row.life === life);
}

/**
 * The steps that wait for their next attempt.
 * @param {readonly Row[]} rows
 */
export function retrying(rows) {
  /** @type {Set<string>} */
  const keys = new Set();
  for (const {kind, key, data} of rows) {
    if (!key) continue;
    if (kind === 'step.failed' && /"retry_at":\d/.test(data ?? '')) keys.add(key);
    else if (kind !== 'delay_skipped') keys.delete(key);
  }
  return keys;
}

/** Whether a termination could undo something. @param {readonly Row[]} rows */
export function undoable(rows) {
  return rows.some(({kind, data}) => kind === 'step.started' && data !== null && data.includes('"has_rollback"'));
}

const TYPES = {do: 'do', sleep: 'sleep', wait: 'waitForEvent'};

/**
 * What a restart from one step on asks the engine for; null where no restart can begin.
 * @param {string} key
 */
export function startOf(key) {
  const match = /^(do|sleep|wait):(.*)-(\d+)$/s.exec(key);
  if (!match) return null;
  return {name: match[2], count: Number(match[3]), type: TYPES[/** @type {'do' | 'sleep' | 'wait'} */ (match[1])]};
}

/**
 * The step that a run which failed is best restarted from: the last one that failed for good.
 * @param {Model} model
 */
export function culprit(model) {
  return model.steps.findLast((step) => step.error !== null && startOf(step.key) !== null)?.key ?? null;
}
