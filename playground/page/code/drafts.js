// @ts-check
// What the reader is editing, kept in the page's own database. A write has happened when its transaction is on disk.
import {readDraft, sameKey} from './project.js';

const MIRROR = 'dynamic-workflows.draft';
const MIRROR_CHARACTERS = 100_000; // what is longer costs a key press too much time; it is mirrored with the write
const DELAY = 250; // ms after the last key; the promise is 500
const LONGEST = 450; // ms of typing without a pause before a write is made anyway

/** @typedef {import('./project.js').Draft} Draft */
/** @typedef {import('./project.js').Key} Key */
/** @typedef {import('./database.js').PageDatabase} PageDatabase */

export class Drafts extends EventTarget {
  /** @type {PageDatabase} */ #database;
  /** @type {Draft | null} */ #waiting = null;
  #timer = 0;
  #since = 0;
  #writing = 0;
  #stopped = false;

  /** @param {PageDatabase} database */
  constructor(database) {
    super();
    this.#database = database;
    const flush = () => void this.flush();
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flush());
    window.addEventListener('pagehide', flush);
  }

  /**
   * Read what was kept of a project.
   * @param {Key} key
   * @param {import('../../ui/types.js').Example | null} [example] the one it was made from
   * @returns {Promise<Draft | null>}
   */
  async read({tenant, name}, example = null) {
    if (this.#waiting && sameKey(this.#waiting, {tenant, name})) return this.#waiting;
    return readDraft(await this.#database.get('projects', [tenant, name]), example);
  }

  /** Every kept project as it is stored, newest first. @returns {Promise<any[]>} */
  async list() {
    const waiting = this.#waiting; // of before the question: what is typed meanwhile hides nothing that was kept
    const stored = await this.#database.all('projects');
    const all = waiting ? [...stored.filter((one) => !sameKey(one, waiting)), waiting] : stored;
    return all.sort((one, other) => other.at - one.at);
  }

  /**
   * Keep a project soon.
   * @param {Draft} draft
   */
  keep(draft) {
    if (this.#stopped) return;
    if (this.#waiting && !sameKey(this.#waiting, draft)) void this.flush();
    if (!this.#waiting) this.#since = performance.now();
    this.#waiting = draft;
    if (length(draft) <= MIRROR_CHARACTERS) mirror(draft);
    this.#tell('saving');
    window.clearTimeout(this.#timer);
    const left = LONGEST - (performance.now() - this.#since);
    this.#timer = window.setTimeout(() => void this.flush(), Math.max(0, Math.min(DELAY, left)));
  }

  /** Forget a project. @param {Key} key */
  async remove({tenant, name}) {
    await this.flush();
    const shown = mirrored();
    if (shown && sameKey(shown, {tenant, name})) unmirror();
    await this.#database.write('projects', (projects) => projects.delete([tenant, name]));
  }

  /** Store nothing more. */
  stop() {
    this.#stopped = true;
    this.#waiting = null;
    window.clearTimeout(this.#timer);
    this.#database.close();
  }

  /** Delete everything that was kept, once it is stopped. @returns {Promise<void>} */
  async erase() {
    await this.#database.erase();
  }

  /** Write what waits, now. */
  async flush() {
    window.clearTimeout(this.#timer);
    const draft = this.#waiting;
    if (!draft) return;
    this.#waiting = null;
    if (length(draft) > MIRROR_CHARACTERS) mirror(draft);
    this.#writing += 1;
    const stored = await this.#database.write('projects', (projects) => projects.put(draft));
    this.#writing -= 1;
    if (!stored) this.#tell('no');
    else if (!this.#waiting && this.#writing === 0) this.#tell('yes');
  }

  /** @param {'yes' | 'saving' | 'no'} state */
  #tell(state) {
    this.dispatchEvent(new CustomEvent('saved', {detail: state}));
  }
}

/** @param {Draft} draft */
function length({files, payload}) {
  return Object.values(files).reduce((sum, text) => sum + text.length, payload.length);
}

/** The last draft also stands where the page finds it before its first paint. @param {Draft} draft */
function mirror(draft) {
  try {
    localStorage.setItem(MIRROR, JSON.stringify(draft));
  } catch {
    unmirror(); // too long or denied: the database has it
  }
}

function unmirror() {
  try {
    localStorage.removeItem(MIRROR);
  } catch {
    // Denied: nothing is there.
  }
}

/** @returns {Draft | null} */
export function mirrored() {
  if (document.documentElement.dataset.embed !== undefined) return null; // part of another page: its own text
  try {
    const draft = JSON.parse(localStorage.getItem(MIRROR) ?? 'null');
    return typeof draft?.files?.[draft.open] === 'string' ? draft : null;
  } catch {
    return null;
  }
}
