// @ts-check
// The rows in the document: each keeps its element while it is drawn, and changes only where its drawing did.
import {h} from '../ui/dom.js';
import {paintTrack} from './paint.js';
import {railItems} from './rail.js';
import {actionButton, labelOf, rowSentence} from './row.js';

/** @typedef {import('./draw.js').DrawnRow} DrawnRow */

/**
 * @typedef {object} RowView
 * @property {import('./model.js').Model} model
 * @property {number} width of the tracks
 * @property {boolean} rail
 * @property {number} label px of the label column
 * @property {boolean} recorded without buttons
 */

export class RowList {
  /** @type {Map<string, {element: HTMLElement, drawn: string}>} */ #rows = new Map();
  /** The key of the row that Tab reaches. */
  current = '';

  /** @param {HTMLElement} body */
  constructor(body) {
    this.body = body;
  }

  clear() {
    for (const {element} of this.#rows.values()) element.remove();
    this.#rows.clear();
    this.current = '';
  }

  /**
   * The element of a row.
   * @param {string} key
   */
  element(key) {
    return this.#rows.get(key)?.element ?? null;
  }

  /** @param {DrawnRow[]} rows @param {RowView} view */
  update(rows, view) {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, {element}] of this.#rows) {
      if (keys.has(key)) continue;
      element.remove();
      this.#rows.delete(key);
    }
    if (!keys.has(this.current)) this.current = rows[0]?.key ?? '';
    /** @type {Element | null} */
    let previous = null;
    for (const row of rows) {
      const element = this.#draw(row, view);
      const tab = row.key === this.current ? 0 : -1;
      if (element.tabIndex !== tab || !element.hasAttribute('tabindex')) element.tabIndex = tab;
      /** @type {Element | null} */
      const place = previous ? previous.nextElementSibling : this.body.firstElementChild;
      if (place !== element) this.body.insertBefore(element, place);
      previous = element;
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
    const old = this.element(this.current);
    if (old) old.tabIndex = -1;
    this.current = key;
    next.tabIndex = 0;
    if (focus) next.focus();
  }

  /**
   * Follow an arrow key; other keys are not ours.
   * @param {string} key
   * @returns {boolean} whether it was one
   */
  move(key) {
    const rows = [...this.#rows.keys()];
    const at = rows.indexOf(this.current);
    /** @type {Record<string, number>} */
    const moves = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1};
    if (!(key in moves)) return false;
    const next = rows[moves[key]];
    if (next) this.select(next, true);
    return true;
  }

  /** @param {string | null} key of the row whose details are shown */
  markOpen(key) {
    for (const [own, {element}] of this.#rows) element.toggleAttribute('data-open', own === key);
  }

  /** @param {DrawnRow} row @param {RowView} view */
  #draw(row, view) {
    const known = this.#rows.get(row.key) ?? {element: h('div', {class: 'tl-row', role: 'row', 'data-key': row.key}), drawn: ''};
    this.#rows.set(row.key, known);
    const told = rowSentence(row, view.model);
    const meta = view.rail ? railItems(view.model, []).meta(row) : null;
    const states = row.steps.map((step) => step.state).join();
    const drawn = JSON.stringify([row, view.width, view.label, meta?.textContent, told, states, view.recorded]);
    if (drawn !== known.drawn) {
      known.drawn = drawn;
      this.#fill(known.element, row, view, told, meta ?? paintTrack(row.shapes, view.width));
    }
    return known.element;
  }

  /**
   * @param {HTMLElement} element
   * @param {DrawnRow} row
   * @param {RowView} view
   * @param {string} told
   * @param {Element} track
   */
  #fill(element, row, view, told, track) {
    const action = row.action && !view.recorded ? actionButton(row.action, view.rail) : null;
    const old = element.querySelector('.tl-actions');
    const keep = old && action && old.textContent === action.textContent ? /** @type {HTMLElement} */ (old) : action;
    if (keep && action) keep.style.cssText = action.style.cssText;
    const focus = /** @type {Document | ShadowRoot} */ (element.getRootNode()).activeElement ?? null;
    const focused = keep?.contains(focus) ? /** @type {HTMLElement} */ (focus) : null;
    const cell = h('div', {class: 'tl-track', role: 'cell'}, h('span', {class: 'visually-hidden'}, told), track);
    element.replaceChildren(labelOf(row, view.label, view.model), cell);
    if (keep) element.append(h('div', {class: 'tl-do', role: 'cell'}, keep));
    focused?.focus();
    element.classList.toggle('has-action', Boolean(keep));
    element.classList.toggle('is-group', row.group);
    if (row.group) element.setAttribute('aria-expanded', String(row.open));
    element.dataset.state = row.group ? '' : row.steps[0].state;
    element.dataset.bracket = row.bracket;
  }
}
