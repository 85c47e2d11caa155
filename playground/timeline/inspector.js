// @ts-check
// The inspector of a step or of a run: a head, and a tab for each kind of thing that history, ledger and log know of it.
import {focusBeside, h, replace} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {oneLine} from '../ui/text.js';
import {buttons} from '../words/index.js';
import {inspector as words} from '../words/inspector.js';
import {runFacts, stepFacts} from './inspector-head.js';
import {runTabs, stepTabs} from './inspector-tabs.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./element.js').TimelineData & {logs: readonly import('../ui/types.js').LogRow[] | null}} TimelineData */
/** @typedef {{id: string, label: string, count?: number, text: string, body: () => Node[]}} Tab */
/** @typedef {{data: TimelineData, model: Model, peek: boolean}} Shown */
/** @typedef {{copy: (text: string) => void, close: () => void, restart: (step: Step) => void}} Acts */

const COPIED = 2000; // ms
const EDGE = 8; // px kept free at the window's edge
let made = 0; // so that several on a page have names of their own

export class Inspector {
  #title = h('h2', {class: 'tl-inspector-title', tabindex: -1});
  #facts = h('p', {class: 'tl-facts'});
  #tabs = h('div', {class: 'tl-tabs', role: 'tablist', 'aria-label': words.details});
  #name = `tl-${made += 1}`;
  #panel = h('div', {class: 'tl-panel', role: 'tabpanel', id: `${this.#name}-panel`, tabindex: 0});
  #copy = h('button', {type: 'button', class: 'button small tl-copy', onclick: () => this.#copied()}, buttons.copy);
  #restart = h('button', {type: 'button', class: 'button small', onclick: () => this.#step && this.acts.restart(this.#step)}, words.restartHere);
  #close = h('button', {type: 'button', class: 'button plain small icon-only tl-close', 'aria-label': buttons.close, title: buttons.close, onclick: () => this.acts.close()}, icon('close'));
  /** @type {Tab[]} */ #all = [];
  /** @type {Step | null} */ #step = null;
  #chosen = '';
  #drawn = '';

  /** @param {Acts} acts */
  constructor(acts) {
    this.acts = acts;
    const head = h('div', {class: 'tl-inspector-head'}, this.#title, h('span', {class: 'spacer'}), this.#restart, this.#close);
    this.element = h('section', {class: 'tl-inspector', 'aria-label': words.inspector},
      head, this.#facts, h('div', {class: 'tl-tabbar'}, this.#tabs, this.#copy), this.#panel);
    this.element.addEventListener('keydown', (event) => this.#pressed(event));
    this.#tabs.addEventListener('click', (event) => {
      const id = /** @type {HTMLElement} */ (event.target).closest('button')?.dataset.tab;
      if (id) this.#choose(id);
    });
  }

  /**
   * Show a step, or the run where there is none.
   * @param {Step | null} step
   * @param {Shown} shown
   */
  show(step, shown) {
    const {data, model, peek} = shown;
    const actions = data.actions ?? new Set();
    if (step?.key !== this.#step?.key) this.#drawn = '';
    this.#step = step;
    this.element.toggleAttribute('data-peek', peek);
    this.#restart.hidden = peek || !step || step.kind === 'rollback' || !actions.has('restart') || Boolean(data.recorded);
    const state = step ? (step.state) : null;
    replace(this.#title, state ? h('span', {class: `tl-icon tone-${state}`}, icon(state)) : null, h('bdi', null, step ? oneLine(step.name) : words.theRun));
    replace(this.#facts, ...(step ? stepFacts(step, model) : runFacts(data, model)));
    this.#all = step ? stepTabs(step, data, model) : runTabs(data, model);
    this.#draw();
  }

  /** Put the keyboard on the title. */
  focus() {
    this.#title.focus();
  }

  /**
   * Stand below the rows, or where there is no room beside this one; never over a button of a row.
   * @param {HTMLElement} row
   * @returns {boolean} whether there is a place
   */
  place(row) {
    const {element} = this;
    const home = /** @type {HTMLElement} */ (row.closest('workflow-timeline'));
    home.append(element);
    element.setAttribute('popover', 'manual');
    element.showPopover();
    const box = row.getBoundingClientRect();
    const {offsetWidth: width, offsetHeight: height} = element;
    const left = Math.max(EDGE, Math.min((row.querySelector('.tl-track') ?? row).getBoundingClientRect().left, innerWidth - width - EDGE));
    const end = home.querySelector('.tl-table')?.getBoundingClientRect().bottom ?? box.bottom;
    const buttons = [...home.querySelectorAll('.tl-actions')].map((one) => one.getBoundingClientRect());
    const free = (/** @type {number} */ top) => top >= EDGE && top + height <= innerHeight - EDGE
      && buttons.every((one) => one.bottom <= top || one.top >= top + height || one.right <= left || one.left >= left + width);
    const top = [end + 4, box.bottom + 4, box.top - 4 - height].find(free);
    element.style.left = `${left}px`;
    element.style.top = `${top ?? 0}px`;
    return top !== undefined;
  }

  #draw() {
    const peek = this.element.hasAttribute('data-peek');
    if (!peek && this.element.hasAttribute('popover')) {
      this.element.removeAttribute('popover');
      this.element.removeAttribute('style');
    }
    const tab = this.#all.find((one) => one.id === this.#chosen) ?? this.#all[0];
    const known = `${this.#step?.key} ${this.#all.map((one) => `${one.id} ${one.count ?? ''}`).join()} ${tab?.id} ${tab?.text}`;
    if (known === this.#drawn) return;
    this.#drawn = known;
    const focused = this.#tabs.contains(focusBeside(this.#tabs));
    replace(this.#tabs, ...this.#all.map((one) => tabButton(one, one === tab, this.#name)));
    if (focused) /** @type {HTMLElement | null} */ (this.#tabs.querySelector('[aria-selected="true"]'))?.focus();
    this.#copy.hidden = this.#panel.hidden = !tab;
    this.#panel.setAttribute('aria-labelledby', tab ? `${this.#name}-${tab.id}` : '');
    if (tab) this.#panel.replaceChildren(...tab.body());
  }

  /** @param {string} id */
  #choose(id) {
    this.#chosen = id;
    this.#draw();
  }

  #copied() {
    const tab = this.#all.find((one) => one.id === this.#chosen) ?? this.#all[0];
    this.acts.copy(tab?.text ?? '');
    this.#copy.textContent = buttons.copied;
    window.setTimeout(() => { this.#copy.textContent = buttons.copy; }, COPIED);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.#all.findIndex((one) => one.id === /** @type {HTMLElement} */ (event.target).dataset?.tab);
    /** @type {Record<string, number>} */
    const moves = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: this.#all.length - 1};
    if (at >= 0 && event.key in moves) {
      const next = this.#all[(moves[event.key] + this.#all.length) % this.#all.length];
      this.#choose(next.id);
      /** @type {HTMLElement | null} */ (this.#tabs.querySelector('[aria-selected="true"]'))?.focus();
    } else if (event.key === 'Escape') this.acts.close();
    else if (event.key === 'c') this.#copied();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

/** @param {Tab} tab @param {boolean} selected @param {string} name */
function tabButton({id, label, count}, selected, name) {
  return h('button', {
    type: 'button', role: 'tab', id: `${name}-${id}`, 'data-tab': id, 'aria-controls': `${name}-panel`, 'aria-selected': String(selected), tabindex: selected ? 0 : -1,
  }, label, count === undefined ? null : h('span', {class: 'tl-badge'}, String(count)));
}
