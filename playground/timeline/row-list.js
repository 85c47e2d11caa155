// @ts-check
// The rows in the document: each keeps its element while it is drawn, and changes only where its drawing did.
import {focusBeside, h} from '../ui/dom.js';
import {paintTrack} from './paint.js';
import {railItems} from './rail.js';
import {actionButton, labelOf, rowSentence} from './row.js';
import {cellsOf} from './table.js';

/** @typedef {import('./draw.js').DrawnRow} DrawnRow */

/**
 * @typedef {object} RowView
 * @property {import('./model.js').Model} model
 * @property {number} width of the tracks
 * @property {boolean} rail
 * @property {boolean} table cells in place of tracks
 * @property {number} label px of the label column
 * @property {boolean} recorded without buttons
 * @property {[number, number]} window the rows that are in the document
 * @property {number} rowHeight px
 */

export class RowList {
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  /** @type {readonly DrawnRow[]} */ #all = [];
  /** @type {string | null} */ #open = null;
  /** The key of the row that Tab reaches. */
  current = '';

  /** @param {HTMLElement} body */
  constructor(body) {
    this.body = body;
  }

  /** How many rows there are, in the document or not. */
  get total() {
    return this.#all.length;
  }

  /** Whether the arrows stand on the first row. */
  get atTop() {
    return this.current === this.#all[0]?.key;
  }

  /** What the current row says. */
  get told() {
    return this.element(this.current)?.querySelector('.tl-told')?.textContent ?? '';
  }

  clear() {
    for (const {element} of this.#rows.values()) element.remove();
    this.#rows.clear();
    this.#all = [];
    this.current = '';
  }

  /**
   * The element of a row that is in the document.
   * @param {string} key
   */
  element(key) {
    return this.#rows.get(key)?.element ?? null;
  }

  /** @param {DrawnRow[]} rows all of them @param {RowView} view */
  update(rows, view) {
    const [from, to] = view.window;
    const shown = rows.slice(from, to);
    this.#all = rows;
    this.#forget(new Set(shown.map((row) => row.key)));
    if (!rows.some((row) => row.key === this.current)) this.current = rows[0]?.key ?? '';
    this.body.style.paddingBlock = from > 0 || to < rows.length ? `${from * view.rowHeight}px ${(rows.length - to) * view.rowHeight}px` : '';
    const stop = shown.some((row) => row.key === this.current) ? this.current : shown[0]?.key;
    /** @type {Element | null} */
    let previous = null;
    for (const [i, row] of shown.entries()) {
      const element = this.#draw(row, view);
      const tab = row.key === stop ? 0 : -1;
      if (element.tabIndex !== tab || !element.hasAttribute('tabindex')) element.tabIndex = tab;
      if (element.ariaRowIndex !== String(from + i + 2)) element.ariaRowIndex = String(from + i + 2);
      /** @type {Element | null} */
      const place = this.#rowAfter(previous);
      if (place !== element) this.body.insertBefore(element, place);
      previous = element;
    }
  }

  /** Rows that are left out leave the document; the focus waits for them. @param {Set<string>} keys that stay */
  #forget(keys) {
    for (const [key, {element}] of this.#rows) {
      if (keys.has(key)) continue;
      if (element.contains(focusBeside(element))) this.body.focus({preventScroll: true});
      element.remove();
      this.#rows.delete(key);
    }
  }

