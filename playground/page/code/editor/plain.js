// @ts-check
// The editor the page is delivered with: a text area with line numbers.
import {$, say} from '../../../ui/dom.js';

/**
 * What the page needs of an editor, whichever it is.
 * @typedef {object} Editor
 * @property {string} text what is set here can be undone
 * @property {(key: string, text: string) => void} open show a document: what was typed into it can still be undone
 * @property {(from: string, to: string) => void} rename a document
 * @property {(listener: () => void) => void} onChange
 * @property {() => void} focus
 * @property {(line: number | null, kind: 'current' | 'error') => void} mark
 * @property {(line: number) => void} reveal
 * @property {(from: number, to: number) => void} select
 * @property {(label: string) => void} name
 */

/** @implements {Editor} */
export class PlainEditor {
  /** @type {HTMLTextAreaElement} */ #area;
  /** @type {HTMLElement} */ #numbers;

  /** @param {HTMLTextAreaElement} area @param {HTMLElement} numbers */
  constructor(area, numbers) {
    this.#area = area;
    this.#numbers = numbers;
    area.addEventListener('input', () => this.#count());
    area.addEventListener('scroll', () => {
      numbers.scrollTop = area.scrollTop;
    });
    this.#count();
  }

  get text() {
    return this.#area.value;
  }

  set text(text) {
    this.#area.value = text;
    if (document.activeElement !== this.#area) this.#area.setSelectionRange(0, 0);
    this.#count();
  }

  /** @param {string} _key @param {string} text */
  open(_key, text) {
    if (this.text !== text) this.text = text;
  }

  rename() {}

  /** @param {() => void} listener */
  onChange(listener) {
    this.#area.addEventListener('input', listener);
  }

  focus() {
    this.#area.focus();
  }

  /** Lines of a text area cannot be marked; the words beside it name the line. */
  mark() {}

  /** @param {number} line */
  reveal(line) {
    this.#area.scrollTop = Math.max(0, (line - 4) * 20);
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    this.#area.focus();
    this.#area.setSelectionRange(from, to);
    this.reveal(this.text.slice(0, from).split('\n').length);
  }

  /** @param {string} label */
  name(label) {
    this.#area.setAttribute('aria-label', label);
  }

  #count() {
    const lines = this.#area.value.split('\n').length;
    say(this.#numbers, Array.from({length: lines}, (_, i) => i + 1).join('\n'));
  }
}

/** The text area and its numbers, as the page was delivered. */
export function delivered() {
  return new PlainEditor(/** @type {HTMLTextAreaElement} */ ($('#source')), $('#numbers'));
}
