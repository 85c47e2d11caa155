// @ts-check
// The state a run is in, as icon, word and colour.
import {countdown, moment} from '../../ui/format.js';
import {words} from '../../words/index.js';
import {oneLine} from '../../ui/text.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../timeline/model.js').Model} Model */
/** @typedef {'queued' | 'running' | 'sleeping' | 'waiting' | 'retrying' | 'paused' | 'complete' | 'errored' | 'terminated'} StateName */
/** @typedef {{name: StateName, word: string, long: string}} State */

const MINUTE = 60_000;

/**
 * Tell a run's state from its summary alone, for lists.
 * @param {Run} run
 * @param {number} [now]
 * @returns {State}
 */
export function stateOf(run, now = 0) {
  const {status, state = status, next_due: due} = run;
  if (status === 'waitingForPause') return {name: 'paused', word: words.pausing, long: words.pausing};
  const name = /** @type {StateName} */ (state);
  return {name, word: words[name], long: now ? longState(run, name, due, now) : words[name]};
}

/** @param {Run} run @param {StateName} name @param {number | null} due @param {number} now */
function longState(run, name, due, now) {
  if (name === 'waiting' && run.awaits) return words.waitingFor(oneLine(run.awaits));
  if (name === 'sleeping' && due !== null) return words.sleepingUntil(when(due, now));
  if (name === 'retrying' && due !== null) return words.retryingIn(countdown(due - now));
  return words[name];
}

/** @param {number} due @param {number} now */
function when(due, now) {
  return due - now < MINUTE ? new Intl.DateTimeFormat(undefined, {timeStyle: 'medium'}).format(due) : moment(due, now);
}

/**
 * Tell a run's state from its history too, so that it can say what is waited for.
 * @param {Run} run
 * @param {Model} model
 * @param {number} now
 * @returns {State}
 */
export function detailedState(run, model, now) {
  const ended = !['queued', 'running', 'waiting'].includes(run.status);
  const open = ended ? [] : model.steps.filter((step) => step.end === null);
  const running = open.filter((step) => step.state === 'running');
  const wall = (/** @type {number} */ t) => t + model.origin - model.offset;
  if (running.length > 1) return {name: 'running', word: words.running, long: words.runningSteps(running.length)};
  if (running.length === 1) return {name: 'running', word: words.running, long: words.runningStep(model.steps.indexOf(running[0]) + 1)};
  const retrying = open.find((step) => step.state === 'retrying');
  if (retrying) {
    const last = retrying.attempts[retrying.attempts.length - 1];
    const left = countdown(Number(last.retryAt) - model.end);
    const long = retrying.tries > 1 ? words.attemptOf(last.n + 1, retrying.tries, left) : words.retryingIn(left);
    return {name: 'retrying', word: words.retrying, long};
  }
  const waiting = open.find((step) => step.state === 'waiting');
  if (waiting) return {name: 'waiting', word: words.waiting, long: words.waitingFor(oneLine(waiting.type))};
  const sleeping = open.filter((step) => step.state === 'sleeping').sort((a, b) => a.due - b.due)[0];
  if (sleeping) {
    const due = wall(sleeping.due);
    return {name: 'sleeping', word: words.sleeping, long: words.sleepingUntil(when(due, now))};
  }
  const {name, word, long} = stateOf(run);
  return name === 'waiting' ? {name: 'running', word: words.running, long: words.running} : {name, word, long};
}

/** @param {Run} run */
export function isLive(run) {
  return run.ended === null && !['complete', 'errored', 'terminated'].includes(run.status);
}
