// @ts-check
// The run on the right: state, timeline, summary, output and ledger of what is shown.
import '../../timeline/element.js';
import {readHistory} from '../../timeline/model.js';
import {sameFiles} from '../code/project.js';
import {marksOf} from '../code/run-code.js';
import {$, say} from '../../ui/dom.js';
import {runs as names, status as words} from '../../words/index.js';
import {Outcome} from './outcome.js';
import {showLedger, showOutput} from './results.js';
import {isLive} from './state.js';
import {statusLine} from './status.js';
import {StatusView} from './status-view.js';
import {showInTab} from './title.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../code/workspace.js').Workspace} Workspace */
/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {import('../../timeline/element.js').WorkflowTimeline} WorkflowTimeline */

const SECOND = 1000;
const ROW_ACTIONS = new Set(['skip', 'send', 'retry', 'restart']); // what the timeline's buttons can set off here
const NARROW = matchMedia('(max-width: 719px)');

export class RunView {
  /** @type {Session} */ #session;
  /** @type {Workspace} */ #workspace;
  /** @type {() => History | null} */ #recorded;
  /** @type {import('../code/run-code.js').RunMark[]} */ #marks = [];
  #timer = 0;
  /** A run was asked for by the address, or there were runs before: no recording in between. */
  wanted = false;
  /** @type {import('./actions.js').RunActions} */ #actions;
  #status;
  #outcome;

  /**
   * @param {Session} session
   * @param {Workspace} workspace
   * @param {{recorded: () => History | null, showCode: () => void, actions: import('./actions.js').RunActions,
   *   name: import('./run-name.js').RunName, share: (() => void) | null, report: (() => void) | null}} page
   */
  constructor(session, workspace, {recorded, showCode, actions, name, share, report}) {
    this.#session = session;
    this.#workspace = workspace;
    this.#recorded = recorded;
    this.#actions = actions;
    this.#status = new StatusView($('#status'), {name, showCode, disarm: () => void session.arm(null)});
    const restart = (/** @type {string | null} */ key) => key ? actions.restartFrom(key) : actions.do('restart');
    this.#outcome = new Outcome({restart, report, share});
    session.addEventListener('change', () => this.update());
    workspace.addEventListener('edited', () => this.update());
    workspace.addEventListener('opened', () => this.update());
    NARROW.addEventListener('change', () => this.update()); // a phone that is turned
  }

  /** The timeline on the page. */
  get timeline() {
    return /** @type {WorkflowTimeline} */ ($('#timeline'));
  }

  /** What is drawn: the selected run, or a recorded one in its place. @returns {History | null} */
  get history() {
    const {shown, selected} = this.#session;
    return shown ?? (selected || this.wanted ? null : this.#recorded());
  }

  update() {
    window.clearTimeout(this.#timer);
    const session = this.#session;
    const history = this.history;
    const recording = session.shown ? null : history;
    const now = recording ? 0 : Date.now(); // a recording ends with its last row
    const rows = history?.rows ?? [];
    const killed = session.killed?.target === 'engine' ? session.killed.at : null;
    const model = rows.length ? readHistory(rows, {now, killed}) : null;
    const line = statusLine(session, {recorded: recording !== null, model, now, wanted: this.wanted});
    this.timeline.hidden = !rows.length;
    this.timeline.data = history && rows.length ? {id: history.run.id, rows, recorded: recording !== null, killed, run: history.run, ledger: history.ledger, actions: ROW_ACTIONS} : null;
    this.#status.show(line, {earlier: this.#earlier(), armed: session.armed, jumping: this.#actions.jumping});
    this.#showEmpty(history, line.words);
    this.#outcome.show(history, model, recording !== null);
    showOutput(history);
    showLedger(history);
    $('#results').hidden = !history;
    this.#mark(model);
    showInTab(document.body.dataset.page ? names.title : session.shown && line.state ? {name: line.name, state: line.state.name, word: line.state.word} : null);
    say($('#brand'), session.shown && NARROW.matches ? line.name : 'Dynamic Workflows');
    const counts = session.shown && isLive(session.shown.run);
    if (counts || (session.queued && line.words)) this.#timer = window.setTimeout(() => this.update(), SECOND);
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
