// @ts-check
// The text being edited: which example of which tenant, its draft, and how it is never lost.
import {mirrored} from './drafts.js';
import {readPrefs, writePrefs} from '../prefs.js';

/** @typedef {import('../../ui/types.js').Example} Example */
/** @typedef {import('./drafts.js').Drafts} Drafts */
/** @typedef {import('./drafts.js').Draft} Draft */
/** @typedef {import('./editor/plain.js').Editor} Editor */

/** @typedef {{tenant: string, example: Example, text: string, payload: string}} Snapshot */

export class Workspace extends EventTarget {
  /** @type {Drafts} */ #drafts;
  /** @type {Example[]} */ #examples;
  #opening = 0;
  #silent = false;

  /**
   * @param {Example[]} examples
   * @param {Drafts} drafts
   * @param {{editor: Editor, payload: HTMLTextAreaElement}} fields
   */
  constructor(examples, drafts, {editor, payload}) {
    super();
    this.#examples = examples;
    this.#drafts = drafts;
    this.editor = editor;
    this.payload = payload;
    const kept = mirrored();
    const query = new URLSearchParams(location.search);
    this.example = this.#named(query.get('example')) ?? this.#of(query.get('tenant')) ?? this.#named(kept?.example ?? null) ?? examples[0];
    this.tenant = query.get('tenant') ?? (query.get('example') ? this.example.tenant : kept?.tenant ?? this.example.tenant);
    payload.value = kept && kept.tenant === this.tenant && kept.example === this.example.name ? kept.payload : pretty(this.example.payload);
    editor.onChange(() => this.#edited());
    payload.addEventListener('input', () => this.#edited());
  }

  get text() {
    return this.editor.text;
  }

  get file() {
    return this.example.main;
  }

  /** The files of a run started now. */
  get files() {
    return {...this.example.files, [this.example.main]: this.text};
  }

  get pristine() {
    return this.text === written(this.example) && this.payload.value === pretty(this.example.payload);
  }

  /** Tenants that have an example, in the order of the examples. */
  get tenants() {
    return [...new Set(this.#examples.map((example) => example.tenant))];
  }

  /** @param {string} name */
  knows(name) {
    return this.#named(name) !== null;
  }

  /**
   * Put the kept text in place, before anything else may write there.
   * @param {{pristine: string, shown: string}} first what the page was delivered with and what its first paint showed
   */
  async restore({pristine, shown}) {
    const turn = ++this.#opening;
    const typed = this.text !== shown;
    const draft = await this.#drafts.read(this.tenant, this.example.name);
    if (turn !== this.#opening) return;
    const own = written(this.example);
    if (!draft) {
      if (shown === pristine && own !== pristine && this.text === shown) this.#show(own, this.payload.value);
      if (this.text !== written(this.example)) this.#edited();
    } else if (!typed && this.text === shown) {
      this.#show(draft.text, draft.payload);
    } else if (draft.text !== shown) {
      await this.#drafts.setAside(draft);
      this.#edited();
      this.dispatchEvent(new CustomEvent('replaced', {detail: {undo: () => this.#put({...this.#snapshot(), text: draft.text})}}));
    } else {
      this.#edited();
    }
    this.dispatchEvent(new Event('opened'));
  }

  /**
   * Open an example as it was written; the text that was there is kept and can be taken back.
   * @param {string} name
   */
  async openExample(name) {
    const example = this.#named(name);
    if (!example) return false;
    const before = this.#snapshot();
    const turn = ++this.#opening;
    await this.#drafts.flush();
    const draft = await this.#drafts.read(example.tenant, example.name);
    if (turn !== this.#opening) return false;
    const fresh = {tenant: example.tenant, example, text: written(example), payload: pretty(example.payload)};
    const lost = draft && (draft.text !== fresh.text || draft.payload !== fresh.payload) ? draft : null;
    if (lost) await this.#drafts.setAside(lost);
    this.#put(fresh);
    if (lost) this.#edited();
    const undo = lost ? {...before, tenant: example.tenant, example, text: lost.text, payload: lost.payload} : before;
    const changed = lost !== null || before.text !== before.example.files[before.example.main];
    if (changed) this.dispatchEvent(new CustomEvent('replaced', {detail: {title: example.title, undo: () => this.#put(undo, true)}}));
    return true;
  }

  /**
   * Go to a tenant, or to an example by its address, with the reader's own text if there is one.
   * @param {{tenant?: string | null, example?: string | null}} to
   */
  async go({tenant, example: name}) {
    const example = this.#named(name ?? null) ?? this.#of(tenant ?? null) ?? this.example;
    const target = tenant ?? example.tenant;
    if (example === this.example && target === this.tenant) return;
    const turn = ++this.#opening;
    await this.#drafts.flush();
    const draft = await this.#drafts.read(target, example.name);
    if (turn !== this.#opening) return;
    this.#put({tenant: target, example, text: draft?.text ?? written(example), payload: draft?.payload ?? pretty(example.payload)});
  }

  /** @param {Snapshot} to @param {boolean} [keep] */
  #put(to, keep = false) {
    this.tenant = to.tenant;
    this.example = to.example;
    writePrefs({examples: {...readPrefs().examples, [to.tenant]: to.example.name}});
    this.#show(to.text, to.payload);
    if (keep) this.#edited();
    this.dispatchEvent(new Event('opened'));
  }

  /** @param {string} text @param {string} payload */
  #show(text, payload) {
    this.#silent = true;
    if (this.editor.text !== text) this.editor.text = text;
    if (this.payload.value !== payload) this.payload.value = payload;
    this.#silent = false;
  }

  /** @returns {Snapshot} */
  #snapshot() {
    return {tenant: this.tenant, example: this.example, text: this.text, payload: this.payload.value};
  }

  #edited() {
    if (this.#silent) return;
    this.#drafts.keep({tenant: this.tenant, example: this.example.name, text: this.text, payload: this.payload.value, at: Date.now()});
    this.dispatchEvent(new Event('edited'));
  }

  /** @param {string | null} name */
  #named(name) {
    return this.#examples.find((example) => example.name === name) ?? null;
  }

  /** The example last open for a tenant, or its first. @param {string | null} tenant */
  #of(tenant) {
    if (!tenant) return null;
    const last = this.#named(readPrefs().examples[tenant] ?? null);
    return last?.tenant === tenant ? last : this.#examples.find((example) => example.tenant === tenant) ?? null;
  }
}

/**
 * The main file of an example as the editor shows it: without the empty line after the last line end.
 * @param {Example} example
 */
export function written({files, main}) {
  return files[main].replace(/\n$/, '');
}

/**
 * A payload on one line, as a reader would type it.
 * @param {unknown} value
 * @returns {string}
 */
export function pretty(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(pretty).join(', ')}]`;
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${pretty(one)}`).join(', ')}}`;
}
