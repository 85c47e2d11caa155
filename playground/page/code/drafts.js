// @ts-check
// The reader's text, kept in the page's own database. A write has happened when its transaction is on disk.

const NAME = 'dynamic-workflows-drafts';
const MIRROR = 'dynamic-workflows.draft';
const DELAY = 250; // ms after the last key; the promise is 500
const LONGEST = 450; // ms of typing without a pause before a write is made anyway

/** @typedef {{tenant: string, example: string, text: string, payload: string, at: number}} Draft */

export class Drafts extends EventTarget {
  /** @type {Promise<IDBDatabase | null>} */ #database;
  /** @type {Draft | null} */ #waiting = null;
  #timer = 0;
  #since = 0;
  #writing = 0;
  #stopped = false;

  constructor() {
    super();
    this.#database = open();
    const flush = () => void this.flush();
    document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && flush());
    window.addEventListener('pagehide', flush);
  }

  /**
   * Read what was kept for an example of a tenant.
   * @param {string} tenant
   * @param {string} example
   * @returns {Promise<Draft | null>}
   */
  async read(tenant, example) {
    const waiting = this.#waiting;
    if (waiting && waiting.tenant === tenant && waiting.example === example) return waiting;
    const database = await this.#database;
    if (!database) return null;
    return new Promise((resolve) => {
      const request = database.transaction('drafts').objectStore('drafts').get([tenant, example]);
      request.onsuccess = () => resolve(request.result ?? null);
      request.onerror = () => resolve(null);
    });
  }

  /**
   * Keep a text soon.
   * @param {Draft} draft
   */
  keep(draft) {
    if (this.#stopped) return;
    if (this.#waiting && (this.#waiting.tenant !== draft.tenant || this.#waiting.example !== draft.example)) void this.flush();
    if (!this.#waiting) this.#since = performance.now();
    this.#waiting = draft;
    mirror(draft);
    this.#tell('saving');
    window.clearTimeout(this.#timer);
    const left = LONGEST - (performance.now() - this.#since);
    this.#timer = window.setTimeout(() => void this.flush(), Math.max(0, Math.min(DELAY, left)));
  }

  /** Store nothing more. */
  stop() {
    this.#stopped = true;
    this.#waiting = null;
    window.clearTimeout(this.#timer);
    void this.#database.then((database) => database?.close());
  }

  /** Delete every text that was kept, once it is stopped. @returns {Promise<void>} */
  async erase() {
    await new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(NAME);
      request.onsuccess = () => resolve(undefined);
      request.onerror = () => reject(request.error);
    });
  }

  /** Write what waits, now. */
  async flush() {
    window.clearTimeout(this.#timer);
    const draft = this.#waiting;
    if (!draft) return;
    this.#waiting = null;
    this.#writing += 1;
    const stored = await this.#put('drafts', draft);
    this.#writing -= 1;
    if (!stored) this.#tell('no');
    else if (!this.#waiting && this.#writing === 0) this.#tell('yes');
  }

  /**
   * Set a text aside for ever, before another takes its place.
   * @param {Draft} draft
   */
  async setAside(draft) {
    await this.#put('kept', draft);
  }

  /** @param {'drafts' | 'kept'} store @param {Draft} draft @returns {Promise<boolean>} */
  async #put(store, draft) {
    const database = await this.#database;
    if (!database) return false;
    return new Promise((resolve) => {
      let transaction;
      try {
        transaction = database.transaction(store, 'readwrite', {durability: 'strict'});
      } catch {
        resolve(false); // the browser has closed the database
        return;
      }
      transaction.objectStore(store).put(draft);
      transaction.oncomplete = () => resolve(true);
      transaction.onabort = transaction.onerror = () => resolve(false);
    });
  }

  /** @param {'yes' | 'saving' | 'no'} state */
  #tell(state) {
    this.dispatchEvent(new CustomEvent('saved', {detail: state}));
  }
}

/** @returns {Promise<IDBDatabase | null>} */
function open() {
  return new Promise((resolve) => {
    let request;
    try {
      request = indexedDB.open(NAME, 1);
    } catch {
      resolve(null);
      return;
    }
    request.onupgradeneeded = () => {
      request.result.createObjectStore('drafts', {keyPath: ['tenant', 'example']});
      request.result.createObjectStore('kept', {autoIncrement: true});
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = request.onblocked = () => resolve(null);
  });
}

/** The last text also stands where the page finds it before its first paint. @param {Draft} draft */
function mirror(draft) {
  try {
    localStorage.setItem(MIRROR, JSON.stringify(draft));
  } catch {
    // Too long or denied: the database has it.
  }
}

/** @returns {Draft | null} */
export function mirrored() {
  try {
    const draft = JSON.parse(localStorage.getItem(MIRROR) ?? 'null');
    return draft && typeof draft.text === 'string' ? draft : null;
  } catch {
    return null;
  }
}
