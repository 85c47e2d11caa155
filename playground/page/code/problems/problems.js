// @ts-check
// What the linter says of the code in the editor, within a second of the last key. It reads in a sandbox.
import {sameFiles} from '../project.js';

const PAUSE = 300; // ms after the last key
const SOON = 2_000; // ms after Python is there, with a text that nobody has touched since: a run goes first

/** @typedef {{line: number, column: number, end_line: number, end_column: number}} Place lines and columns from 1, in characters */
/** @typedef {{place: Place, text: string}} Edit */
/**
 * @typedef {Place & {
 *   id: string, severity: 'error' | 'warning' | 'hint', message: string, file: string, page: string,
 *   fix: {title: string, edits: Edit[]} | null,
 * }} Problem
 */
/** @typedef {import('../workspace.js').Workspace} Workspace */

/** Event: `change`. */
export class Problems extends EventTarget {
  /** @type {Workspace} */ #workspace;
  /** @type {(files: Record<string, string>) => Promise<Problem[]>} */ #ask;
  /** @type {() => boolean} */ #ready;
  /** @type {Problem[]} */ all = [];
  /** @type {Record<string, string>} what they were found in */ files = {};
  #timer = 0;
  #asking = false;
  #again = false;

  /**
   * @param {Workspace} workspace
   * @param {{ask: (files: Record<string, string>) => Promise<Problem[]>, ready: () => boolean, typed: boolean}} linter typed: somebody waits for the first answer
   */
  constructor(workspace, {ask, ready, typed}) {
    super();
    this.#workspace = workspace;
    this.#ask = ask;
    this.#ready = ready;
    workspace.addEventListener('edited', () => this.look(PAUSE));
    workspace.addEventListener('opened', () => this.#opened());
    this.look(typed ? PAUSE : SOON);
  }

  /** Those that a reader should do something about. */
  get serious() {
    return this.all.filter(({severity}) => severity !== 'hint');
  }

  /** How many of them a file has. @param {string} file */
  of(file) {
    return this.serious.filter((problem) => problem.file === file).length;
  }

  /** Look again soon. @param {number} [delay] */
  look(delay = PAUSE) {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#look(), delay);
  }

  /** Whether a problem was found in the text that is there now. @param {Problem} problem */
  current(problem) {
    return this.files[problem.file] === this.#workspace.files[problem.file];
  }

  /** Carry out the fix of a problem; false where the text is another one by now. @param {Problem} problem */
  fix(problem) {
    if (!problem.fix || !this.current(problem)) return false;
    const text = this.files[problem.file];
    const edits = problem.fix.edits.map(({place, text: insert}) => ({...span(text, place), insert})).sort((one, other) => other.from - one.from);
    this.#workspace.show(problem.file);
    this.#workspace.editor.text = edits.reduce((whole, {from, to, insert}) => whole.slice(0, from) + insert + whole.slice(to), text);
    this.look(0);
    return true;
  }

  #opened() {
    if (sameFiles(this.files, this.#workspace.files)) {
      this.dispatchEvent(new Event('change')); // another file of the same code is shown
      return;
    }
    this.#found([], {});
    this.look();
  }

  async #look() {
    if (!this.#ready() || !this.#workspace.touched) return;
    if (this.#asking) {
      this.#again = true;
      return;
    }
    this.#asking = true;
    const {files} = this.#workspace;
    const found = await this.#ask(files).catch(() => /** @type {Problem[]} */ ([])); // no sandbox for it: nothing is claimed
    this.#asking = false;
    if (sameFiles(files, this.#workspace.files)) this.#found(found, files);
    if (this.#again) {
      this.#again = false;
      this.look(0);
    }
  }

  /** @param {Problem[]} all @param {Record<string, string>} files */
  #found(all, files) {
    this.all = all;
    this.files = files;
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * Where a place is in a text, as JavaScript counts.
 * @param {string} text
 * @param {Place} place
 */
export function span(text, {line, column, end_line: endLine, end_column: endColumn}) {
  const lines = text.split(/\r\n|\r|\n/);
  const at = (/** @type {number} */ row, /** @type {number} */ character) => {
    const before = lines.slice(0, row - 1).reduce((sum, one) => sum + one.length + 1, 0);
    return Math.min(before + Array.from(lines[row - 1] ?? '').slice(0, character - 1).join('').length, text.length);
  };
  return {from: at(line, column), to: at(endLine, endColumn)};
}
