// @ts-check
// All runs in this browser: found, read as they come into view, kept up to date, changed many at a time.
import {announce} from '../../ui/announce.js';
import {$, h, replace, say} from '../../ui/dom.js';
import {notify} from '../../ui/notices.js';
import {runs as words} from '../../words/index.js';
import {carryOut} from './batch.js';
import {RunIndex} from './run-index.js';
import {RunsBar} from './runs-bar.js';
import {fits, query, RunsFilters} from './runs-filters.js';
import {RunsGrid} from './runs-grid.js';
import {Selection} from './selection.js';

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('./runs-bar.js').Many} Many */

const COUNT_MS = 1_000; // between two countings while runs change

export class RunsView {
  /** @type {Session} */ #session;
  #index = new RunIndex();
  #selection = new Selection();
  #deletions;
  /** @type {(run: Run) => void} */ #open;
  #found = h('span', {class: 'muted found'});
  #fresh = h('button', {type: 'button', class: 'button small', hidden: true, onclick: () => this.#showFresh()});
  #empty = h('div', {class: 'runs-empty', hidden: true});
  #filters = new RunsFilters(() => void this.#find(true));
  #bar = new RunsBar((act) => void this.#act(act));
  #grid;
  #asked = 0;
  #reading = false;
  #timer = 0;
  #frame = 0;
  #known = false;
  #doing = '';
  #told = 0;
  /** @type {Set<number>} deleted elsewhere, and still where they stood */ #gone = new Set();
  element;

