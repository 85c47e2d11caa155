// @ts-check
// What helps while typing – completion, hover, problems – loaded when the first screen is done with.
import {$, h, say} from '../../ui/dom.js';
import {problems as words} from '../../words/index.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./editor/handoff.js').HandedEditor} HandedEditor */
/** @typedef {import('./problems/problems.js').Problem} Problem */

export class Assist {
  /** @type {Workspace} */ #workspace;
  /** @type {HandedEditor} */ #editor;
  #linter;
  /** @type {import('./problems/problems.js').Problems | null} */ #problems = null;
  #started = false;
  #edited = false;
  #waiting = h('span', {class: 'problems-waiting'});

  /**
   * @param {Workspace} workspace
   * @param {HandedEditor} editor
   * @param {{ask: (files: Record<string, string>) => Promise<Problem[]>, ready: () => boolean, failed: () => boolean}} linter
   * @param {string} api address of what is completed and explained
   */
  constructor(workspace, editor, linter, api) {
    this.#workspace = workspace;
    this.#editor = editor;
    this.#linter = linter;
    const help = () => editor.mirrored((mirror) => void extend(mirror, api));
    workspace.addEventListener('edited', help, {once: true});
    $('#problems-button').after(this.#waiting);
    workspace.addEventListener('edited', () => {
      this.#edited = true;
      this.update();
    });
    editor.mirrored((mirror) => mirror.with((view) => view.dom.addEventListener('pointerenter', help, {once: true})));
  }

  /** How many problems a file has. @param {string} path */
  problems(path) {
    return this.#problems?.of(path) ?? 0;
  }

  /** Say that nothing is looked for yet, or not at all, where somebody has typed. */
  update() {
    say(this.#waiting, !this.#edited || this.#problems ? '' : this.#linter.failed() ? words.never : words.soon);
  }

  /** Look for problems from now on: there is an engine. @param {() => void} changed */
  start(changed) {
    if (this.#started) return;
    this.#started = true;
    void import('./problems/start.js').then(({startProblems}) => {
      this.#problems = startProblems(this.#workspace, this.#editor, {...this.#linter, typed: this.#edited});
      this.update();
      this.#problems.addEventListener('change', changed);
    }).catch(() => {
      this.#started = false; // the next state of the engine tries again
    });
  }
}

/** @type {Promise<void> | null} */
let extended = null;

/** @param {import('./editor/codemirror.js').CodeMirrorEditor} mirror @param {string} api */
function extend(mirror, api) {
  extended ??= (async () => {
    const [{assistance}, answer] = await Promise.all([import('./editor/assist.js'), fetch(new URL(api, document.baseURI))]);
    mirror.extend(assistance(await answer.json()));
  })().catch(() => {
    extended = null; // without it typing goes on
  });
  return extended;
}
