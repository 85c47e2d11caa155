// @ts-check
// The run on the right: state, timeline, summary, output and ledger of what is shown.
import '../../timeline/element.js';
import {errorOf} from '../../timeline/details.js';
import {readHistory} from '../../timeline/model.js';
import {announce} from '../../ui/announce.js';
import {sameFiles} from '../code/project.js';
import {marksOf} from '../code/run-code.js';
import {$, h, replace, say} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {buttons, status as words} from '../../words/index.js';
import {showLedger, showOutput} from './results.js';
import {isLive} from './state.js';
import {statusLine} from './status.js';
import {summarise} from './summary.js';
import {showInTab} from './title.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../code/workspace.js').Workspace} Workspace */
/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {import('../../timeline/element.js').WorkflowTimeline} WorkflowTimeline */

const SECOND = 1000;

export class RunView {
  /** @type {Session} */ #session;
  /** @type {Workspace} */ #workspace;
  /** @type {() => History | null} */ #recorded;
  /** @type {import('../code/run-code.js').RunMark[]} */ #marks = [];
  #timer = 0;
  #spoken = '';
  /** A run was asked for by the address, or there were runs before: no recording in between. */
  wanted = false;
  /** @type {() => void} */ #showCode;

  /**
   * @param {Session} session
   * @param {Workspace} workspace
   * @param {{recorded: () => History | null, showCode: () => void}} page
   */
  constructor(session, workspace, {recorded, showCode}) {
    this.#session = session;
    this.#workspace = workspace;
    this.#recorded = recorded;
    this.#showCode = showCode;
    session.addEventListener('change', () => this.update());
    workspace.addEventListener('edited', () => this.update());
    workspace.addEventListener('opened', () => this.update());
  }

  /** The timeline on the page. */
  get timeline() {
    return /** @type {WorkflowTimeline} */ ($('#timeline'));
  }

  update() {
    window.clearTimeout(this.#timer);
    const now = Date.now();
    const session = this.#session;
    const recording = session.shown || session.selected || this.wanted ? null : this.#recorded();
    const history = session.shown ?? recording;
    const rows = history?.rows ?? [];
    const killed = session.killed?.target === 'engine' ? session.killed.at : null;
    const model = rows.length ? readHistory(rows, {now, killed}) : null;
    const line = statusLine(session, {recorded: recording !== null, model, now, wanted: this.wanted});
    this.timeline.hidden = !rows.length;
    this.timeline.data = history && rows.length ? {id: history.run.id, rows, recorded: recording !== null, killed} : null;
    this.#showStatus(line);
    this.#showEmpty(history, line.words);
    this.#showSummary(history, model);
    this.#showFailure(history);
    showOutput(history);
    showLedger(history);
    $('#results').hidden = !history;
    this.#mark(model);
    showInTab(session.shown && line.state ? {name: line.name, state: line.state.name, word: line.state.word} : null);
    say($('#brand'), session.shown && narrow() ? line.name : 'Dynamic Workflows');
    const counts = session.shown && isLive(session.shown.run);
    if (counts || (session.queued && line.words)) this.#timer = window.setTimeout(() => this.update(), SECOND);
  }

  /** @param {import('./status.js').Line} line */
  #showStatus({state, name, words: text, quiet}) {
    const parts = state
      ? [h('span', {class: `state tone-${state.name}`}, icon(state.name), h('bdi', null, text)), h('bdi', {class: 'name'}, name)]
      : [h('span', {class: quiet ? 'quiet' : 'state tone-fail'}, text), name ? h('bdi', {class: 'name'}, name) : null];
    const earlier = this.#earlier() ? [h('span', {class: 'quiet'}, words.earlier), h('button', {type: 'button', class: 'button small', onclick: this.#showCode}, buttons.showCode)] : [];
    replace($('#status'), ...parts, ...this.#keepButton(earlier));
    const spoken = name && text ? `${name}: ${text}.`.replace('..', '.') : text;
    const stable = spoken.replace(/\d+(\.\d+)? (of [\d.]+ [kM]B|s\b)/, '');
    if (stable === this.#spoken) return;
    this.#spoken = stable;
    announce(spoken);
  }

  /** A button that is there already stays, and with it the focus. @param {HTMLElement[]} parts */
  #keepButton(parts) {
    const old = /** @type {HTMLElement | null} */ (document.querySelector('#status .button'));
    return parts.map((part) => (old && part.tagName === 'BUTTON' ? old : part));
  }

  #earlier() {
    const code = this.#session.shownCode;
    const run = this.#session.shown?.run;
    return Boolean(run && code && run.tenant === this.#workspace.tenant && !sameFiles(code, this.#workspace.files));
  }

  /** @param {History | null} history @param {string} line */
  #showEmpty(history, line) {
    const empty = $('#empty');
    empty.hidden = history !== null || line !== '' || this.wanted;
    say(empty, words.noRuns);
  }

  /** @param {History | null} history @param {import('../../timeline/model.js').Model | null} model */
  #showSummary(history, model) {
    const over = history && model && history.rows.length && !isLive(history.run);
    if (!over) {
      replace($('#summary'));
      return;
    }
    const {state, facts} = summarise(history.run, model, history.ledger);
    replace($('#summary'), h('span', {class: `state tone-${history.run.status}`}, state), ` ${facts.join(' ')}`);
  }

  /** @param {History | null} history */
  #showFailure(history) {
    const error = history?.run.status === 'errored' ? history.run.error : null;
    $('#failure').hidden = !error;
    replace($('#failure'), error ? h('div', {class: 'box'}, ...errorOf(error)) : null);
  }

  /** Lines are marked in the files that hold what they held when the run was started. @param {import('../../timeline/model.js').Model | null} model */
  #mark(model) {
    const {editor, file, text, tenant} = this.#workspace;
    const run = this.#session.shown?.run;
    const code = this.#session.shownCode;
    this.#marks = run && code ? marksOf(run, code, {model, live: isLive(run)}) : [];
    const same = run?.tenant === tenant && code?.[file] === text;
    const lineOf = (/** @type {'current' | 'error'} */ kind) => (same && this.#marks.find((mark) => mark.file === file && mark.kind === kind)?.line) || null;
    const problem = this.#session.problem;
    editor.mark(lineOf('current'), 'current');
    editor.mark(problem?.line && problem.file === file ? problem.line : lineOf('error'), 'error');
  }

  /** Where the shown run stands in its own code: the marked lines by file, and the file to look at first. */
  marks() {
    const all = this.#marks;
    const marks = Object.fromEntries(all.map(({file}) => [file, all.filter((mark) => mark.file === file)]));
    return {file: all.at(-1)?.file, marks};
  }
}

function narrow() {
  return matchMedia('(max-width: 719px)').matches;
}
