// @ts-check
// <workflow-run tenant workflow run>: one run in an output of a notebook. The page's kernel keeps it up, not the notebook's:
// it goes on while a cell computes, and is live again after a reload.
import '../timeline/element.js';
import {errorOf} from '../timeline/details.js';
import {readHistory} from '../timeline/model.js';
import {detailedState} from '../page/run/state.js';
import {h, replace} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {readable} from '../ui/values.js';
import {visible} from '../ui/text.js';
import {runs as names, status, kernel as kernelWords} from '../words/index.js';
import {notebook as words} from '../words/notebook.js';
import {PayloadForm} from './payload-form.js';
import {putStyles, watchTheme} from './look.js';

/** @typedef {import('./runs.js').Runs} Runs */
/** @typedef {import('./runs.js').View} View */
/** @typedef {import('../timeline/element.js').WorkflowTimeline} WorkflowTimeline */

const SECOND = 1000;
const ACTIONS = new Set(['skip', 'send', 'restart']); // what an output offers; all else is in the playground

/**
 * Define the element, once a page.
 * @param {Runs} runs
 * @param {URL} site
 */
export function defineRun(runs, site) {
  if (customElements.get('workflow-run')) return;
  customElements.define('workflow-run', class extends RunCard {
    constructor() {
      super(runs, site);
    }
  });
}

class RunCard extends HTMLElement {
  /** @type {View} */ #view = {history: null, problem: null};
  #leave = () => {};
  #timer = 0;
  /** @type {Error | null} what an act of the reader came to */ #refused = null;
  #timeline = /** @type {WorkflowTimeline} */ (document.createElement('workflow-timeline'));
  #status = h('div', {class: 'status', role: 'status'});
  #link = h('a', {class: 'open', target: '_blank', rel: 'noopener'}, words.inPlayground);
  #form = new PayloadForm((type, payload) => void this.#act('send_event', {type, payload}));
  #end = h('div', {class: 'end'});

  /** @param {Runs} runs @param {URL} site */
  constructor(runs, site) {
    super();
    this.runs = runs;
    this.site = site;
  }

  connectedCallback() {
    if (!this.firstChild) this.#build();
    const unwatch = watchTheme((theme) => this.setAttribute('data-theme', theme));
    const unfollow = this.runs.follow(this.#address, (view) => {
      this.#view = view;
      this.#draw();
    });
    this.#leave = () => {
      unwatch();
      unfollow();
    };
  }

  disconnectedCallback() {
    window.clearTimeout(this.#timer);
    this.#leave();
  }

  get #address() {
    const [tenant, workflow, id] = ['tenant', 'workflow', 'run'].map((name) => this.getAttribute(name) ?? '');
    return {tenant, workflow, id};
  }

  #build() {
    putStyles();
    this.append(h('section', {class: 'card', 'aria-label': words.label},
      h('header', null, this.#status, h('span', {class: 'spacer'}), this.#link), this.#timeline, this.#form.element, this.#end));
    const {tenant, id} = this.#address;
    this.#link.href = new URL(`?${new URLSearchParams({tenant, run: id})}`, this.site).href;
    this.#timeline.addEventListener('workflow-action', (event) => {
      const {kind, key, type, from} = /** @type {CustomEvent} */ (event).detail;
      if (kind === 'skip') void this.#act('skip', {key});
      else if (kind === 'restart') void this.#act('restart', {from});
      else if (kind === 'edit') this.#form.open(type);
      else void this.#act('send_event', {type, payload: null});
    });
    this.#timeline.addEventListener('workflow-copy', (event) => {
      void navigator.clipboard.writeText(/** @type {CustomEvent} */ (event).detail.text);
    });
  }

  /** @param {string} verb @param {object} [args] */
  async #act(verb, args) {
    try {
      await this.runs.act(verb, this.#address, args);
      this.#refused = null;
    } catch (error) {
      this.#refused = /** @type {Error} */ (error);
    }
    this.#draw();
  }

  #draw() {
    window.clearTimeout(this.#timer);
    const {history} = this.#view;
    const now = Date.now();
    const model = history?.rows.length ? readHistory(history.rows, {now, killed: null}) : null;
    this.#timeline.hidden = !model;
    this.#timeline.data = history && model ? {id: history.run.id, rows: history.rows, run: history.run, ledger: history.ledger, actions: ACTIONS} : null;
    replace(this.#status, ...this.#said(model, now));
    replace(this.#end, ...this.#ending());
    if (model?.live) this.#timer = window.setTimeout(() => this.#draw(), SECOND);
  }

  /** @param {import('../timeline/model.js').Model | null} model @param {number} now */
  #said(model, now) {
    const {history, problem} = this.#view;
    if (!history || !model) return [h('span', {class: 'quiet'}, this.#absent(problem))];
    const {name, long} = detailedState(history.run, model, now);
    return [
      h('span', {class: `state tone-${name}`}, icon(name), h('bdi', null, long)),
      h('bdi', {class: 'name'}, visible(names.of(history.run))), h('bdi', {class: 'name'}, visible(history.run.tenant)),
    ];
  }

  /** @param {Error | null} problem */
  #absent(problem) {
    if (problem) return problem.name === 'InstanceNotFound' ? status.elsewhere : problem.message;
    const {stage} = this.runs.kernel.state;
    if (stage === 'failed') return kernelWords.failed;
    return stage === 'python' || stage === 'engine' ? words.starting : status.loading;
  }

  #ending() {
    const run = this.#view.history?.run;
    const parts = [];
    if (this.#refused) parts.push(h('p', {class: 'refused', role: 'alert'}, visible(this.#refused.message)));
    if (run?.status === 'errored' && run.error) parts.push(h('div', {class: 'box'}, ...errorOf(run.error)));
    if (run?.status === 'complete' && run.output !== null) {
      parts.push(h('div', {class: 'output'}, h('span', {class: 'muted'}, words.output), h('pre', {class: 'code'}, visible(readable(run.output)))));
    }
    return parts;
  }
}
