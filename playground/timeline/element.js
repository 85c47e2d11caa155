// @ts-check
// <workflow-timeline>: history rows in, events out. It keeps no state of a run; everything is drawn from the rows.
import {h, replace} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {timeline as words} from '../words/index.js';
import {layOut, xAt} from './axis.js';
import {draw} from './draw.js';
import {readHistory} from './model.js';
import {paintAxis, paintCuts, paintLabels} from './paint.js';
import {railItems} from './rail.js';
import {labelWidth, takeFont} from './row.js';
import {RowList} from './row-list.js';
import {details} from './details.js';

/** @typedef {import('./draw.js').DrawnRow} DrawnRow */

/**
 * @typedef {object} TimelineData
 * @property {string} id of the run, so that a new run starts a new drawing
 * @property {readonly import('../ui/types.js').Row[]} rows
 * @property {boolean} [recorded] drawn as it was, without buttons
 * @property {number | null} [killed] when the engine was killed, while history does not say so yet
 */

const RAIL_BELOW = 480; // px; a narrower timeline is a vertical rail
const RAIL_META = 130; // px of what stands at the end of a rail's row
const ROW = 32;

export class WorkflowTimeline extends HTMLElement {
  /** @type {TimelineData | null} */ #data = null;
  /** @type {Set<string>} */ #opened = new Set();
  /** @type {string | null} */ #detailed = null;
  /** @type {import('./axis.js').Axis | null} */ #axis = null;
  /** @type {import('./model.js').Model | null} */ #model = null;
  #domain = 0;
  #width = 0;
  #frame = 0;
  #timer = 0;
  #axisBox = h('div', {class: 'tl-axis'});
  #body = h('div', {class: 'tl-rows', role: 'rowgroup'});
  #rows = new RowList(this.#body);
  #overlay = h('div', {class: 'tl-cuts'});
  #labels = h('div', {class: 'tl-cut-labels', 'aria-hidden': 'true'});
  #spoken = h('div', {class: 'tl-spoken visually-hidden', role: 'rowgroup'});
  #details = h('div', {class: 'tl-details', hidden: true});
  #resize = new ResizeObserver(() => this.#measure());

