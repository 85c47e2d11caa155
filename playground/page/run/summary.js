// @ts-check
// What a run came to, computed from its history and its ledger, never from what was hoped for.
import {summary as words} from '../../words/index.js';

/** @typedef {import('../../timeline/model.js').Model} Model */
/** @typedef {import('../../timeline/model.js').Step} Step */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {import('../../ui/types.js').Run} Run */

/**
 * Sum up a run that has ended.
 * @param {Run} run
 * @param {Model} model
 * @param {readonly LedgerRow[]} ledger
 * @returns {{state: string, facts: string[]}}
 */
export function summarise(run, model, ledger) {
  const kills = model.outages.filter((outage) => !outage.clean).length;
  const again = model.steps.reduce((sum, step) => sum + step.reruns, 0);
  const cut = model.steps.filter(cutOff);
  const retried = cut.filter((step) => step.attempts.at(-1)?.outcome !== 'cut').length;
  const facts = [];
  if (kills) facts.push(words.killed(kills));
  if (kills || again) facts.push(words.again(again));
  if (retried) facts.push(words.cut(retried));
  if (cut.length > retried) facts.push(words.cutLast(cut.length - retried));
  facts.push(...outside(ledger));
  return {state: run.status === 'errored' ? words.errored : run.status === 'terminated' ? words.terminated : words.complete, facts};
}

/** Whether an attempt of a step was cut off by the end of its engine or sandbox. @param {Step} step */
function cutOff(step) {
  return step.attempts.some((attempt) => attempt.outcome === 'cut');
}

/** What was done outside, by steps and by what undoes them. @param {readonly LedgerRow[]} ledger */
function outside(ledger) {
  const odd = ledger.filter((row) => row.done !== 1);
  const said = odd.map((row) => row.done === 0 ? words.never(row.method, row.asked)
    : row.key === null ? words.repeated(row.method, row.done) : words.repeatedWithKey(row.method, row.done));
  if (odd.length === ledger.length) return said;
  return [...said, odd.length ? words.others : words.once];
}