  /**
   * @param {Session} session
   * @param {{open: (run: Run) => void, back: () => void, deletions: import('./deletions.js').Deletions}} page
   */
  constructor(session, {open, back, deletions}) {
    this.#session = session;
    this.#open = open;
    this.#deletions = deletions;
    this.#grid = new RunsGrid(this.#index, this.#selection, {
      open: (uid) => this.#openRun(uid), selected: () => this.#selected(), seen: (from, to) => void this.#read(from, to), rest: () => this.#settle(),
    });
    this.element = h('main', {class: 'runs-view', 'aria-label': words.title, tabindex: -1},
      h('header', null, h('h2', null, words.title), this.#found, this.#fresh, h('span', {class: 'spacer'}),
        h('button', {type: 'button', class: 'button', onclick: back}, words.back)),
      this.#filters.element, this.#grid.element, this.#empty, this.#bar.element, h('p', {id: 'runs-keys', class: 'visually-hidden'}, words.keys));
    session.addEventListener('heard', (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener('listed', () => void this.#find(false));
    session.addEventListener('hidden', () => void this.#find(false));
  }

  /** Come into view: read anew what there is. */
  show() {
    void this.#find(false);
    this.#grid.element.focus({focusVisible: false});
  }

  /** Ask which runs fit. @param {boolean} afresh the filter has changed */
  async #find(afresh) {
    if (!this.element.isConnected || !this.#session.canRun) return this.#say();
    const asked = ++this.#asked;
    try {
      const {uids, counts, tenants} = await this.#session.request('find_runs', query(this.#filters.filter));
      if (asked !== this.#asked) return;
      const {hidden} = this.#session;
      this.#index.reset(hidden.size ? uids.filter((/** @type {number} */ uid) => !hidden.has(uid)) : uids);
      this.#gone.clear();
      this.#known = true;
      this.#selection.keep((uid) => this.#index.placeOf(uid) >= 0);
      this.#filters.show(counts, tenants);
      if (afresh) this.#grid.top();
      this.#say();
      if (afresh) announce(words.found(this.#index.length));
    } catch (error) {
      this.#session.failed(error);
    }
  }

  /** Count again, a while after runs have changed. */
  #countLater() {
    this.#timer ||= window.setTimeout(async () => {
      this.#timer = 0;
      if (!this.element.isConnected || !this.#session.canRun) return;
      const {counts, tenants} = await this.#session.request('find_runs', {...query(this.#filters.filter), limit: 0});
      this.#filters.show(counts, tenants);
    }, COUNT_MS);
  }

  /** Read the runs that come into view. @param {number} from @param {number} to */
  async #read(from, to) {
    const uids = this.#index.missing(from, to);
    if (!uids.length || this.#reading || !this.#session.canRun) return;
    this.#reading = true;
    try {
      const runs = /** @type {Run[]} */ (await this.#session.request('runs', {uids, brief: true}));
      this.#index.put(runs);
      if (runs.length < uids.length) this.#index.remove(new Set(uids.filter((uid) => !runs.some((run) => run.uid === uid))));
    } catch (error) {
      this.#session.failed(error);
      return;
    } finally {
      this.#reading = false;
    }
    this.#grid.draw(); // and read what has come into view meanwhile
  }

  /** @param {any} event */
  #heard(event) {
    if (!this.element.isConnected || !event.run) return;
    if (event.event === 'deleted') {
      this.#gone.add(event.run.uid);
    } else if (this.#index.heard(event.run, fits(event.run, this.#filters.filter)) === 'other') {
      return;
    }
    this.#countLater();
    this.#frame ||= requestAnimationFrame(() => { // a push may tell of hundreds of runs
      this.#frame = 0;
      this.#settle();
    });
  }

  /** What is new or gone changes the rows only where nobody is about to press one. */
  #settle() {
    if (this.#grid.busy) return this.#say();
    if (this.#gone.size) this.#index.remove(this.#gone);
    this.#gone.clear();
    if (this.#index.fresh) this.#index.showFresh();
    this.#grid.draw();
    this.#say();
  }

  #showFresh() {
    this.#index.showFresh();
    this.#grid.top();
    this.#grid.element.focus({focusVisible: false});
    this.#say();
  }

  /** @param {number} uid */
  #openRun(uid) {
    const run = this.#index.run(uid);
    if (this.#gone.has(uid)) notify('gone', {text: words.gone, for: 5_000});
    else if (run) this.#open(run);
  }

  #say() {
    const {length, fresh} = this.#index;
    say(this.#found, this.#known ? words.found(length) : '');
    this.#fresh.hidden = fresh === 0;
    say(this.#fresh, words.fresh(fresh));
    this.#empty.hidden = length > 0;
    this.#grid.element.hidden = length === 0;
    if (length === 0) replace(this.#empty, ...this.#nothing());
    this.#showBar();
    this.#grid.draw();
  }

  #nothing() {
    if (!this.#known) return [h('p', null, words.reading)];
    const {state, tenant, search} = this.#filters.filter;
    if (!state && !tenant && !search) return [h('p', null, words.noneYet)];
    return [h('p', null, words.noMatch), h('button', {type: 'button', class: 'button', onclick: () => {
      this.#filters.clear();
      void this.#find(true);
    }}, words.clearFilter)];
  }

  #selected() {
    this.#showBar();
    const {size} = this.#selection;
    if (size && size !== this.#told) announce(words.selected(size));
    this.#told = size;
  }

  #showBar() {
    this.#bar.show(this.#selection.uids.map((uid) => this.#index.run(uid)), this.#doing);
  }

  /** @param {Many | 'clear'} act */
  async #act(act) {
    const uids = this.#selection.uids;
    this.#grid.element.focus({focusVisible: false});
    if (act === 'clear' || act === 'remove') {
      this.#selection.clear();
      if (act === 'remove') void this.#deletions.runs(uids);
      return this.#say();
    }
    await carryOut(this.#session, act, uids, (doing) => {
      this.#doing = doing;
      this.#showBar();
    });
    if (this.element.isConnected && document.activeElement === document.body) this.#grid.element.focus({focusVisible: false}); // it was on Stop
    this.#selection.clear();
    this.#say();
    this.#countLater();
  }
}

/**
 * Put the view into the page.
 * @param {RunsView} view
 * @param {boolean} shown
 */
export function placeRuns(view, shown) {
  if (shown && !view.element.isConnected) {
    $('.main').after(view.element);
    view.show();
  } else if (!shown) {
    view.element.remove();
  }
}
