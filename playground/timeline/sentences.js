// @ts-check
// A sentence for each row, for screen readers, copies and print.
import {countdown, duration, moment, outage as outageLength} from '../ui/format.js';
import {sentences as words, timeline, words as states} from '../words/index.js';
import {visible} from '../ui/text.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */

/**
 * Tell a step in one or two sentences.
 * @param {Step} step
 * @param {Model} model
 * @returns {string}
 */
export function sentence(step, model) {
  const told = put(main(step, model), values(step, model));
  const kept = step.kept ? ` ${words.kept}` : '';
  const cut = step.attempts.filter((attempt) => attempt.outcome === 'cut').length;
  return `${told}${cut && step.end !== null ? ` ${words.cut(cut)}` : ''}${kept}`;
}

/**
 * Tell a group of steps of one name.
 * @param {string} name
 * @param {Step[]} steps
 * @param {boolean} open
 */
export function groupSentence(name, steps, open) {
  const told = put(words.group(steps.filter((step) => step.state === 'complete').length, steps.length), {name});
  return `${told} ${open ? words.opened : words.folded}`;
}

/**
 * Tell an outage.
 * @param {{clean: boolean, length: number}} outage
 */
export function outageSentence(outage) {
  return put(outage.clean ? words.closed : words.killed, {length: outageLength(outage.length)});
}

/**
 * Tell what goes through all rows: outages, pauses, a restart, a rollback.
 * @param {Model} model
 */
export function cutSentences(model) {
  return [
    ...model.outages.filter((one) => !one.open).map(outageSentence),
    ...model.pauses.map((one) => (one.open ? words.pausedNow : put(words.paused, {length: duration(one.end - one.start)}))),
    ...(model.restart?.from ? [put(model.restart.recoded ? words.restartedRecoded : words.restarted, {name: model.restart.from.slice(model.restart.from.indexOf(':') + 1).replace(/-1$/, '')})] : []),
    ...(model.rollback ? [put(words.rolledBack, {error: model.rollback.error?.name ?? 'an error'})] : []),
  ];
}

/**
 * The word for a step's state.
 * @param {Step} step
 */
export function stateWord(step) {
  return step.timedOut ? timeline.timeout : states[step.state];
}

/** @param {Step} step @param {Model} model */
function main(step, model) {
  if (step.kind === 'rollback') return step.error ? words.undoFailed : step.end === null ? words.undoing : words.undone;
  if (step.state === 'terminated') return words.stopped;
  if (step.kind === 'sleep') return step.end === null ? words.sleeping : step.skipped ? words.skipped : words.slept;
  if (step.kind === 'wait') return step.end === null ? words.waiting : step.timedOut ? words.timedOut : words.got;
  if (step.state === 'errored') return words.failed;
  if (step.state === 'complete') {
    const before = step.attempts.length - 1;
    return before > 0 && step.attempts.some((one) => one.outcome === 'failed' || one.outcome === 'timeout') ? words.completeAfter(before) : words.complete;
  }
  const last = step.attempts.at(-1);
  if (last?.outcome === 'cut') return words.cutOpen;
  return step.state === 'retrying' && model.live ? words.retrying : words.running;
}

/** @param {Step} step @param {Model} model */
function values(step, model) {
  const last = step.attempts.at(-1);
  const now = model.origin + model.end - model.offset;
  const until = last?.retryAt ? last.retryAt - model.end : 0;
  const length = step.state === 'retrying' ? countdown(until) : duration(took(step));
  return {
    name: step.name, n: last?.n ?? 1, length, skipped: duration(step.skipped), type: step.type,
    when: moment(model.origin + step.due - model.offset, now),
    error: (step.error ?? last?.error)?.name ?? 'an error',
  };
}

/**
 * How long a step took by the wall clock of its last attempt, or how long it idled in the run's own time.
 * @param {Step} step
 */
export function took(step) {
  if (step.kind === 'sleep') return step.length;
  if (step.kind === 'wait') return (step.end ?? step.start) - step.start;
  const last = step.attempts.at(-1);
  return last && last.end !== null ? last.length : 0;
}

/**
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
function put(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? visible(values[name]) : whole));
}