  /** What stands between rows stays where it is. @param {Element | null} previous */
  #rowAfter(previous) {
    let next = previous ? previous.nextElementSibling : this.body.firstElementChild;
    while (next && !next.classList.contains('tl-row')) next = next.nextElementSibling;
    return next;
  }

  /** Put marks between the rows of a rail. @param {{before: string | null, element: HTMLElement}[]} marks */
  placeMarks(marks) {
    const old = [...this.body.querySelectorAll(':scope > .tl-rail-cut')];
    const same = old.length === marks.length && marks.every(({before, element}, i) => old[i].isEqualNode(element)
      && (this.#rowAfter(old[i]) ?? null) === (before ? this.element(before) : null));
    if (same) return;
    for (const one of old) one.remove();
    for (const {before, element} of marks) {
      const place = before ? this.element(before) : null;
      if (place || !before) this.body.insertBefore(element, place);
    }
  }

  /**
   * Make a row the one that Tab reaches.
   * @param {string} key
   * @param {boolean} [focus]
   */
  select(key, focus = false) {
    const next = this.element(key);
    if (!next) return;
    for (const {element} of this.#rows.values()) if (element.tabIndex === 0) element.tabIndex = -1;
    this.current = key;
    next.tabIndex = 0;
    if (focus) next.focus();
  }

  /**
   * Follow an arrow key; other keys are not ours.
   * @param {string} key
   * @param {(index: number) => void} reveal bring a row into the document
   * @returns {boolean} whether it was one
   */
  move(key, reveal) {
    const last = this.#all.length - 1;
    const at = this.#all.findIndex((row) => row.key === this.current);
    /** @type {Record<string, number>} */
    const moves = {ArrowDown: at + 1, ArrowUp: at - 1, PageDown: Math.min(last, at + 20), PageUp: Math.max(0, at - 20), Home: 0, End: last};
    if (!(key in moves)) return false;
    const next = this.#all[moves[key]];
    if (!next) return true;
    this.current = next.key;
    if (!this.element(next.key)) reveal(moves[key]);
    this.select(next.key, true);
    return true;
  }

  /** @param {string | null} key of the row whose details are shown */
  markOpen(key) {
    this.#open = key;
    for (const [own, {element}] of this.#rows) element.toggleAttribute('data-open', own === key);
  }

  /** @param {DrawnRow} row @param {RowView} view */
  #draw(row, view) {
    const known = this.#rows.get(row.key) ?? {element: h('div', {class: 'tl-row', role: 'row', 'data-key': row.key}), drawn: ''};
    this.#rows.set(row.key, known);
    const told = rowSentence(row, view.model);
    const content = view.rail ? railItems(view.model, []).meta(row) : view.table ? cellsOf(row, view.model) : null;
    const states = row.steps.map((step) => step.state).join();
    const {steps: _, ...drawing} = row;
    const drawn = JSON.stringify([drawing, view.width, view.label, content?.textContent, told, states, view.recorded, view.table]);
    if (drawn !== known.drawn) {
      known.drawn = drawn;
      this.#fill(known.element, row, view, told, content ?? paintTrack(row.shapes, view.width));
    }
    return known.element;
  }

  /**
   * @param {HTMLElement} element
   * @param {DrawnRow} row
   * @param {RowView} view
   * @param {string} told
   * @param {Element} content
   */
  #fill(element, row, view, told, content) {
    const action = row.action && !view.recorded && !view.table ? actionButton(row.action, view.rail) : null;
    const old = element.querySelector('.tl-actions');
    const keep = old && action && old.textContent === action.textContent ? /** @type {HTMLElement} */ (old) : action;
    if (keep && action) keep.style.cssText = action.style.cssText;
    const focus = focusBeside(element);
    const focused = keep?.contains(focus) ? /** @type {HTMLElement} */ (focus) : null;
    const cell = h('div', {class: 'tl-track', role: 'cell'}, h('span', {class: 'tl-told visually-hidden'}, told), content);
    element.replaceChildren(labelOf(row, view.label, view.model), cell);
    if (keep) element.append(h('div', {class: 'tl-do', role: 'cell'}, keep));
    focused?.focus();
    element.classList.toggle('has-action', Boolean(keep));
    element.classList.toggle('is-group', row.group);
    element.classList.toggle('has-rule', row.rule);
    element.toggleAttribute('data-open', row.key === this.#open);
    element.dataset.state = row.group ? '' : row.steps[0].state;
    element.dataset.bracket = row.bracket;
  }
}
