// @ts-check
// What an embed shows: code and payload on one side, the run on the other.
import '../timeline/element.js';
import {errorOf} from '../timeline/details.js';
import {readHistory} from '../timeline/model.js';
import {h, replace, say} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {oneLine, visible} from '../ui/text.js';
import {oneLineValue} from '../ui/values.js';
import {buttons, code as codeWords, embed as words, kernel as kernelWords, ledger as ledgerWords, payload as payloadWords} from '../words/index.js';
import {progress} from '../ui/format.js';
import {isLive} from '../page/run/state.js';
import {statusLine} from '../page/run/status.js';
import {summarise} from '../page/run/summary.js';
import {editor} from './editor.js';
import {eventForm} from './event-form.js';
import {styleSheet} from './style.js';

/** @typedef {import('../page/run/session.js').Session} Session */
/** @typedef {import('../share/types.js').Shared} Shared */
/** @typedef {import('../ui/types.js').History} History */
/** @typedef {import('../timeline/model.js').Model} Model */

const SECOND = 1000;

/**
 * @typedef {object} Acts
 * @property {() => void} run
 * @property {() => void} kill
 * @property {() => void} edited
 * @property {(verb: string, args?: Record<string, unknown>) => void} ask
 */

export class EmbedView {
  #acts;
  #source;
  #open;
  #editor;
  #timer = 0;
  #said = '';
  #runWord = h('span', null, buttons.run);
  #run = h('button', {type: 'button', class: 'button filled run', 'data-act': 'run', onclick: () => this.#acts.run()}, icon('play'), this.#runWord);
  #kill = h('button', {type: 'button', class: 'button', 'data-act': 'kill', 'aria-disabled': 'true', onclick: () => this.#kill.getAttribute('aria-disabled') !== 'true' && this.#acts.kill()},
    icon('kill'), h('span', null, buttons.kill));
  #link = h('a', {class: 'open', target: '_blank', rel: 'noopener'}, words.open);
  #payload = h('input', {type: 'text', class: 'code', id: 'payload', spellcheck: 'false', autocomplete: 'off', oninput: () => this.#acts.edited()});
  #status = h('p', {class: 'status'});
  #live = h('p', {class: 'visually-hidden', role: 'status'});
  #problem = h('p', {class: 'problem', role: 'alert', hidden: true});
  #memory = h('p', {class: 'memory', hidden: true}, words.memory);
  #timeline = /** @type {import('../timeline/element.js').WorkflowTimeline} */ (h(/** @type {any} */ ('workflow-timeline'), {class: 'run-timeline'}));
  #form = h('div');
  #summary = h('p', {class: 'summary'});
  #output = h('div', {class: 'results'});
  #frame;

  /**
   * @param {HTMLElement} host
   * @param {Shared} source
   * @param {Acts} acts
   */
  constructor(host, source, acts) {
    this.#acts = acts;
    this.#source = {...source, files: {...source.files}};
    this.#open = source.main;
    this.#editor = editor(source.files[source.main], () => this.#edited());
    this.#payload.value = source.payload;
    this.#frame = h('section', {class: 'frame', 'aria-label': words.label(visible(source.name))}, this.#head(), this.#problem, this.#memory,
      h('div', {class: 'panes'}, this.#codePane(), this.#runPane()), this.#live);
    const root = host.attachShadow({mode: 'open'});
    root.adoptedStyleSheets = [styleSheet()];
    root.append(this.#frame);
    this.#timeline.addEventListener('workflow-action', (event) => this.#act(/** @type {CustomEvent} */ (event).detail));
    this.#timeline.addEventListener('workflow-copy', (event) => void navigator.clipboard?.writeText(/** @type {CustomEvent} */ (event).detail.text));
  }

  get files() {
    return {...this.#source.files, [this.#open]: this.#editor.field.value};
  }

  get payload() {
    return this.#payload.value;
  }

  /** @param {string} view run, code or both */
  arrange(view) {
    this.#frame.dataset.view = ['run', 'code'].includes(view) ? view : 'both';
  }

  /** @param {string} address of the same in the playground */
  linkTo(address) {
    this.#link.href = new URL(address, document.baseURI).href;
  }

  /** @param {string} text */
  problem(text) {
    this.#problem.hidden = !text;
    say(this.#problem, text);
  }

  /** @param {Session} session */
  update(session) {
    window.clearTimeout(this.#timer);
    const {shown, kernel} = session;
    const recorded = shown ? null : this.#source.run;
    const history = shown ?? recorded;
    const now = recorded ? 0 : Date.now();
    const killed = session.killed?.target === 'engine' ? session.killed.at : null;
    const model = history?.rows.length ? readHistory(history.rows, {now, killed}) : null;
    const line = statusLine(session, {recorded: recorded !== null, model, now, wanted: false});
    this.#timeline.hidden = !model;
    this.#timeline.data = history && model ? {id: history.run.id, rows: history.rows, recorded: recorded !== null, killed} : null;
    this.#showStatus(line, session);
    this.#showResults(history, model);
    this.#showButtons(session);
    this.#showProblem(session);
    this.#memory.hidden = kernel.storage !== 'memory';
    if (shown || session.queued) this.#frame.dataset.ran = '';
    if ((shown && isLive(shown.run)) || session.queued) this.#timer = window.setTimeout(() => this.update(session), SECOND);
  }

  // -- parts --------------------------------------------------------------------------------------------------

  #head() {
    const {files, main} = this.#source;
    const paths = Object.keys(files);
    const name = paths.length === 1 ? h('bdi', {class: 'file'}, visible(main))
      : h('select', {'aria-label': words.file, onchange: (/** @type {Event} */ event) => this.#choose(/** @type {HTMLSelectElement} */ (event.target).value)},
        paths.map((path) => h('option', {value: path, selected: path === main}, visible(path))));
    return h('header', null, icon('logo'), name, h('span', {class: 'spacer'}), this.#link, this.#run, this.#kill);
  }

  #codePane() {
    return h('div', {class: 'code-pane'}, this.#editor.element, h('div', {class: 'payload'}, h('label', {for: 'payload'}, words.payload), this.#payload));
  }

  #runPane() {
    return h('div', {class: 'run-pane'}, this.#status, this.#timeline, this.#form, this.#summary, this.#output);
  }

  /** @param {string} path */
  #choose(path) {
    this.#source.files = this.files;
    this.#open = path;
    this.#editor.put(this.#source.files[path]);
  }

  #edited() {
    this.problem('');
    this.#acts.edited();
  }

  /** What the button of a row does. @param {{kind: string, key: string, type: string}} action */
  #act({kind, key, type}) {
    if (kind === 'skip') this.#acts.ask('skip', {key});
    else if (kind === 'send') this.#acts.ask('send_event', {type, payload: null});
    else if (kind === 'retry') this.#acts.ask('retry_now', {key});
    else if (kind === 'edit') replace(this.#form, eventForm(type, (payload) => this.#acts.ask('send_event', {type, payload})));
  }

  /** @param {import('../page/run/status.js').Line} line @param {Session} session */
  #showStatus({state, words: text}, {kernel}) {
    const said = kernel.stage === 'failed' ? kernel.error?.message ?? kernelWords.failed : text || words.runHere;
    const shown = kernel.stage === 'python' && kernel.total && !text ? kernelWords.python(progress(kernel.bytes ?? 0, kernel.total)) : said;
    replace(this.#status, state ? h('span', {class: `state tone-${state.name}`}, icon(state.name), h('bdi', null, shown)) : h('span', {class: 'quiet'}, shown));
    const stable = shown.replace(/\d[\d.]*/g, '');
    if (stable === this.#said) return;
    this.#said = stable;
    say(this.#live, shown);
  }

  /** @param {History | null} history @param {Model | null} model */
  #showResults(history, model) {
    const over = history && model && !isLive(history.run);
    if (!over) {
      replace(this.#summary);
      replace(this.#output);
      return;
    }
    const {state, facts} = summarise(history.run, model, history.ledger);
    replace(this.#summary, h('span', {class: `state tone-${history.run.status}`}, state), ` ${facts.join(' ')}`);
    const {output, error} = history.run;
    const calls = history.ledger.map(({method, asked, done}) => h('li', null, h('bdi', null, oneLine(method)), ` ${ledgerWords.row(asked, done)}`));
    replace(this.#output, error ? h('div', {class: 'failure'}, ...errorOf(error)) : null,
      output === null ? null : h('p', null, h('span', {class: 'quiet'}, `${words.output} `), h('bdi', {class: 'code'}, visible(oneLineValue(output)))),
      calls.length ? h('ul', null, calls) : null);
  }

  /** @param {Session} session */
  #showButtons(session) {
    const run = session.shown?.run;
    say(this.#runWord, session.queued ? buttons.cancel : run ? buttons.again : buttons.run);
    this.#kill.setAttribute('aria-disabled', String(!run || !isLive(run) || !session.canRun));
    this.#kill.title = run ? '' : buttons.killOff;
  }

  /** @param {Session} session */
  #showProblem({problem, trouble}) {
    const error = problem ?? trouble;
    if (!error) return;
    const {file = this.#source.main, line} = /** @type {{file?: string, line?: number}} */ (error);
    this.problem(error.name === 'NoEntrypoint' ? codeWords.noEntrypoint(file) : line ? codeWords.error(file, line, error.message) : error.message);
  }
}
