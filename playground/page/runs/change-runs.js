// @ts-check
// One act for many runs, in turns that the engine can take between others.

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {'pause' | 'resume' | 'terminate' | 'delete'} Act */
/** @typedef {{changed: number[], leftOut: {uid: number, message: string}[]}} Changed */

export const MOST = 500; // runs of one request, as the engine takes them

/**
 * Change runs; terminating undoes what can be undone.
 * @param {Pick<Session, 'request'>} session
 * @param {Act} act
 * @param {readonly number[]} uids
 * @param {(done: number, all: Changed) => boolean} [progress] told after each request, with all until then; false stops
 * @returns {Promise<Changed>}
 */
export async function changeRuns(session, act, uids, progress = () => true) {
  /** @type {Changed} */
  const all = {changed: [], leftOut: []};
  for (let at = 0; at < uids.length; at += MOST) {
    const some = uids.slice(at, at + MOST);
    const answer = await session.request('change', {act, uids: some, rollback: act === 'terminate'});
    all.changed.push(...answer.changed);
    all.leftOut.push(...answer.left_out);
    if (!progress(at + some.length, all)) break;
  }
  return all;
}
