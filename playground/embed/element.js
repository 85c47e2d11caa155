// @ts-check
// <dynamic-workflow>: code that can be read without a script, its recorded run, and on Run the real thing.
import {Session} from '../page/run/session.js';
import {isLive} from '../page/run/state.js';
import {parsePayload, PayloadError} from '../page/code/payload.js';
import {troubleWords} from '../page/share/trouble.js';
import {ShareError} from '../share/errors.js';
import {encode} from '../share/link.js';
import {docsAreAt} from '../ui/docs.js';
import {h} from '../ui/dom.js';
import {embed as words} from '../words/index.js';
import {EmbedView} from './view.js';
import {FramedKernel} from './kernel.js';
import {sourceOf} from './source.js';
import {styleSheet} from './style.js';

/** @typedef {import('../share/types.js').Shared} Shared */

const LINK_DELAY = 400; // ms after the last key until the link to the playground is written anew

/** @type {FramedKernel | null} one for all embeds of the page */
let kernel = null;

/** The site's folder, from the address of this script. */
const SCRIPT = /** @type {HTMLScriptElement | null} */ (document.currentScript ?? document.querySelector('script[src$="embed.js"]'));
const BASE = new URL('./', SCRIPT?.src || document.baseURI).href;

export class DynamicWorkflow extends HTMLElement {
  static observedAttributes = ['view', 'theme'];
  /** @type {Session | null} */ #session = null;
  /** @type {EmbedView | null} */ #view = null;
  /** @type {Shared | null} */ #source = null;
  #timer = 0;

  connectedCallback() {
    if (this.#view) return;
    // Children may not be parsed yet where this script was there before them.
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', () => void this.#upgrade(), {once: true});
    else void this.#upgrade();
  }

  attributeChangedCallback() {
    this.#view?.arrange(this.getAttribute('view') ?? 'both');
  }

  async #upgrade() {
    if (this.#view || !this.isConnected) return;
    let source;
    try {
      source = await sourceOf(this);
    } catch (error) {
      this.#refuse(error);
      return;
    }
    if (this.#view) return;
    docsAreAt(BASE);
    kernel ??= new FramedKernel(BASE);
    this.#source = source;
    const session = this.#session = new Session(/** @type {any} */ (kernel));
    const view = this.#view = new EmbedView(this, source, {
      run: () => this.#run(), kill: () => void session.kill('engine'), edited: () => this.#edited(),
      ask: (verb, args) => void session.ask(verb, args),
    });
    view.arrange(this.getAttribute('view') ?? 'both');
    view.linkTo(this.getAttribute('href') ?? `${BASE}#${await encode(source)}`);
    session.addEventListener('change', () => view.update(session));
    view.update(session);
  }

  /** Say why it cannot be read; what stands in the element goes on to be shown. @param {unknown} error */
  #refuse(error) {
    if (this.shadowRoot) return;
    const root = this.attachShadow({mode: 'open'});
    root.adoptedStyleSheets = [styleSheet()];
    root.append(h('slot'), h('p', {class: 'problem', role: 'alert'}, error instanceof ShareError && error.reason !== 'foreign' ? troubleWords(error, 'link') : words.noSource));
  }

  /** The project as it is edited. @returns {Shared} */
  get project() {
    if (!this.#source || !this.#view) throw new Error(words.noSource);
    return {...this.#source, files: this.#view.files, payload: this.#view.payload};
  }

  #run() {
    const [session, view] = [this.#session, this.#view];
    if (!session || !view || !kernel) return;
    const {tenant, files, main, payload} = this.project;
    try {
      const order = {tenant, files, main, payload: parsePayload(payload)};
      view.problem('');
      kernel.wake(Number(this.getAttribute('world-delay') ?? this.project.settings.worldDelay ?? 1500));
      void session.start(order);
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      view.problem(error.message);
    }
  }

  #edited() {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      const {run, ...project} = this.project;
      void encode({...project, run: null}).then((text) => this.#view?.linkTo(`${BASE}#${text}`));
    }, LINK_DELAY);
  }

  /** Whether a run of this embed goes on. */
  get running() {
    const run = this.#session?.shown?.run;
    return run !== undefined && isLive(run);
  }

  /** Press Run. */
  run() {
    this.#run();
  }
}
