// @ts-check
// Code over the editor that is only to be read: that of a run, or of a version, file by file, beside what differs now.
import {$, h, replace} from '../../ui/dom.js';
import {visible} from '../../ui/text.js';
import {buttons, versions as words} from '../../words/index.js';
import {showView} from '../layout.js';

/** @typedef {import('./editor/diff.js').Mark} Mark */
/** @typedef {{files: Record<string, string>, main: string}} Code */
/** @typedef {{against: Record<string, string>, label: string, marks?: Record<string, Mark[]>, file?: string, fold?: boolean}} Beside marks: by file */

export class CodeView {
  #chooser = h('select', {class: 'file-choice', 'aria-label': words.file, onchange: () => void this.#draw(this.#chooser.value)});
  #code = h('div', {class: 'difference'});
  #note = h('p', {class: 'note muted'});
  /** @type {Code} */ #shown = {files: {}, main: ''};
  /** @type {Beside} */ #beside = {against: {}, label: ''};
  /** @type {import('@codemirror/view').EditorView | null} */ #view = null;
  #turn = 0;

  /**
   * @param {{title: string, className?: string, verbs?: HTMLElement[], side?: HTMLElement | null, closed?: () => void}} look
   */
  constructor({title, className = '', verbs = [], side = null, closed = () => {}}) {
    document.querySelector('.thatcode')?.dispatchEvent(new Event('leave'));
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    this.back = h('button', {type: 'button', class: 'button small', onclick: () => this.close()}, buttons.backToCode);
    this.element = h('section', {class: `thatcode ${className}`, 'aria-label': title},
      h('header', null, h('p', null, title), h('span', {class: 'spacer'}), this.#chooser, verbs, this.back),
      h('div', {class: 'sides'}, side, h('div', {class: 'main-side'}, this.#note, this.#code)));
    this.element.addEventListener('leave', () => this.#remove());
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      this.close();
    });
    this.closed = () => {
      closed();
      if (opener?.isConnected) opener.focus();
    };
    $('.codearea').append(this.element);
    showView('code');
    this.back.focus();
  }

  /** @param {Code} code @param {Beside} beside */
  show(code, beside) {
    this.#shown = code;
    this.#beside = beside;
    const paths = Object.keys({...code.files, ...beside.against}).filter((path) => path in code.files).sort();
    const differs = (/** @type {string} */ path) => beside.against[path] !== code.files[path];
    replace(this.#chooser, paths.map((path) => h('option', {value: path}, differs(path) ? words.changed(visible(path)) : visible(path))));
    this.#chooser.hidden = paths.length < 2;
    const file = [beside.file ?? '', paths.find(differs) ?? '', code.main].find((path) => path in code.files) ?? paths[0];
    this.#chooser.value = file;
    void this.#draw(file);
  }

  close() {
    this.#remove();
    this.closed();
  }

  #remove() {
    this.#turn += 1;
    this.#view?.destroy();
    this.element.remove();
  }

  /** @param {string} file */
  async #draw(file) {
    const turn = ++this.#turn;
    const {showDifference} = await import('./editor/diff.js');
    if (turn !== this.#turn) return;
    this.#view?.destroy();
    const text = this.#shown.files[file];
    const against = this.#beside.against[file] ?? null;
    this.#note.textContent = against === text ? words.same : against === null ? words.onlyThere : words.legend;
    const {label, marks = {}, fold} = this.#beside;
    this.#view = showDifference(this.#code, {text, against, label: `${label}, ${visible(file)}`, marks: marks[file], fold});
  }
}
