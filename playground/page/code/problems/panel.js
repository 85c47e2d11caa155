// @ts-check
// The list of problems below the code: each with its place, its sentence and, where there is one, its fix.
import {$, bdi, h, replace} from '../../../ui/dom.js';
import {linkTo} from '../../../ui/docs.js';
import {icon} from '../../../ui/icons.js';
import {announce} from '../../../ui/announce.js';
import {visible} from '../../../ui/text.js';
import {buttons, problems as words} from '../../../words/index.js';
import {span} from './problems.js';

/** @typedef {import('./problems.js').Problems} Problems */
/** @typedef {import('./problems.js').Problem} Problem */
/** @typedef {import('../workspace.js').Workspace} Workspace */

const ICONS = /** @type {const} */ ({error: 'errored', warning: 'warning', hint: 'hint'});

export class ProblemPanel {
  /** @type {Problems} */ #problems;
  /** @type {Workspace} */ #workspace;
  #home = $('#problems');

  /** @param {Problems} problems @param {Workspace} workspace */
  constructor(problems, workspace) {
    this.#problems = problems;
    this.#workspace = workspace;
    problems.addEventListener('change', () => this.update());
    this.#home.addEventListener('keydown', (event) => event.key === 'Escape' && this.show(false));
  }

  get open() {
    return !this.#home.hidden;
  }

  /** @param {boolean} open */
  show(open) {
    this.#home.hidden = !open;
    $('#problems-button').setAttribute('aria-expanded', String(open));
    this.update();
    if (open) this.#home.querySelector('button')?.focus();
    else if (!$('#problems-button').hidden) $('#problems-button').focus();
  }

  update() {
    if (!this.open) return;
    const {all} = this.#problems;
    const several = Object.keys(this.#workspace.files).length > 1;
    const focused = this.#home.contains(document.activeElement);
    replace(this.#home,
      h('header', null, h('h2', null, words.title), h('button', {type: 'button', class: 'button plain small icon-only', 'aria-label': buttons.close, onclick: () => this.show(false)}, icon('close'))),
      all.length ? h('ul', null, all.map((problem) => this.#row(problem, several))) : h('p', {class: 'muted'}, words.none));
    if (focused && !this.#home.contains(document.activeElement)) this.#home.querySelector('button')?.focus();
  }

  /** @param {Problem} problem @param {boolean} several */
  #row(problem, several) {
    const {severity, message, file, line, id, page, fix} = problem;
    const place = words.at(visible(file), line);
    return h('li', {class: `problem-row tone-${TONES[severity]}`, 'data-rule': id},
      h('button', {type: 'button', class: 'link-row', onclick: () => this.#go(problem)},
        icon(ICONS[severity]), h('span', {class: 'visually-hidden'}, `${words.severity[severity]}: `), bdi(message),
        h('span', {class: 'where'}, several ? place : place.split(', ').at(-1), ` · ${id}`)),
      linkTo(page, id),
      fix ? h('button', {type: 'button', class: 'button small', onclick: () => this.#fix(problem)}, fix.title) : null);
  }

  /** @param {Problem} problem */
  #go(problem) {
    this.#workspace.show(problem.file);
    const {from, to} = span(this.#workspace.text, problem);
    this.#workspace.editor.select(from, to);
  }

  /** @param {Problem} problem */
  #fix(problem) {
    if (!this.#problems.fix(problem)) announce(words.gone);
  }
}

const TONES = {error: 'fail', warning: 'wait', hint: 'muted'};
