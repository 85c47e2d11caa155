// @ts-check
// One row of the list of runs, drawn from its summary.
import {bdi, h} from '../../ui/dom.js';
import {iso, moment} from '../../ui/format.js';
import {icon} from '../../ui/icons.js';
import {oneLine} from '../../ui/text.js';
import {runs as words} from '../../words/index.js';
import {isLive, stateOf} from '../run/state.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {{top: number, place: number, run: Run | null, selected: boolean, active: boolean, now: number}} Shown */

const VERSION = 7; // letters of a hash that tell versions apart

/** One element of the list, used again for whatever stands in its place. */
export class RunsRow {
  element = h('div', {role: 'row', class: 'runs-row'});
  #drawn = '';
  uid = 0;

  /** @param {number} uid @param {Shown} shown */
  show(uid, shown) {
    const {element} = this;
    const {top, place, run, selected, active, now} = shown;
    const facts = run ? factsOf(run, now) : null;
    const drawn = JSON.stringify([uid, top, selected, active, facts]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.uid = uid;
    element.id = `run-row-${uid}`;
    element.dataset.uid = String(uid);
    element.style.transform = `translateY(${top}px)`;
    element.setAttribute('aria-rowindex', String(place + 2));
    element.setAttribute('aria-selected', String(selected));
    element.className = `runs-row${active ? ' active' : ''}${run ? ` tone-${facts?.tone}` : ' unread'}`;
    element.replaceChildren(...(run && facts ? cells(run, facts) : waiting()));
  }
}

/** @param {Run} run @param {number} now */
function factsOf(run, now) {
  const state = stateOf(run, now);
  const wakes = isLive(run) && run.next_due !== null && run.status !== 'running' ? moment(run.next_due, now) : '';
  return {name: oneLine(words.of(run)), tone: state.name, state: state.long, started: moment(run.created, now), wakes};
}

/** @param {Run} run @param {ReturnType<typeof factsOf>} facts */
function cells(run, {name, tone, state, started, wakes}) {
  const due = run.next_due;
  return [
    h('span', {role: 'gridcell', class: 'check'}, h('span', {class: 'box'}, icon('check'))),
    h('span', {role: 'gridcell', class: 'name', title: run.id}, bdi(name)),
    h('span', {role: 'gridcell', class: 'tenant'}, bdi(run.tenant)),
    h('span', {role: 'gridcell', class: 'state'}, icon(tone), h('bdi', null, state)),
    h('span', {role: 'gridcell', class: 'started', title: iso(run.created)}, started),
    h('span', {role: 'gridcell', class: 'wake', title: wakes && due !== null ? iso(due) : null}, wakes),
    h('span', {role: 'gridcell', class: 'version code', title: run.version}, (run.version ?? '').slice(0, VERSION)),
  ];
}

function waiting() {
  return [h('span', {role: 'gridcell', class: 'check'}, h('span', {class: 'box'}, icon('check'))),
    h('span', {role: 'gridcell', class: 'name'}, h('span', {class: 'bar'}))];
}
