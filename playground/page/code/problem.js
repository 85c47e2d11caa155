// @ts-check
// What keeps a run from starting: said below the code, marked on its line.
import {$, bdi, h, replace} from '../../ui/dom.js';
import {errorLink} from '../../ui/docs.js';
import {icon} from '../../ui/icons.js';
import {showView} from '../layout.js';
import {code as words} from '../../words/index.js';

/** @typedef {import('./editor/plain.js').Editor} Editor */

export class Problem {
  /** @type {Editor} */ #editor;
  #shown = '';

  /** @param {Editor} editor */
  constructor(editor) {
    this.#editor = editor;
  }

  /** @param {string} text @param {number | null} line of the code @param {string} [error] the name of its class */
  show(text, line, error = '') {
    if (this.#shown === text) return;
    this.#shown = text;
    const box = $('#problem');
    replace(box, icon('errored'), h('p', null, bdi(text), ' ', errorLink(error)));
    box.hidden = false;
    this.#editor.mark(line, 'error');
    if (line !== null) this.#editor.reveal(line);
  }

  /**
   * Say what is wrong with the code.
   * @param {Error & {file?: string, line?: number}} error
   * @param {{main: string, file: string}} workspace the main file, and the one in the editor
   */
  code(error, {main, file: open}) {
    const file = error.file ?? main;
    const text = error.name === 'NoEntrypoint' ? words.noEntrypoint(file)
      : error.line ? words.error(file, error.line, bare(error.message, file, error.line)) : error.message;
    if (this.#shown !== text && matchMedia('(max-width: 719px)').matches) showView('code');
    this.show(text, file === open ? error.line ?? null : null, error.name);
  }

  /**
   * Say where the payload is not JSON, and put the caret there.
   * @param {import('./payload.js').PayloadError} error
   * @param {HTMLTextAreaElement} field
   */
  payload(error, field) {
    showView('payload');
    this.show(error.message, null);
    field.setAttribute('aria-invalid', 'true');
    field.focus();
    field.setSelectionRange(error.offset, Math.min(error.offset + 1, field.value.length));
  }

  clear() {
    if (!this.#shown) return;
    this.#shown = '';
    $('#problem').hidden = true;
    $('#payload-text').removeAttribute('aria-invalid');
    this.#editor.mark(null, 'error');
  }
}

/** The message without the place, which the sentence already names. @param {string} message @param {string} file @param {number} line */
function bare(message, file, line) {
  const place = `${file}, line ${line}: `;
  return message.startsWith(place) ? message.slice(place.length) : message.replace(/ \([^()]*, line \d+\)$/, '');
}
