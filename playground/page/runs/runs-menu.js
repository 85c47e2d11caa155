// @ts-check
// All runs known here, newest first: state, age, next wake.
import {$, bdi, h, say} from '../../ui/dom.js';
import {age, iso, moment} from '../../ui/format.js';
import {icon} from '../../ui/icons.js';
import {attachMenu} from '../../ui/menu.js';
import {runs as words} from '../../words/index.js';
import {detailedState, isLive, stateOf} from '../run/state.js';
import {readHistory} from '../../timeline/model.js';

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {import('../../ui/types.js').Run} Run */

/**
 * @param {Session} session
 * @param {(run: Run) => void} choose
 */
export function attachRuns(session, choose) {
  const button = $('#runs-button');
  attachMenu(button, () => [runGroup(session, choose)], {className: 'runs', end: true});
  const update = () => say(button, words.button(session.runs.length));
  session.addEventListener('change', update);
  update();
}

/** @param {Session} session @param {(run: Run) => void} choose @returns {import('../../ui/menu.js').Group} */
export function runGroup(session, choose) {
  const {runs, selected} = session;
  const now = Date.now();
  const items = runs.map((run) => ({
    label: '', content: content(run, stateIn(session, run, now), now), act: () => choose(run),
    current: run.tenant === selected?.tenant && run.id === selected.id,
  }));
  return {caption: runs.length ? words.title : words.none, items};
}

/** @param {Session} session @param {Run} run @param {number} now */
function stateIn(session, run, now) {
  const known = session.history(run);
  return known?.whole ? detailedState(run, readHistory(known.rows, {now}), now) : stateOf(run);
}

/** @param {Run} run @param {import('../run/state.js').State} state @param {number} now */
function content(run, state, now) {
  const wakes = isLive(run) && run.next_due !== null && state.name !== 'running' ? words.wakes(moment(run.next_due, now)) : '';
  return h('span', {class: `run-item tone-${state.name}`},
    icon(state.name),
    h('span', {class: 'name'}, bdi(words.of(run))),
    h('span', {class: 'when', title: iso(run.created)}, age(now - run.created)),
    h('span', {class: 'sub'}, bdi(run.tenant), ` · ${state.word}${wakes ? `, ${wakes}` : ''}`));
}
