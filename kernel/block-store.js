// @ts-check
// The IndexedDB half of the block file: a head, a redo log and the checkpointed segments.
// Every change is one readwrite transaction that aborts unless the head is the one this owner wrote last.
import {Fenced, KernelError, StorageFullError, StoreErased, StoreLost, StoreTooNew} from './errors.js';
import {BLOCKED_MS, RECONNECT_MS, RECONNECTS, RESERVE_BYTES} from './limits.js';

/**
 * @typedef {object} Head
 * @property {number} epoch which owner wrote it
 * @property {number} seq number of the last record or checkpoint
 * @property {{name: string, size: number}[]} files in the order of their numbers
 * @property {{seq: number, sizes: number[]}} base what the segments hold
 * @property {number | null} lastSeen time of the last flush, epoch milliseconds
 * @property {boolean} clean whether the last owner closed in order
 * @property {Durability} [durability] what flushes ask for; strict when it is not said
 */

/** @typedef {'strict' | 'relaxed'} Durability */

/**
 * @typedef {object} Change one flush
 * @property {Head} head
 * @property {Uint8Array | null} record a log record, or null for a checkpoint
 * @property {{key: number, bytes: Uint8Array}[]} segments
 * @property {[from: number, to: number][]} gone keys of segments beyond the end of shrunken files; `to` is not one
 */

/**
 * @typedef {object} Content what a store holds
 * @property {Head | undefined} previous what the last owner left
 * @property {number[]} keys of the segments
 * @property {Uint8Array[]} segments
 * @property {number[]} numbers of the records
 * @property {Uint8Array[]} records
 */

/**
 * @typedef {object} Opening
 * @property {(content: Content) => void} [check] refuses the content by throwing, before anything is written
 * @property {boolean} [readOnly] reads without becoming the owner
 * @property {boolean} [release] gives up the reserve first: room is to be made
 * @property {() => void} [onblocked] told when another tab keeps the browser from opening the database
 */

/** Segment keys are plain numbers (arrays are 1.2-3 times slower): file number x 2^24 + index. */
const FILE_STRIDE = 2 ** 24;
const HEAD = 0;
const PROBE = -1; // no epoch
const RESERVE = -2;
const STORES = ['head', 'log', 'base', 'alive'];

/** Version of this layout; a release that changes it takes the next number, and an older one then refuses to open. */
const LAYOUT = 1;

/**
 * segmentKey returns the key of one segment of one file.
 * @param {number} file
 * @param {number} index
 */
export const segmentKey = (file, index) => file * FILE_STRIDE + index;

/** @param {number} key @returns {[file: number, index: number]} */
export const segmentOf = key => [Math.floor(key / FILE_STRIDE), key % FILE_STRIDE];

/**
 * segmentsFrom returns the keys of a file's segments from an index on, as a range without its end.
 * @param {number} file
 * @param {number} index
 * @returns {[from: number, to: number]}
 */
export const segmentsFrom = (file, index) => [segmentKey(file, index), segmentKey(file + 1, 0)];

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
const answer = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
const complete = transaction => new Promise((resolve, reject) => {
  transaction.oncomplete = () => resolve();
  transaction.onabort = () => reject(transaction.error ?? new DOMException('The transaction was aborted.', 'AbortError'));
});

/**
 * fault names what a failed request or transaction means for the store.
 * @param {unknown} error
 * @param {string} doing
 */
export function fault(error, doing) {
  if (error instanceof KernelError) return error;
  const {name} = /** @type {{name?: string}} */ (error ?? {});
  if (name === 'QuotaExceededError') return new StorageFullError();
  return name === 'VersionError' ? new StoreTooNew() : new StoreLost(`The browser could not ${doing}: ${error}`);
}

/**
 * connect opens the database as it is. Without `create` one that does not exist is not made: it was erased.
 * @param {string} name
 * @param {boolean} create
 * @param {() => void} [onblocked]
 * @returns {Promise<IDBDatabase>}
 */
async function connect(name, create, onblocked = () => {}) {
  const opening = indexedDB.open(name, LAYOUT);
  let erased = false;
  opening.onupgradeneeded = () => {
    if (create) for (const store of STORES) opening.result.createObjectStore(store);
    else {
      erased = true;
      opening.transaction?.abort();
    }
  };
  // A deletion that waits for another tab's connection holds every opening back, and fires no event for it.
  opening.onblocked = onblocked;
  try {
    return await inTime(answer(opening), onblocked);
  } catch (error) {
    throw erased ? new StoreErased() : error;
  }
}

/**
 * Waits, and says when that takes so long that somebody must be in the way.
 * @template T
 * @param {Promise<T>} work
 * @param {() => void} onblocked
 */
async function inTime(work, onblocked) {
  const late = setTimeout(onblocked, BLOCKED_MS);
  try {
    return await work;
  } finally {
    clearTimeout(late);
  }
}

