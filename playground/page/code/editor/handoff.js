// @ts-check
// One editor for the page: it begins as the text area and goes on as CodeMirror, between two keys.
import {$} from '../../../ui/dom.js';
import {delivered} from './plain.js';

/** @typedef {import('./plain.js').Editor} Editor */

/** @implements {Editor} */
export class HandedEditor {
  /** @type {Editor} */ #inner = delivered();
  /** @type {(() => void)[]} */ #listeners = [];
  /** @type {Map<'current' | 'error', number | null>} */ #marks = new Map();
  /** @type {import('./codemirror.js').CodeMirrorEditor | null} */ #mirror = null;
  /** @type {((editor: import('./codemirror.js').CodeMirrorEditor) => void)[]} */ #waiting = [];
  #label = '';
  #key = '';

  constructor() {
    this.#inner.onChange(() => this.#changed());
  }

  get text() {
    return this.#inner.text;
  }

  set text(text) {
    this.#inner.text = text;
  }

  /** @param {string} key @param {string} text */
  open(key, text) {
    this.#key = key;
    this.#inner.open(key, text);
    for (const [kind, line] of this.#marks) this.#inner.mark(line, kind);
  }

  /** @param {string} from @param {string} to */
  rename(from, to) {
    if (this.#key === from) this.#key = to;
    this.#inner.rename(from, to);
  }

  /** Do something with CodeMirror, once it is there. @param {(editor: import('./codemirror.js').CodeMirrorEditor) => void} act */
  mirrored(act) {
    if (this.#mirror) act(this.#mirror);
    else this.#waiting.push(act);
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.#listeners.push(listener);
  }

  focus() {
    this.#inner.focus();
  }

  /** @param {number | null} line @param {'current' | 'error'} kind */
  mark(line, kind) {
    if ((this.#marks.get(kind) ?? null) === line) return;
    this.#marks.set(kind, line);
    this.#inner.mark(line, kind);
  }

  /** @param {number} line */
  reveal(line) {
    this.#inner.reveal(line);
  }

  /** @param {number} from @param {number} to */
  select(from, to) {
    this.#inner.select(from, to);
  }

  /** @param {string} label */
  name(label) {
    this.#label = label;
    this.#inner.name(label);
  }

  /** Load CodeMirror and let it take over; the text area stays where that fails. */
  async upgrade() {
    const {CodeMirrorEditor} = await import('./codemirror.js');
    const area = /** @type {HTMLTextAreaElement} */ ($('#source'));
    await notComposing(area);
    // From here to the end nothing waits: no key can fall between the two.
    const editor = new CodeMirrorEditor($('#editor'), area, $('#numbers'), this.#key);
    editor.onChange(() => this.#changed());
    this.#inner = this.#mirror = editor;
    if (this.#label) editor.name(this.#label);
    for (const [kind, line] of this.#marks) editor.mark(line, kind);
    document.documentElement.dataset.editor = 'codemirror';
    for (const act of this.#waiting.splice(0)) act(editor);
  }

  #changed() {
    for (const listener of this.#listeners) listener();
  }
}

/**
 * An input method in the middle of a character must not lose its field.
 * @param {HTMLTextAreaElement} area
 * @returns {Promise<void>}
 */
function notComposing(area) {
  return new Promise((resolve) => {
    let composing = false;
    const start = () => {
      composing = true;
    };
    const end = () => {
      composing = false;
      requestAnimationFrame(check);
    };
    const check = () => {
      if (composing) return;
      area.removeEventListener('compositionstart', start);
      area.removeEventListener('compositionend', end);
      resolve();
    };
    area.addEventListener('compositionstart', start);
    area.addEventListener('compositionend', end);
    requestAnimationFrame(check);
  });
}
