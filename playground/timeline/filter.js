// @ts-check
// Which steps are shown: those that failed, those whose name holds a text.
import {h, say} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {timeline as words} from '../words/index.js';

/** @typedef {import('./model.js').Step} Step */

/**
 * Whether an attempt of a step failed, timed out or was cut off, or nothing came of it.
 * @param {Step} step
 */
export function failed(step) {
  return step.state === 'errored' || step.attempts.some((one) => one.outcome === 'failed' || one.outcome === 'timeout' || one.outcome === 'cut');
}

/**
 * What a filter leaves; undefined leaves everything.
 * @param {{failedOnly: boolean, search: string}} filter
 * @returns {((step: Step) => boolean) | undefined}
 */
export function keeper({failedOnly, search}) {
  const text = search.trim().toLocaleLowerCase();
  if (!failedOnly && !text) return undefined;
  return (step) => (!failedOnly || failed(step)) && step.name.toLocaleLowerCase().includes(text);
}

/** The bar that asks for a filter and says what it left. */
export class FilterBar {
  #input = h('input', {type: 'search', class: 'tl-search', 'aria-label': words.find, placeholder: words.find, autocomplete: 'off', spellcheck: 'false'});
  #failed = h('button', {type: 'button', class: 'button small', 'aria-pressed': 'false', onclick: () => this.set({failedOnly: !this.failedOnly})}, words.failedOnly);
  #count = h('span', {class: 'tl-count'});
  /** @type {boolean} */ failedOnly = false;

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    const close = h('button', {type: 'button', class: 'button plain small icon-only', 'aria-label': words.showAll, title: words.showAll, onclick: () => this.clear()}, icon('close'));
    this.element = h('div', {class: 'tl-filter', role: 'search', hidden: true}, this.#input, this.#failed, this.#count, h('span', {class: 'spacer'}), close);
    this.#input.addEventListener('input', () => this.changed());
    this.#input.addEventListener('keydown', (event) => event.key === 'Escape' && this.clear());
  }

  /** What is left of the steps; undefined is all. */
  get keep() {
    return keeper({failedOnly: this.failedOnly, search: this.#input.value});
  }

  /** @param {{failedOnly?: boolean, search?: string}} wanted */
  set({failedOnly = this.failedOnly, search = this.#input.value}) {
    this.failedOnly = failedOnly;
    this.#input.value = search;
    this.#failed.setAttribute('aria-pressed', String(failedOnly));
    this.element.hidden = false;
    this.changed();
  }

  /** Show the bar and let the reader type. */
  ask() {
    this.element.hidden = false;
    this.#input.focus();
  }

  clear() {
    this.set({failedOnly: false, search: ''});
    this.element.hidden = true;
    /** @type {HTMLElement | null} */ (this.element.parentElement?.querySelector('.tl-row[tabindex="0"]'))?.focus();
  }

  /**
   * Say how many steps are left.
   * @param {number} shown
   * @param {number} all
   */
  tell(shown, all) {
    const text = this.keep ? words.shown(shown, all) : '';
    if (this.#count.textContent === text) return;
    say(this.#count, text);
    if (text) this.element.dispatchEvent(new CustomEvent('workflow-say', {bubbles: true, detail: {text}}));
  }
}
