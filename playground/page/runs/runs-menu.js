// @ts-check
// The newest runs, a step away: state, age, next wake; and the way to all of them.
import {$, bdi, h, say} from '../../ui/dom.js';
import {age, iso, moment} from '../../ui/format.js';
import {icon} from '../../ui/icons.js';
import {attachMenu} from '../../ui/menu.js';
import {oneLine} from '../../ui/text.js';
import {runs as words} from '../../words/index.js';
import {readPrefs} from '../prefs.js';
import {isLive, stateOf} from '../run/state.js';
import {openRuns} from './runs-place.js';

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {import('../../ui/types.js').Run} Run */

const NEWEST = 8;

/**
 * @param {Session} session
 * @param {(run: Run) => void} choose
 */
export function attachRuns(session, choose) {
  const button = $('#runs-button');
  attachMenu(button, () => runGroups(session, choose), {className: 'runs', end: true});
  const before = readPrefs().ran; // there may be runs; how many is known once the engine has said so
  const update = () => say(button, words.button(session.listed || !before ? total(session) : null));
  session.addEventListener('change', update);
  update();
}

/** @param {Session} session */
function total({total, hidden}) {
  return Math.max(0, total - hidden.size);
}

/** @param {Session} session @param {(run: Run) => void} choose @returns {import('../../ui/menu.js').Group[]} */
export function runGroups(session, choose) {
  const {runs, selected} = session;
  const now = Date.now();
  const items = runs.slice(0, NEWEST).map((run) => ({
    label: '', content: content(run, now), act: () => choose(run), current: run.tenant === selected?.tenant && run.id === selected.id,
  }));
  const newest = {caption: runs.length ? words.title : words.none, items};
  return runs.length ? [newest, {items: [{label: words.all(total(session)), act: openRuns}]}] : [newest];
}

/** @param {Run} run @param {number} now */
function content(run, now) {
  const state = stateOf(run, now);
  const wakes = isLive(run) && run.next_due !== null && state.name !== 'running' ? words.wakes(moment(run.next_due, now)) : '';
  return h('span', {class: `run-item tone-${state.name}`},
    icon(state.name),
    h('span', {class: 'name'}, bdi(oneLine(words.of(run)))),
    h('span', {class: 'when', title: iso(run.created)}, age(now - run.created)),
    h('span', {class: 'sub'}, bdi(run.tenant), ` · ${state.word}${wakes ? `, ${wakes}` : ''}`));
}
