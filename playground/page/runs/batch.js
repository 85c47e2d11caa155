// @ts-check
// One act for many runs, told while it goes on, also where the list is no longer shown; it can be stopped.
import {dismiss, notify, retell} from '../../ui/notices.js';
import {runs as words} from '../../words/index.js';
import {changeRuns, MOST} from './change-runs.js';

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {'pause' | 'resume' | 'terminate'} Act */

const NOTICE = 'batch';

/**
 * Change runs to the end, whatever is shown meanwhile, and say what came of it.
 * @param {Session} session
 * @param {Act} act
 * @param {readonly number[]} uids
 * @param {(doing: string) => void} tell how far it is, in words; nothing when it is over
 */
export async function carryOut(session, act, uids, tell) {
  let [stopped, reached, changed] = [false, 0, 0];
  const doing = (/** @type {number} */ done) => words.doing[act](words.progress(done, uids.length));
  const stop = () => {
    stopped = true;
    retell(NOTICE, words.stopping);
  };
  dismiss('changed'); // it was of the batch before
  if (uids.length > 1) tell(doing(0));
  if (uids.length > MOST) notify(NOTICE, {text: doing(0), kept: true, actions: [{label: words.stop, act: stop}]});
  try {
    await changeRuns(session, act, uids, (done, all) => {
      [reached, changed] = [done, all.changed.length];
      tell(doing(done));
      if (!stopped) retell(NOTICE, doing(done));
      return !stopped;
    });
  } catch (error) {
    session.failed(error);
  }
  tell('');
  dismiss(NOTICE);
  notify('changed', {text: ending(act, {changed, leftOut: reached - changed, missed: uids.length - reached}), for: 10_000});
}

/** @param {Act} act @param {{changed: number, leftOut: number, missed: number}} counts */
export function ending(act, {changed, leftOut, missed}) {
  return [words.done[act](changed), leftOut ? words.leftOut[act](leftOut) : '', missed ? words.notReached(missed) : ''].filter(Boolean).join(' ');
}
