// @ts-check
// <workflow-timeline>: history rows in, events out. It keeps no state of a run; everything is drawn from the rows.
import {h, replace} from '../ui/dom.js';
import {timeline as words} from '../words/index.js';
import {layOut, xAt} from './axis.js';
import {ACTIONS, draw} from './draw.js';
import {FilterBar} from './filter.js';
import {Inspection} from './inspection.js';
import {readHistory} from './model.js';
import {paintAxis, paintCuts, paintLabels} from './paint.js';
import {Printed} from './print.js';
import {railItems} from './rail.js';
import {labelWidth, takeFont} from './row.js';
import {RowList} from './row-list.js';
import {columnHeads} from './table.js';
import {attachView} from './view-menu.js';
import {Viewport} from './viewport.js';

/**
 * @typedef {object} TimelineData
 * @property {string} id of the run, so that a new run starts a new drawing
 * @property {readonly import('../ui/types.js').Row[]} rows
 * @property {boolean} [recorded] drawn as it was, without buttons
 * @property {number | null} [killed] when the engine was killed, while history does not say so yet
 * @property {import('../ui/types.js').Run | null} [run] its payload, output and error, for the inspector
 * @property {readonly import('../ui/types.js').LedgerRow[]} [ledger] its calls to the outside, for the inspector
 * @property {ReadonlySet<string>} [actions] kinds of buttons that whoever listens can carry out: skip, send, retry, restart
 */

/**
 * @typedef {object} Look
 * @property {'bars' | 'table'} as
 * @property {boolean} toScale
 * @property {import('./model.js').Clock} clock
 */

const RAIL_BELOW = 480; // px; a narrower timeline is a vertical rail
const RAIL_META = 130; // px of what stands at the end of a rail's row
const END = 12; // px behind the axis for the mark of a bar that ends there
const ROW = 32;
const RAIL_ROW = 44;