/**
 * reconnect opens the database that we had. While the browser clears a site it closes what is being opened, too.
 * @param {string} name
 * @returns {Promise<IDBDatabase>}
 */
async function reconnect(name) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(name, false);
    } catch (error) {
      if (/** @type {Error} */ (error).name !== 'AbortError' || attempt === RECONNECTS) throw error;
      await new Promise(done => setTimeout(done, RECONNECT_MS));
    }
  }
}

/**
 * Bytes that take the room they say. Zeros do not: browsers compress what they store.
 * @param {number} length
 */
function noise(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536)); // as much as it takes
  return bytes;
}

/** One owner's hold on the database. */
export class BlockStore {
  /** @type {IDBDatabase} */
  #database;
  /** @type {Promise<void> | null} a new connection in place of one that the browser closed */
  #reconnecting = null;
  #closed = false;
  /** Where the data lives. @type {'indexeddb'} */
  kind = 'indexeddb';
  /** What the next flush asks for. @type {Durability} */
  wanted = 'strict';
  /** The durability the browser reports for our last transaction; null where it does not say. @type {string | null} */
  durability = null;
  /** When the last owner was last seen alive, epoch milliseconds. @type {number | null} */
  lastSeen = null;
  /** Told once when the database is gone or belongs to another release. @type {(error: Error) => void} */
  onlost = () => {};

  /** @param {string} name @param {IDBDatabase} database @param {number} epoch @param {Head | undefined} previous */
  constructor(name, database, epoch, previous) {
    this.name = name;
    this.#database = database;
    this.epoch = epoch;
    /** What the last owner left. */
    this.previous = previous;
    this.wanted = previous?.durability ?? 'strict';
    this.#watch(database);
  }