  connectedCallback() {
    if (!this.firstChild) {
      const head = h('div', {role: 'rowgroup', class: 'visually-hidden'}, h('div', {role: 'row'},
        h('span', {role: 'columnheader'}, words.step), h('span', {role: 'columnheader'}, words.what)));
      const table = h('div', {class: 'tl-table', role: 'table', 'aria-label': words.label},
        head, this.#axisBox, h('div', {class: 'tl-stage', role: 'presentation'}, this.#body, this.#overlay), this.#labels, this.#spoken);
      this.append(table, this.#details);
      this.#body.addEventListener('click', (event) => this.#clicked(event));
      this.#body.addEventListener('keydown', (event) => this.#pressed(event));
    }
    this.#resize.observe(this);
    this.#measure();
  }

  disconnectedCallback() {
    this.#resize.disconnect();
    this.#stop();
  }

  /** What is drawn: set it again whenever rows arrive. */
  get data() {
    return this.#data;
  }

  /** @param {TimelineData | null} data */
  set data(data) {
    const old = this.#data;
    if (data && old && data.rows === old.rows && data.killed === old.killed && data.recorded === old.recorded && data.id === old.id) return;
    if (data?.id !== this.#data?.id) {
      this.#domain = 0;
      this.#opened.clear();
      this.#detailed = null;
      this.#rows.clear();
    }
    this.#data = data;
    this.#render();
  }

  /** The steps as they are drawn, for whoever tells the state in words. */
  get model() {
    return this.#model;
  }

  #measure() {
    const width = Math.floor(this.clientWidth);
    if (width === this.#width || width === 0) return;
    this.#width = width;
    this.#render();
  }

  #render() {
    this.#stop();
    if (!this.#data || !this.#width) return;
    const now = this.#data.recorded ? 0 : Date.now(); // a recording ends with its last row
    const model = readHistory(this.#data.rows, {now, killed: this.#data.killed});
    if (this.#data.recorded) model.live = false;
    this.#model = model;
    const rail = this.#width < RAIL_BELOW;
    this.toggleAttribute('data-rail', rail);
    takeFont(this);
    const label = labelWidth([...new Set(model.steps.map((step) => step.name))].slice(0, 200), this.#width);
    this.style.setProperty('--tl-label', `${label}px`);
    const {axis, drawing} = this.#layOut(model, Math.max(40, this.#width - label));
    this.#rows.update(drawing.rows, {model, width: axis.width, rail, label: rail ? this.#width - RAIL_META : label, recorded: this.#data.recorded ?? false});
    replace(this.#axisBox, rail || !model.steps.length ? null : paintAxis(axis));
    const tops = drawing.rows.map((_, i) => i * ROW);
    replace(this.#overlay, rail || !drawing.cuts.length ? null : paintCuts(drawing.cuts, axis.width, tops, drawing.rows.length * ROW));
    replace(this.#labels, rail ? null : paintLabels(drawing.cuts, (cut) => icon(cut.clean ? 'paused' : 'kill')));
    this.#labels.style.setProperty('--lanes', String(drawing.lanes));
    const items = railItems(model, drawing.rows);
    replace(this.#spoken, rail ? null : items.spoken());
    this.#placeRail(rail ? items.marks() : []);
    this.#showDetails(drawing.rows, rail);
    this.#keepMoving(model);
  }

  /**
   * Lay out and draw; where a button has no room at the live end, once more with room for it.
   * @param {import('./model.js').Model} model
   * @param {number} width
   */
  #layOut(model, width) {
    const view = {opened: this.#opened};
    let axis = layOut(model, width, {domain: this.#domain});
    let drawing = draw(model, axis, view);
    const tight = drawing.rows.find((row) => row.action && !row.action.fits)?.action;
    if (tight) {
      axis = layOut(model, width, {domain: this.#domain, reserve: tight.width + 12});
      drawing = draw(model, axis, view);
    }
    this.#axis = axis;
    this.#domain = axis.domain;
    return {axis, drawing};
  }

  /** @param {{before: string | null, element: HTMLElement}[]} marks */
  #placeRail(marks) {
    for (const old of this.#body.querySelectorAll('.tl-rail-cut')) old.remove();
    for (const {before, element} of marks) {
      this.#body.insertBefore(element, before ? this.#rows.element(before) : null);
    }
  }

  /** Only the live end grows, by transform; the drawing is made anew when it has no room left. @param {import('./model.js').Model} model */
  #keepMoving(model) {
    if (!model.live || this.#data?.recorded) return;
    const rail = this.hasAttribute('data-rail');
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const growing = this.querySelector('.tl-live') !== null;
    const counting = model.steps.some((step) => step.state === 'retrying' || (rail && (step.state === 'sleeping' || step.state === 'waiting')));
    if (!growing || still || rail) {
      if (growing || counting) this.#timer = window.setTimeout(() => this.#render(), 1000);
      if (growing) this.#grow();
      return;
    }
    const tick = () => {
      if (this.#grow()) this.#frame = requestAnimationFrame(tick);
      else this.#render();
    };
    tick();
  }

  /** Stretch what runs to this moment. @returns {boolean} whether it still fits */
  #grow() {
    const {rows = [], killed} = this.#data ?? {};
    const [axis, model] = [this.#axis, this.#model];
    if (!axis || !model || !rows.length) return true;
    const now = Math.max(model.end, (killed ?? Date.now()) + model.offset - model.origin);
    const end = xAt(axis, now);
    for (const bar of this.querySelectorAll('.tl-live')) {
      const width = Math.max(3, end - Number(bar.getAttribute('data-x')));
      /** @type {SVGElement} */ (bar).style.transform = `scaleX(${width.toFixed(2)})`;
      const text = bar.parentElement?.querySelector('.tl-text.tone-run');
      if (text) /** @type {SVGElement} */ (text).style.transform = `translateX(${(end - xAt(axis, model.end)).toFixed(2)}px)`;
    }
    return end <= axis.width - 4;
  }

  #stop() {
    cancelAnimationFrame(this.#frame);
    window.clearTimeout(this.#timer);
  }

  /** @param {Event} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest('.tl-row'));
    if (!row) return;
    const action = /** @type {HTMLElement | null} */ (target.closest('.tl-action'));
    if (action) {
      const {kind, key, type} = action.dataset;
      this.dispatchEvent(new CustomEvent('workflow-action', {bubbles: true, detail: {kind, key, type}}));
    } else {
      this.#rows.select(row.dataset.key ?? '');
      this.#open(row.dataset.key ?? '');
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (/** @type {Element} */ (event.target).closest('.tl-action') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.#rows.move(event.key)) {
      // Moved.
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.#open(this.#rows.current);
    } else if (event.key === 'Escape' && this.#detailed) {
      this.#open(this.#detailed);
    } else if (event.key === 'c') {
      const told = this.#rows.element(this.#rows.current)?.querySelector('.tl-track .visually-hidden')?.textContent ?? '';
      this.dispatchEvent(new CustomEvent('workflow-copy', {bubbles: true, detail: {text: told}}));
    } else {
      return;
    }
    event.preventDefault();
  }

  /** @param {string} key */
  #open(key) {
    if (key.startsWith('group:')) {
      const first = key.slice('group:'.length);
      if (!this.#opened.delete(first)) this.#opened.add(first);
    } else {
      this.#detailed = this.#detailed === key ? null : key;
    }
    this.#render();
    this.dispatchEvent(new CustomEvent('workflow-open', {bubbles: true, detail: {key: this.#detailed}}));
  }

  /** @param {DrawnRow[]} rows @param {boolean} rail */
  #showDetails(rows, rail) {
    const row = rows.find((one) => one.key === this.#detailed && !one.group);
    this.#details.hidden = !row;
    this.#rows.markOpen(row?.key ?? null);
    if (!row || !this.#model) return;
    replace(this.#details, ...details(row.steps[0], this.#model));
    const home = rail ? this.#rows.element(row.key) : null;
    if (home) home.after(this.#details);
    else if (this.#details.parentElement !== this) this.append(this.#details);
  }
}

if (!customElements.get('workflow-timeline')) customElements.define('workflow-timeline', WorkflowTimeline);