export class WorkflowTimeline extends HTMLElement {
  /** @type {TimelineData | null} */ #data = null;
  /** @type {readonly import('../ui/types.js').LogRow[] | null} */ #logs = null;
  /** @type {Look} */ #look = {as: 'bars', toScale: false, clock: 'run'};
  /** @type {Set<string>} */ #opened = new Set();
  /** @type {import('./axis.js').Axis | null} */ #axis = null;
  /** @type {import('./model.js').Model | null} */ #model = null;
  #domain = 0;
  #width = 0;
  #frame = 0;
  #timer = 0;
  #stale = false;
  #growing = false;
  #viewButton = attachView(this);
  #axisBox = h('div', {class: 'tl-axis', role: 'columnheader'});
  #head = h('div', {class: 'tl-head', role: 'row'}, h('span', {class: 'tl-corner', role: 'columnheader'}, h('span', {class: 'visually-hidden'}, words.step), this.#viewButton), this.#axisBox);
  #body = h('div', {class: 'tl-rows', role: 'rowgroup', tabindex: -1});
  #rows = new RowList(this.#body);
  #overlay = h('div', {class: 'tl-cuts'});
  #labels = h('div', {class: 'tl-cut-labels', 'aria-hidden': 'true'});
  #spoken = h('div', {class: 'tl-spoken visually-hidden', role: 'rowgroup'});
  #table = h('div', {class: 'tl-table', role: 'table', 'aria-label': words.label}, h('div', {role: 'rowgroup'}, this.#head),
    h('div', {class: 'tl-stage', role: 'presentation'}, this.#body, this.#overlay), this.#labels, this.#spoken);
  #filter = new FilterBar(() => this.#redraw());
  #inspection = new Inspection(this, this.#rows);
  #viewport = new Viewport(this.#body, () => this.#redraw());
  #printed = new Printed(this, () => ({model: this.#model, keep: this.#filter.keep}));
  #resize = new ResizeObserver(() => this.#measure());

  connectedCallback() {
    if (!this.firstChild) {
      this.append(this.#filter.element, this.#table);
      this.#body.addEventListener('click', (event) => this.#clicked(event));
      this.#body.addEventListener('keydown', (event) => this.#pressed(event));
    }
    this.#resize.observe(this);
    this.#viewport.listen();
    this.#printed.listen();
    this.#redraw();
    void document.fonts.ready.then(() => this.#measure(true));
  }

  disconnectedCallback() {
    this.#resize.disconnect();
    this.#viewport.forget();
    this.#printed.forget();
    this.#stop();
  }

  /** What is drawn: set it again whenever something arrives. It is drawn with the next frame. */
  get data() {
    return this.#data;
  }

  /** @param {TimelineData | null} data */
  set data(data) {
    const old = this.#data;
    if (data && old && Object.keys({...data, ...old}).every((name) => Reflect.get(data, name) === Reflect.get(old, name))) return;
    if (data?.id !== old?.id) {
      this.#domain = 0;
      this.#opened.clear();
      this.#inspection.close();
      this.#rows.clear();
      this.#logs = null;
    }
    this.#data = data;
    this.#redraw();
  }

  /** What the run printed and logged; null where nobody knows. A new run begins without. */
  get logs() {
    return this.#logs;
  }

  /** @param {readonly import('../ui/types.js').LogRow[] | null} logs */
  set logs(logs) {
    this.#logs = logs;
    this.#redraw();
  }

  /**
   * How it is drawn; setting one thing leaves the others.
   * @returns {Look}
   */
  get look() {
    return this.#look;
  }

  /** @param {Partial<Look>} look */
  set look(look) {
    this.#look = {...this.#look, ...look};
    this.#domain = 0;
    this.#redraw();
  }

  /** Which steps are shown. */
  get filter() {
    return this.#filter;
  }

  /** The steps as they are drawn, for whoever tells the state in words. */
  get model() {
    return this.#model;
  }

  /** Whether it is too narrow for bars. */
  get rail() {
    return this.#width < RAIL_BELOW;
  }

  /**
   * Open the inspector on a step, or on the whole run.
   * @param {string} [key] of a step; none is the run
   */
  inspect(key = '') {
    this.#inspection.open(key);
  }

  /** @param {boolean} [fonts] whether letters have another width now */
  #measure(fonts = false) {
    const width = Math.floor(this.clientWidth);
    if (width === 0 || (width === this.#width && !fonts)) return;
    this.#width = width;
    takeFont(this);
    this.#redraw();
  }

  /** However much changes in one frame, it is drawn once. */
  #redraw() {
    this.#stale = true;
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #tick() {
    this.#frame = 0;
    if (this.#stale) this.#render();
    else if (this.#growing && !this.#grow()) this.#render();
    if (this.#growing && !this.#frame) this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #render() {
    window.clearTimeout(this.#timer);
    this.#stale = this.#growing = false;
    if (!this.#data || !this.#width) return;
    const {rows, killed, recorded = false} = this.#data;
    const now = recorded ? 0 : Date.now(); // a recording ends with its last row
    const model = readHistory(rows, {now, killed, clock: this.#look.clock});
    if (recorded) model.live = false;
    this.#model = model;
    const rail = this.rail;
    const table = !rail && this.#look.as === 'table';
    this.toggleAttribute('data-rail', rail);
    this.toggleAttribute('data-table', table);
    this.toggleAttribute('data-recorded', recorded);
    this.#viewButton.tabIndex = recorded ? -1 : 0;
    const label = labelWidth(model.steps, this.#width);
    this.style.setProperty('--tl-label', `${label}px`);
    const {axis, drawing, window: shown} = this.#layOut(model, Math.max(40, this.#width - label - END));
    this.#rows.update(drawing.rows, {
      model, width: axis.width, rail, table, label: rail ? this.#width - RAIL_META : label, recorded, window: shown, rowHeight: rail ? RAIL_ROW : ROW,
    });
    this.#table.setAttribute('aria-rowcount', String(drawing.rows.length + 1));
    this.#filter.tell(drawing.rows.reduce((sum, row) => sum + (row.depth ? 0 : row.steps.length), 0), model.steps.length);
    this.#paint(drawing, axis, {rail, table});
    this.#inspection.update({...this.#data, logs: this.#logs}, model, rail);
    this.#keepMoving(model);
  }

  /** @param {import('./draw.js').Drawing} drawing @param {import('./axis.js').Axis} axis @param {{rail: boolean, table: boolean}} view */
  #paint(drawing, axis, {rail, table}) {
    const model = /** @type {import('./model.js').Model} */ (this.#model);
    const heads = table ? columnHeads() : h('span', {class: 'visually-hidden'}, words.what);
    replace(this.#axisBox, heads, rail || table || !model.steps.length ? null : paintAxis(axis));
    const cuts = rail || table ? [] : drawing.cuts;
    replace(this.#overlay, cuts.length ? paintCuts(cuts, axis.width) : null);
    replace(this.#labels, ...paintLabels(cuts));
    this.#labels.style.setProperty('--lanes', String(cuts.length ? drawing.lanes : 0));
    const items = railItems(model, drawing.rows);
    replace(this.#spoken, rail ? null : items.spoken());
    this.#rows.placeMarks(rail ? items.marks() : []);
  }

  /**
   * Lay out and draw; where a button has no room at the live end, once more with room for it.
   * @param {import('./model.js').Model} model
   * @param {number} width
   */
  #layOut(model, width) {
    const window = this.#viewport.range(this.#rows.total, this.rail ? RAIL_ROW : ROW);
    const {toScale} = this.#look;
    const view = {opened: this.#opened, keep: this.#filter.keep, actions: this.#data?.actions ?? ACTIONS};
    let axis = layOut(model, width, {domain: this.#domain, toScale});
    let drawing = draw(model, axis, {...view, window});
    const tight = drawing.rows.find((row) => row.action && !row.action.fits)?.action;
    const moved = this.#viewport.range(drawing.rows.length, this.rail ? RAIL_ROW : ROW);
    if (tight || moved[0] !== window[0] || moved[1] !== window[1]) {
      axis = layOut(model, width, {domain: this.#domain, toScale, reserve: tight ? tight.width + 12 : 0});
      drawing = draw(model, axis, {...view, window: moved});
    }
    this.#axis = axis;
    this.#domain = axis.domain;
    return {axis, drawing, window: moved};
  }

  /** Only the live end grows, by transform; the drawing is made anew when it has no room left. @param {import('./model.js').Model} model */
  #keepMoving(model) {
    if (!model.live || this.#data?.recorded) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const growing = model.steps.some((step) => step.state === 'running');
    const counting = model.steps.some((step) => step.state === 'retrying' || (this.rail && (step.state === 'sleeping' || step.state === 'waiting')));
    const bars = !this.rail && this.#look.as === 'bars';
    this.#growing = growing && bars && !still;
    if ((growing && !this.#growing) || counting) this.#timer = window.setTimeout(() => this.#redraw(), 1000);
    if (growing) this.#grow();
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
    this.#frame = 0;
    window.clearTimeout(this.#timer);
  }

  /** @param {Event} event */
  #clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const row = /** @type {HTMLElement | null} */ (target.closest('.tl-row'));
    if (!row) return;
    const action = /** @type {HTMLElement | null} */ (target.closest('.tl-action'));
    if (action) {
      if (/** @type {MouseEvent} */ (event).detail > 1) return; // the second half of a double click: one event is sent, not two
      const {kind, key, type} = action.dataset;
      this.dispatchEvent(new CustomEvent('workflow-action', {bubbles: true, detail: {kind, key, type}}));
    } else {
      this.#rows.select(row.dataset.key ?? '');
      this.#toggle(row.dataset.key ?? '');
    }
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.repeat && event.key === 'Enter' && target.closest('.tl-action')) event.preventDefault(); // held down, it sends one event
    if (target.closest('.tl-action, .tl-inspector') || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'ArrowUp' && this.#rows.atTop) this.#viewButton.focus();
    else if (this.#rows.move(event.key, (index) => this.#reveal(index))) this.#inspection.follow(this.#rows.current);
    else if (event.key === 'Enter' || event.key === ' ') this.#toggle(this.#rows.current);
    else if (event.key === 'Escape') this.#inspection.close();
    else if (event.key === 'c') this.#inspection.copy(this.#rows.told);
    else return;
    event.preventDefault();
  }

  /** Bring a row that is not in the document into it. @param {number} index */
  #reveal(index) {
    this.#viewport.moveTo(index);
    this.#render();
  }

  /** @param {string} key */
  #toggle(key) {
    if (!key.startsWith('group:')) {
      this.#inspection.toggle(key);
      return;
    }
    const first = key.slice('group:'.length);
    if (!this.#opened.delete(first)) this.#opened.add(first);
    this.#redraw();
  }
}

if (!customElements.get('workflow-timeline')) customElements.define('workflow-timeline', WorkflowTimeline);