  /**
   * Opens the database as its next owner: one transaction reads everything and takes the epoch, so that no flush of
   * an earlier owner can fall in between.
   * @param {string} name
   * @param {Opening} [opening]
   */
  static async open(name, {check = () => {}, readOnly = false, release = false, onblocked} = {}) {
    const database = await connect(name, true, onblocked);
    if (release) await keep(database, RESERVE, null).catch(() => {}); // the opening says why
    const transaction = database.transaction(STORES, readOnly ? 'readonly' : 'readwrite', {durability: 'strict'});
    const [heads, log, base, alive] = STORES.map(store => transaction.objectStore(store));
    const done = complete(transaction);
    done.catch(() => {}); // a failed request below reports the same
    try {
      /** @type {Head | undefined} */
      const previous = await inTime(answer(heads.get(HEAD)), onblocked ?? (() => {})); // a frozen tab may be storing
      const [keys, segments, numbers, records, beat] = await Promise.all([
        answer(base.getAllKeys()), answer(base.getAll()), answer(log.getAllKeys()), answer(log.getAll()),
        answer(alive.get(previous?.epoch ?? 0)),
      ]);
      const content = {previous, keys: keys.map(Number), segments, numbers: numbers.map(Number), records};
      check(content);
      const epoch = (previous?.epoch ?? 0) + (readOnly ? 0 : 1);
      if (!readOnly) {
        heads.put({...(previous ?? first(epoch)), epoch, clean: false}, HEAD);
        alive.delete(IDBKeyRange.lowerBound(0)); // of other epochs
      }
      await done;
      const store = new BlockStore(name, database, epoch, previous);
      store.lastSeen = previous ? Math.max(previous.lastSeen ?? 0, beat ?? 0) || null : null;
      store.durability = transaction.durability ?? null;
      return {store, content};
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // it has ended already
      }
      database.close();
      throw error;
    }
  }

  /**
   * Stores one flush. Resolves when the browser reported the transaction complete; a failure that says nothing about
   * the outcome is tried once more.
   * @param {Change} change
   */
  async write(change) {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#attempt(change);
        return;
      } catch (error) {
        const meaning = fault(error, 'store a commit');
        if (attempt === 2 || !(meaning.name === 'StoreLost')) throw meaning;
      }
    }
  }

  /** @param {Change} change */
  async #attempt(change) {
    await this.#reconnecting;
    const {head, record, segments, gone} = change;
    const stores = record ? ['head', 'log'] : ['head', 'log', 'base'];
    const transaction = this.#database.transaction(stores, 'readwrite', {durability: this.wanted});
    this.durability = transaction.durability ?? null;
    const done = complete(transaction);
    const heads = transaction.objectStore('head');
    /** @type {'fenced' | 'stored' | 'erased' | null} */
    let verdict = null;
    heads.get(HEAD).onsuccess = event => {
      const found = /** @type {IDBRequest<Head | undefined>} */ (event.target).result;
      if (found?.epoch === head.epoch && found.seq === head.seq - 1) return;
      // An earlier attempt of this very change may have been stored although its outcome never reached us.
      verdict = !found ? 'erased' : found.epoch === head.epoch && found.seq === head.seq ? 'stored' : 'fenced';
      transaction.abort();
    };
    const log = transaction.objectStore('log');
    if (record) log.put(record, head.seq);
    else {
      const base = transaction.objectStore('base');
      for (const {key, bytes} of segments) base.put(bytes, key);
      for (const [from, to] of gone) base.delete(IDBKeyRange.bound(from, to, false, true));
      log.delete(IDBKeyRange.upperBound(head.seq));
    }
    heads.put(head, HEAD);
    try {
      await done;
    } catch (error) {
      if (verdict === 'fenced') throw new Fenced();
      if (verdict === 'erased') throw new StoreErased();
      if (verdict !== 'stored') throw error;
    }
  }

  /**
   * Leaves a sign of life. It need not be durable: it only dates the end of an owner that was busy without storing.
   * @param {number} at epoch milliseconds
   */
  beat(at) {
    try {
      this.#database.transaction('alive', 'readwrite', {durability: 'relaxed'}).objectStore('alive').put(at, this.epoch);
    } catch {
      // The database is going away; the next flush says so.
    }
  }

  /**
   * Whether the browser stores so many bytes more. It is tried, because the browsers' estimates do not say.
   * @param {number} bytes
   */
  async hasRoom(bytes) {
    try {
      for (const value of [noise(bytes), null]) await keep(this.#database, PROBE, value);
      return true;
    } catch {
      return false;
    }
  }

  /** Holds room back for when there is none left, so that something can be deleted then. */
  async reserve() {
    try {
      const held = await answer(this.#database.transaction('alive').objectStore('alive').getKey(RESERVE));
      if (held === undefined) await keep(this.#database, RESERVE, noise(RESERVE_BYTES));
    } catch {
      // there is none, or the database is going away
    }
  }

  /**
   * Takes out what is stored for nothing, in steps each of which leaves the next owner the same contents; it ends at the
   * first that finds no room. Nothing may be flushed meanwhile.
   * @param {Head} head that is stored
   * @param {(content: Pick<Content, 'keys' | 'numbers' | 'records'>) => import('./sweep.js').Sweep} plan
   */
  async sweep(head, plan) {
    try {
      const [base, log] = ['base', 'log'].map(store => this.#database.transaction(['base', 'log']).objectStore(store));
      const [keys, numbers, records] = await Promise.all([answer(base.getAllKeys()), answer(log.getAllKeys()), answer(log.getAll())]);
      const {segments, records: lean} = plan({keys: keys.map(Number), numbers: numbers.map(Number), records});
      await this.#step(head, 'base', store => segments.forEach(key => store.delete(key)));
      for (const {number, bytes} of lean) await this.#step(head, 'log', store => store.put(bytes, number));
    } catch {
      // What is stored is as good as before.
    }
  }

  /** @param {Head} head @param {'base' | 'log'} name @param {(store: IDBObjectStore) => void} change */
  async #step(head, name, change) {
    const transaction = this.#database.transaction(['head', name], 'readwrite', {durability: this.wanted});
    const done = complete(transaction);
    transaction.objectStore('head').get(HEAD).onsuccess = event => {
      const found = /** @type {IDBRequest<Head | undefined>} */ (event.target).result;
      if (found?.epoch === head.epoch && found.seq === head.seq) change(transaction.objectStore(name));
      else transaction.abort();
    };
    await done;
  }

  /** Releases the database. */
  close() {
    this.#closed = true;
    this.#database.close();
  }

  /**
   * The browser closes connections by itself: for a deletion, for an upgrade by a newer release, or when its storage
   * fails. What is stored may well be intact, so the next attempt of a flush goes over a new connection.
   * @param {IDBDatabase} database
   */
  #watch(database) {
    const again = () => {
      if (this.#closed || database !== this.#database) return;
      const connection = this.#reconnecting = reconnect(this.name).then(fresh => {
        this.#database = fresh;
        this.#watch(fresh);
        this.#reconnecting = null;
        if (this.#closed) fresh.close();
      });
      connection.catch(error => {
        if (!this.#closed) this.onlost(fault(error, 'open the database again'));
      });
    };
    database.onclose = again;
    database.onversionchange = () => {
      database.close(); // whoever deletes or upgrades must not wait for us
      again();
    };
  }
}

/**
 * Puts something beside the signs of life, or takes it away.
 * @param {IDBDatabase} database
 * @param {number} key
 * @param {Uint8Array | null} value
 */
async function keep(database, key, value) {
  const transaction = database.transaction('alive', 'readwrite', {durability: 'relaxed'});
  const alive = transaction.objectStore('alive');
  if (value) alive.put(value, key);
  else alive.delete(key);
  await complete(transaction);
}

/** @param {number} epoch @returns {Head} */
export const first = epoch => ({epoch, seq: 0, files: [], base: {seq: 0, sizes: []}, lastSeen: null, clean: false});
