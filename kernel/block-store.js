// @ts-check
// The IndexedDB half of the block file: a head, a redo log and the checkpointed segments.
// Every change is one readwrite transaction that aborts unless the head is the one this owner wrote last.
import {Fenced, StorageFullError, StoreLost} from './errors.js';

/**
 * @typedef {object} Head
 * @property {number} epoch which owner wrote it
 * @property {number} seq number of the last record or checkpoint
 * @property {{name: string, size: number}[]} files in the order of their numbers
 * @property {{seq: number, sizes: number[]}} base what the segments hold
 * @property {number | null} lastSeen time of the last flush, epoch milliseconds
 * @property {boolean} clean whether the last owner closed in order
 */

/**
 * @typedef {object} Change one flush
 * @property {Head} head
 * @property {Uint8Array | null} record a log record, or null for a checkpoint
 * @property {{key: number, bytes: Uint8Array}[]} segments
 * @property {IDBKeyRange[]} gone segments beyond the end of shrunken files
 */

/** Segment keys are plain numbers (arrays are 1.2-3 times slower): file number x 2^24 + index. */
const FILE_STRIDE = 2 ** 24;
const HEAD = 0;
const STORES = ['head', 'log', 'base', 'alive'];

/**
 * segmentKey returns the key of one segment of one file.
 * @param {number} file
 * @param {number} index
 */
export const segmentKey = (file, index) => file * FILE_STRIDE + index;

/** @param {number} key @returns {[file: number, index: number]} */
export const segmentOf = key => [Math.floor(key / FILE_STRIDE), key % FILE_STRIDE];

/**
 * segmentsFrom returns the range of a file's segments from an index on.
 * @param {number} file
 * @param {number} index
 */
export const segmentsFrom = (file, index) => IDBKeyRange.bound(segmentKey(file, index), segmentKey(file + 1, 0), false, true);

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
  const full = error instanceof DOMException && error.name === 'QuotaExceededError';
  return full ? new StorageFullError() : new StoreLost(`The browser could not ${doing}: ${error}`);
}

/** One owner's hold on the database. */
export class BlockStore {
  /** @type {IDBDatabase} */
  #database;
  /** The durability the browser reports for our transactions; null where it does not say. @type {string | null} */
  durability = null;
  /** When the last owner was last seen alive, epoch milliseconds. @type {number | null} */
  lastSeen = null;

  /** @param {IDBDatabase} database @param {number} epoch @param {Head | undefined} previous */
  constructor(database, epoch, previous) {
    this.#database = database;
    this.epoch = epoch;
    /** What the last owner left. */
    this.previous = previous;
    // Another owner that deletes the database must not wait for us; our next flush then fails as lost.
    database.onversionchange = () => database.close();
  }

  /**
   * Opens the database as its next owner: one transaction takes the epoch and reads everything, so that no flush of
   * an earlier owner can fall in between.
   * @param {string} name
   */
  static async open(name) {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      for (const store of STORES) opening.result.createObjectStore(store);
    };
    const database = await answer(opening);
    const transaction = database.transaction(STORES, 'readwrite', {durability: 'strict'});
    const [heads, log, base, alive] = STORES.map(store => transaction.objectStore(store));
    const done = complete(transaction);
    done.catch(() => {}); // a failed request below reports the same
    /** @type {Head | undefined} */
    const previous = await answer(heads.get(HEAD));
    const epoch = (previous?.epoch ?? 0) + 1;
    /** @type {Head} */
    const empty = {epoch, seq: 0, files: [], base: {seq: 0, sizes: []}, lastSeen: null, clean: false};
    heads.put({...(previous ?? empty), epoch, clean: false}, HEAD);
    const [keys, segments, numbers, records, beat] = await Promise.all([
      answer(base.getAllKeys()), answer(base.getAll()), answer(log.getAllKeys()), answer(log.getAll()),
      answer(alive.get(previous?.epoch ?? 0)),
    ]);
    alive.clear();
    await done;
    const store = new BlockStore(database, epoch, previous);
    store.lastSeen = previous ? Math.max(previous.lastSeen ?? 0, beat ?? 0) || null : null;
    store.durability = transaction.durability ?? null;
    return {store, keys: keys.map(Number), segments, numbers: numbers.map(Number), records};
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
        if (error instanceof Fenced) throw error;
        const meaning = fault(error, 'store a commit');
        if (attempt === 2 || meaning instanceof StorageFullError) throw meaning;
      }
    }
  }

  /** @param {Change} change */
  async #attempt(change) {
    const {head, record, segments, gone} = change;
    const stores = record ? ['head', 'log'] : ['head', 'log', 'base'];
    const transaction = this.#database.transaction(stores, 'readwrite', {durability: 'strict'});
    const done = complete(transaction);
    const heads = transaction.objectStore('head');
    /** @type {'fenced' | 'stored' | null} */
    let verdict = null;
    heads.get(HEAD).onsuccess = event => {
      const found = /** @type {IDBRequest<Head | undefined>} */ (event.target).result;
      if (found?.epoch === head.epoch && found.seq === head.seq - 1) return;
      // An earlier attempt of this very change may have been stored although its outcome never reached us.
      verdict = found?.epoch === head.epoch && found.seq === head.seq ? 'stored' : 'fenced';
      transaction.abort();
    };
    const log = transaction.objectStore('log');
    if (record) log.put(record, head.seq);
    else {
      const base = transaction.objectStore('base');
      for (const {key, bytes} of segments) base.put(bytes, key);
      for (const range of gone) base.delete(range);
      log.delete(IDBKeyRange.upperBound(head.seq));
    }
    heads.put(head, HEAD);
    try {
      await done;
    } catch (error) {
      if (verdict === 'fenced') throw new Fenced();
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

  /** Releases the database. */
  close() {
    this.#database.close();
  }
}
