// @ts-check
// Which rows are in the document: those that can be seen and some around them, whatever the history holds.

const MOST = 100; // rows in the document
const STEP = 10; // rows by which the choice moves, so that scrolling a little changes nothing

export class Viewport {
  #top = 0;
  #height = typeof innerHeight === 'number' ? innerHeight : 0;
  #from = 0;
  #total = 0;
  #rowHeight = 32;
  /** @type {number | null} a row that must be there */ #wanted = null;
  #look = () => this.#read();

  /** @param {HTMLElement} body @param {() => void} changed */
  constructor(body, changed) {
    this.body = body;
    this.changed = changed;
  }

  listen() {
    document.addEventListener('scroll', this.#look, {capture: true, passive: true});
    window.addEventListener('resize', this.#look, {passive: true});
  }

  forget() {
    document.removeEventListener('scroll', this.#look, {capture: true});
    window.removeEventListener('resize', this.#look);
  }

  /**
   * The rows to draw, as [first, last[.
   * @param {number} total
   * @param {number} rowHeight px
   * @returns {[number, number]}
   */
  range(total, rowHeight) {
    this.#total = total;
    this.#rowHeight = rowHeight;
    this.#from = this.#choose();
    return [this.#from, Math.min(total, this.#from + MOST)];
  }

  /** Take a row in that is elsewhere; the next scrolling decides anew. @param {number} index */
  moveTo(index) {
    this.#wanted = index;
  }

  #choose() {
    if (this.#total <= MOST) return 0;
    const visible = Math.ceil(this.#height / this.#rowHeight);
    const first = this.#wanted ?? Math.floor(-this.#top / this.#rowHeight);
    const from = Math.floor((first - Math.max(0, (MOST - visible) / 2)) / STEP) * STEP;
    return Math.max(0, Math.min(from, this.#total - MOST));
  }

  /** Positions are read when something scrolls, never while drawing. */
  #read() {
    if (this.#total <= MOST) return;
    this.#wanted = null;
    this.#top = this.body.getBoundingClientRect().top;
    this.#height = innerHeight;
    if (this.#choose() !== this.#from) this.changed();
  }
}
