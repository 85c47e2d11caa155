// @ts-check
// When the inspector opens: beside a row that is pointed at or reached by key, and for good with a click, a tap or Enter.
import {focusBeside, h} from '../ui/dom.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./element.js').TimelineData & {logs: readonly import('../ui/types.js').LogRow[] | null}} TimelineData */
/** @typedef {import('./inspector.js').Inspector} Inspector */

const REST = 400; // ms a pointer or the focus rests on a row before the inspector peeks
const LEAVE = 200; // ms to move from the row into the inspector

/** The module with all the details is loaded when a row is first pointed at. */
const load = () => import('./inspector.js');

export class Inspection {
  /** @type {Inspector | null} */ #inspector = null;
  /** @type {{data: TimelineData, model: Model, rail: boolean} | null} */ #shown = null;
  /** @type {string | null} the step that is open, '' for the run */ #key = null;
  /** @type {string | null} the step that is only looked at */ #peeked = null;
  /** @type {HTMLElement | null} */ #pointed = null;
  #timer = 0;
  #cell = h('div', {role: 'cell'});
  #holder = h('div', {class: 'tl-inspector-row', role: 'row'}, this.#cell);

  /** @param {import('./element.js').WorkflowTimeline} home @param {import('./row-list.js').RowList} rows */
  constructor(home, rows) {
    this.home = home;
    this.rows = rows;
    const {body} = rows;
    body.addEventListener('pointermove', (event) => event.pointerType === 'mouse' && this.#moved(event));
    body.addEventListener('pointerleave', () => this.#leave());
    body.addEventListener('focusin', (event) => /** @type {Element} */ (event.target).matches('.tl-row:focus-visible') && this.#near(event.target, true));
    body.addEventListener('focusout', () => this.#leave());
  }

  /**
   * Draw what is open anew.
   * @param {TimelineData} data
   * @param {Model} model
   * @param {boolean} rail
   */
  update(data, model, rail) {
    this.#shown = {data, model, rail};
    if (this.#key !== null) this.#show();
    else if (this.#peeked !== null) this.#peek(this.#peeked);
  }

  /** @param {string} key of a step, '' for the run */
  open(key) {
    this.#hide();
    this.#key = key;
    void load().then(({Inspector}) => {
      this.#inspector ??= this.#made(Inspector);
      this.#show();
      if (this.#key === '') this.#inspector.focus();
    });
    this.#tell();
  }

  /** @param {string} key */
  toggle(key) {
    if (this.#key === key) this.close();
    else this.open(key);
  }

  /** What is open follows the arrows. @param {string} key */
  follow(key) {
    if (this.#key && !key.startsWith('group:')) this.open(key);
  }

  close() {
    this.#hide();
    if (this.#key === null) return;
    this.#key = null;
    this.rows.markOpen(null);
    if (this.#inspector?.element.contains(focusBeside(this.#inspector.element))) this.rows.element(this.rows.current)?.focus();
    this.#inspector?.element.remove();
    this.#holder.remove();
    this.#tell();
  }

  /**
   * Copy a text: whoever listens may do it in our place.
   * @param {string} text
   */
  copy(text) {
    const event = new CustomEvent('workflow-copy', {bubbles: true, cancelable: true, detail: {text}});
    if (this.home.dispatchEvent(event)) void navigator.clipboard.writeText(text);
  }

  /** @param {typeof import('./inspector.js').Inspector} Inspector */
  #made(Inspector) {
    const inspector = new Inspector({copy: (text) => this.copy(text), close: () => this.close(), restart: (step) => this.#restart(step)});
    inspector.element.addEventListener('pointerenter', () => window.clearTimeout(this.#timer));
    inspector.element.addEventListener('pointerleave', () => this.#leave());
    return inspector;
  }

  #show() {
    if (!this.#inspector || !this.#shown || this.#key === null) return;
    const {data, model, rail} = this.#shown;
    const step = model.steps.find((one) => one.key === this.#key);
    if (this.#key && !step) {
      this.close();
      return;
    }
    this.#inspector.show(step ?? null, {data, model, peek: false});
    this.rows.markOpen(this.#key);
    this.#inspector.element.inert = false;
    this.#put(rail && this.#key ? this.rows.element(this.#key) : null);
  }

  /** In a rail the details stand below their row, as a row of the table; else below the timeline. @param {HTMLElement | null} row */
  #put(row) {
    const {element} = /** @type {Inspector} */ (this.#inspector);
    if (!row) {
      this.#holder.remove();
      if (element.parentElement !== this.home) this.home.append(element);
      return;
    }
    if (element.parentElement !== this.#cell) this.#cell.append(element);
    if (row.nextElementSibling !== this.#holder) row.after(this.#holder);
  }

  /** A pointer that lies still while rows change under it points at nothing. @param {PointerEvent} event */
  #moved(event) {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('.tl-row'));
    if ((event.movementX === 0 && event.movementY === 0) || row === this.#pointed) return;
    this.#pointed = row;
    this.#near(event.target, false);
  }

  /** @param {EventTarget | null} target @param {boolean} keyboard then Tab goes on past what is only looked at */
  #near(target, keyboard) {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (target).closest('.tl-do') ? null : /** @type {Element} */ (target).closest('.tl-row'));
    const key = row?.dataset.key ?? '';
    window.clearTimeout(this.#timer);
    if (this.#key !== null || !row || key.startsWith('group:') || this.#shown?.rail) return;
    const wait = this.#peeked === null ? REST : LEAVE;
    this.#timer = window.setTimeout(() => void load().then(({Inspector}) => {
      this.#inspector ??= this.#made(Inspector);
      if (this.#key !== null || !row.isConnected) return;
      this.#inspector.element.inert = keyboard;
      this.#peek(key);
    }), wait);
  }

  /** @param {string} key */
  #peek(key) {
    const step = this.#shown?.model.steps.find((one) => one.key === key);
    const row = this.rows.element(key);
    if (!this.#inspector || !this.#shown || !step || !row) {
      this.#hide();
      return;
    }
    this.#inspector.show(step, {...this.#shown, peek: true});
    const first = this.#peeked !== key;
    this.#peeked = key;
    if (first && !this.#inspector.place(row)) this.#hide();
  }

  #leave() {
    this.#pointed = null;
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#hide(), LEAVE);
  }

  /** A look that is over leaves nothing behind. */
  #hide() {
    window.clearTimeout(this.#timer);
    if (this.#peeked === null) return;
    this.#peeked = null;
    if (this.#key === null) this.#inspector?.element.remove();
  }

  /** @param {import('./model.js').Step} step */
  #restart({name, count, kind, key}) {
    const type = {do: 'do', sleep: 'sleep', wait: 'waitForEvent', rollback: 'do'}[kind];
    this.home.dispatchEvent(new CustomEvent('workflow-action', {bubbles: true, detail: {kind: 'restart', key, from: {name, count, type}}}));
  }

  #tell() {
    this.home.dispatchEvent(new CustomEvent('workflow-open', {bubbles: true, detail: {key: this.#key}}));
  }
}
