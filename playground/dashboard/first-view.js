// @ts-check
// What a reader sees before Python is there: real figures, read from the engine and kept up by what it pushes.
import {bdi, h, replace} from '../ui/dom.js';
import {iso, moment} from '../ui/format.js';
import {icon} from '../ui/icons.js';
import {oneLine} from '../ui/text.js';
import {stateOf} from '../page/run/state.js';
import {dashboard as words, runs as names, words as states} from '../words/index.js';

/** @typedef {import('../ui/types.js').Kernel} Kernel */
/** @typedef {import('../ui/types.js').Run} Run */
/** @typedef {{counts: Record<string, number>, runs: Run[]}} Found */

const NEWEST = 10; // runs that are listed
const QUIET_MS = 200; // between two readings
const STATES = /** @type {const} */ (['queued', 'running', 'retrying', 'waiting', 'sleeping', 'paused', 'complete', 'errored', 'terminated']);
const ANSWERS = ['ready', 'follower'];
const NEWS = ['rows', 'started', 'deleted', 'state'];

export class FirstView {
  #timer = 0;
  #stale = () => {
    if (!this.#timer) this.#timer = window.setTimeout(() => void this.#read(), QUIET_MS);
  };

  /** @param {HTMLElement} element @param {Kernel} kernel */
  constructor(element, kernel) {
    this.element = element;
    this.kernel = kernel;
    for (const name of NEWS) kernel.addEventListener(name, this.#stale);
    replace(element, h('p', {class: 'muted'}, words.reading));
    this.#stale();
  }

  /** Give way to the dashboards. */
  leave() {
    window.clearTimeout(this.#timer);
    for (const name of NEWS) this.kernel.removeEventListener(name, this.#stale);
    this.element.remove();
  }

  async #read() {
    this.#timer = 0;
    if (!ANSWERS.includes(this.kernel.state.stage)) return;
    const {uids, counts} = await this.kernel.request('find_runs', {limit: NEWEST});
    this.#draw({counts, runs: await this.kernel.request('runs', {uids, brief: true})});
  }

  /** @param {Found} found */
  #draw({counts, runs}) {
    this.element.setAttribute('aria-busy', 'false');
    if (!runs.length) return replace(this.element, h('p', {class: 'muted'}, words.none));
    replace(this.element,
      h('h2', null, words.byState), h('ul', {class: 'dash-tiles'}, ...STATES.filter((name) => counts[name]).map((name) => tile(name, counts[name]))),
      h('h2', null, words.newest), table(runs, Date.now()));
  }
}

/** @param {typeof STATES[number]} name @param {number} count */
function tile(name, count) {
  return h('li', {class: `dash-tile tone-${name}`},
    h('span', {class: 'dash-number'}, count.toLocaleString('en')), h('span', {class: 'dash-state-word'}, icon(name), states[name]));
}

/** @param {Run[]} runs @param {number} now */
function table(runs, now) {
  const {name, tenant, state, created} = words.columns;
  return h('table', {class: 'dash-runs'},
    h('thead', null, h('tr', null, ...[name, tenant, state, created].map((word) => h('th', {scope: 'col'}, word)))),
    h('tbody', null, ...runs.map((run) => row(run, now))));
}

/** @param {Run} run @param {number} now */
function row(run, now) {
  const state = stateOf(run, now);
  const address = `?${new URLSearchParams({tenant: run.tenant, run: run.id})}`;
  return h('tr', null,
    h('td', null, h('a', {href: address}, bdi(oneLine(names.of(run))))),
    h('td', null, bdi(run.tenant)),
    h('td', {class: `tone-${state.name}`}, h('span', {class: 'dash-state-word'}, icon(state.name), h('bdi', null, state.long))),
    h('td', {title: iso(run.created)}, moment(run.created, now)));
}
