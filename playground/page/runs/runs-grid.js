// @ts-check
// The rows on the screen, out of as many as there are: at most sixty elements, whatever the list holds.
import {h} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {runs as words} from '../../words/index.js';
import {RunsRow} from './runs-row.js';

/** @typedef {import('./run-index.js').RunIndex} RunIndex */
/** @typedef {import('./selection.js').Selection} Selection */

const MOST = 56; // row elements beside the head
const AROUND = 6; // rows above and below what is seen

/**
 * @typedef {object} Grid what the grid tells
 * @property {(uid: number) => void} open
 * @property {() => void} selected
 * @property {(from: number, to: number) => void} seen rows that come into view
 * @property {() => void} rest neither the pointer nor the focus is in it any more
 */

export class RunsGrid {
  /** @type {RunIndex} */ #index;
  /** @type {Selection} */ #selection;
  /** @type {Grid} */ #tell;
  /** @type {RunsRow[]} */ #rows = [];
  #body = h('div', {role: 'rowgroup', class: 'runs-body'});
  #all = h('span', {role: 'columnheader', class: 'check', title: words.selectAll}, h('span', {class: 'box'}, icon('check')), h('span', {class: 'visually-hidden'}, words.selectAll));
  #active = 0;
  #frame = 0;
  element;

  /** @param {RunIndex} index @param {Selection} selection @param {Grid} tell */
  constructor(index, selection, tell) {
    this.#index = index;
    this.#selection = selection;
    this.#tell = tell;
    const {columns} = words;
    const head = h('div', {role: 'rowgroup', class: 'runs-head'}, h('div', {role: 'row', 'aria-rowindex': 1, class: 'runs-row'}, this.#all,
      Object.entries(columns).map(([name, title]) => h('span', {role: 'columnheader', class: name}, title))));
    this.element = h('div', {role: 'grid', class: 'runs-grid', tabindex: 0, 'aria-label': words.title, 'aria-multiselectable': 'true', 'aria-describedby': 'runs-keys'}, head, this.#body);
    this.element.addEventListener('scroll', () => this.draw(), {passive: true});
    this.element.addEventListener('keydown', (event) => this.#pressed(event));
    this.element.addEventListener('pointerdown', () => this.element.classList.remove('keyed'));
    this.element.addEventListener('click', (event) => this.#clicked(event));
    this.element.addEventListener('pointerleave', () => tell.rest());
    this.element.addEventListener('focusout', () => tell.rest());
    this.element.addEventListener('focus', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Whether rows may not move now. */
  get busy() {
    return this.element.matches(':hover, :focus') || this.element.scrollTop > 0 || this.#selection.size > 0;
  }

  /** Begin at the top. */
  top() {
    this.#active = 0;
    this.element.scrollTop = 0;
    this.draw();
  }

  /** Draw once a frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const {element} = this;
    if (!element.clientHeight) return;
    const height = this.#height;
    const count = this.#index.length;
    this.#active = Math.max(0, Math.min(this.#active, count - 1));
    const from = Math.max(0, Math.floor(element.scrollTop / height) - AROUND);
    const to = Math.min(count, from + Math.min(MOST, Math.ceil(element.clientHeight / height) + 2 * AROUND));
    this.#body.style.blockSize = `${count * height}px`;
    element.setAttribute('aria-rowcount', String(count + 1));
    this.#fit(to - from);
    const focused = document.activeElement === element;
    const now = Date.now();
    for (let place = from; place < to; place += 1) {
      const uid = this.#index.at(place);
      this.#rows[place % MOST].show(uid, {
        top: place * height, place, run: this.#index.run(uid), selected: this.#selection.has(uid), active: focused && place === this.#active, now,
      });
    }
    this.#name(from, to);
    this.#tell.seen(from, to);
  }

  /** A row's element is that of its place, so that a scroll changes only what comes into view. @param {number} count */
  #fit(count) {
    if (count && !this.#rows.length) this.#rows = Array.from({length: MOST}, () => new RunsRow());
  }

  /** Put in what is drawn, take out what is not. @param {number} from @param {number} to */
  #name(from, to) {
    const drawn = Array.from({length: to - from}, (_, i) => this.#rows[(from + i) % MOST].element);
    const wanted = new Set(drawn);
    for (const old of [...this.#body.children]) if (!wanted.has(/** @type {HTMLDivElement} */ (old))) old.remove();
    drawn.forEach((one, i) => {
      const there = this.#body.children[i] ?? null;
      if (there !== one) this.#body.insertBefore(one, there);
    });
    const active = this.#index.at(this.#active);
    if (active && this.#active >= from && this.#active < to) this.element.setAttribute('aria-activedescendant', `run-row-${active}`);
    else this.element.removeAttribute('aria-activedescendant');
    const {size} = this.#selection;
    this.#all.setAttribute('aria-selected', String(size > 0 && size === this.#index.length));
    this.#all.classList.toggle('some', size > 0 && size < this.#index.length);
  }

  get #height() {
    return Number.parseInt(getComputedStyle(this.element).getPropertyValue('--row'), 10) || 40;
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    if (this.#all.contains(target)) {
      if (this.#selection.size === this.#index.length) this.#selection.clear();
      else this.#selection.all(this.#index.uids);
      return this.#selected();
    }
    const uid = Number(/** @type {HTMLElement | null} */ (target.closest('.runs-body .runs-row'))?.dataset.uid);
    const place = this.#index.placeOf(uid);
    if (place < 0) return;
    this.#active = place;
    if (event.shiftKey) this.#selection.reach(this.#index.uids, place);
    else if (target.closest('.check') || event.ctrlKey || event.metaKey) this.#selection.toggle(this.#index.uids, place);
    else return this.#tell.open(uid);
    this.#selected();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 2);
    const last = this.#index.length - 1;
    const at = this.#active;
    /** @type {Record<string, number>} */
    const moves = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: last};
    if (event.key in moves) this.#move(Math.max(0, Math.min(last, moves[event.key])), event.shiftKey);
    else if (event.key === 'Enter' && last >= 0) this.#tell.open(this.#index.at(at));
    else if (event.key === ' ' && last >= 0) this.#selection.toggle(this.#index.uids, at);
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey)) this.#selection.all(this.#index.uids);
    else if (event.key === 'Escape' && this.#selection.size) this.#selection.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.element.classList.add('keyed');
    this.#selected();
  }

  /** @param {number} place @param {boolean} reach */
  #move(place, reach) {
    if (reach && !this.#selection.size) this.#selection.anchor(this.#active);
    this.#active = place;
    if (reach) this.#selection.reach(this.#index.uids, place);
    const {element} = this;
    const height = this.#height;
    const head = element.firstElementChild?.clientHeight ?? 0;
    const top = place * height;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height + head > element.scrollTop + element.clientHeight) element.scrollTop = top + height + head - element.clientHeight;
  }

  #selected() {
    this.draw();
    this.#tell.selected();
  }
}
