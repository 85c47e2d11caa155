// @ts-check
// SQLite files in memory, durable in IndexedDB. A flush stores what changed in all files since the last one, as one
// record in one transaction: what is stored is always the state at a SQLite transaction boundary, of every file at once.
import {BlockStore, fault, segmentKey, segmentsFrom} from './block-store.js';
import {StoreLost} from './errors.js';
import {LOG_BYTES, SEGMENT_BYTES} from './limits.js';
import {encodeRecord, Image, restore} from './redo-record.js';
import {TrackedFile} from './tracked-file.js';

/** @typedef {import('./block-store.js').Head} Head */
/** @typedef {import('./tracked-file.js').FileSystem} FileSystem */

/**
 * @typedef {object} Options
 * @property {number} [logBytes] log size that turns the next flush into a checkpoint
 * @property {() => number} [now] epoch milliseconds
 */

/** The files of one database, owned by one worker. Call flush() only between SQLite transactions. */
export class BlockFile {
  /** @type {FileSystem} */ #FS;
  /** @type {string} */ #directory;
  /** @type {BlockStore | null} null in memory mode */ #store;
  /** @type {TrackedFile[]} */ #files = [];
  #seq = 0;
  #logged = 0;
  /** @type {Head['base']} */ #base = {seq: 0, sizes: []};
  /** @type {Promise<void> | null} the flush in the air */ #flight = null;
  /** @type {Promise<void> | null} the one that starts after it */ #next = null;
  /** @type {Error | null} set once: after a failed flush nothing may be acknowledged any more */ #failed = null;
  #closed = false;

  /** @type {number} */ epoch = 1;
  /** @type {'new' | 'clean' | 'unclean'} how the last owner ended */ previous = 'new';
  /** @type {number | null} time of the last owner's last flush */ lastSeen = null;
  /** Flushes and checkpoints done, and bytes stored, by this owner. */
  statistics = {flushes: 0, checkpoints: 0, bytes: 0};

  /**
   * @param {FileSystem} FS
   * @param {string} directory
   * @param {BlockStore | null} store
   * @param {Options} options
   */
  constructor(FS, directory, store, {logBytes = LOG_BYTES, now = Date.now} = {}) {
    this.#FS = FS;
    this.#directory = directory;
    this.#store = store;
    this.logBytes = logBytes;
    this.now = now;
    FS.mkdirTree(directory);
  }

  /**
   * Opens the database `name` as its next owner and puts its files into `directory`. Where IndexedDB is denied the
   * files live in memory only, and `storage` says so.
   * @param {FileSystem} FS
   * @param {string} directory
   * @param {string} name
   * @param {Options} [options]
   */
  static async open(FS, directory, name, options = {}) {
    let opened;
    try {
      opened = await BlockStore.open(name);
    } catch (error) {
      if (!denied(error)) throw fault(error, 'open the database');
      return new BlockFile(FS, directory, null, options);
    }
    const file = new BlockFile(FS, directory, opened.store, options);
    file.#load(opened);
    return file;
  }

  /** Where the data lives. @returns {'indexeddb' | 'memory'} */
  get storage() {
    return this.#store ? 'indexeddb' : 'memory';
  }

  /** The durability the browser reports; null where it does not say. */
  get durability() {
    return this.#store?.durability ?? null;
  }

  /** Bytes of all files. */
  get size() {
    return this.#files.reduce((sum, file) => sum + file.size, 0);
  }

  /**
   * Returns the path of a file, created empty when it is missing. Open it with SQLite only after this call.
   * @param {string} name
   */
  file(name) {
    const known = this.#files.find(file => file.name === name) ?? this.#add(name, new Image());
    return known.path;
  }

  /**
   * Resolves when everything written before this call is stored. One flush is in the air at a time; calls made
   * meanwhile share the next one.
   * @returns {Promise<void>}
   */
  flush() {
    if (this.#closed) return Promise.reject(new StoreLost('The database is closed.'));
    if (this.#next) return this.#next;
    if (!this.#flight) return this.#start(false);
    const begin = () => {
      this.#next = null;
      return this.#start(false);
    };
    this.#next = this.#flight.then(begin, begin);
    return this.#next;
  }

  /** Notes that this owner is alive, for the `lastSeen` of the next one. */
  beat() {
    if (!this.#closed) this.#store?.beat(this.now());
  }

  /** Stores what is left, marks the end as clean and lets go of the database. */
  async close() {
    if (this.#closed) return;
    await this.#next?.catch(() => {});
    await this.#flight?.catch(() => {});
    try {
      await this.#start(true);
    } finally {
      this.#closed = true;
      this.#store?.close();
    }
  }

  /** @param {boolean} clean */
  #start(clean) {
    const flight = this.#write(clean).finally(() => {
      if (this.#flight === flight) this.#flight = null;
    });
    this.#flight = flight;
    return flight;
  }

  /** @param {boolean} clean */
  async #write(clean) {
    if (this.#failed) throw this.#failed;
    if (!this.#store) return this.#files.forEach(file => file.taken());
    if (!clean && !this.#files.some(file => file.dirty)) return;
    const change = this.#logged > this.logBytes ? this.#checkpoint(clean) : this.#record(clean);
    try {
      await this.#store.write(change);
    } catch (error) {
      this.#failed = /** @type {Error} */ (error);
      throw error;
    }
  }

  /** @param {boolean} clean @returns {import('./block-store.js').Change} */
  #record(clean) {
    const record = encodeRecord(this.#files);
    for (const file of this.#files) file.taken();
    this.#logged += record.length;
    this.statistics.flushes++;
    this.statistics.bytes += record.length;
    return {head: this.#head(clean), record, segments: [], gone: []};
  }

  /** @param {boolean} clean @returns {import('./block-store.js').Change} */
  #checkpoint(clean) {
    const segments = [];
    const gone = [];
    for (const file of this.#files) {
      file.taken();
      for (const index of file.segments) {
        const bytes = file.bytes(index * SEGMENT_BYTES, SEGMENT_BYTES).slice();
        if (bytes.length) segments.push({key: segmentKey(file.number, index), bytes});
        this.statistics.bytes += bytes.length;
      }
      if (file.shrunk) gone.push(segmentsFrom(file.number, Math.ceil(file.size / SEGMENT_BYTES)));
      file.segments.clear();
      file.shrunk = false;
    }
    this.#logged = 0;
    this.#base = {seq: this.#seq + 1, sizes: this.#files.map(file => file.size)};
    this.statistics.checkpoints++;
    return {head: this.#head(clean), record: null, segments, gone};
  }

  /** @param {boolean} clean @returns {Head} */
  #head(clean) {
    return {
      epoch: this.epoch,
      seq: ++this.#seq,
      files: this.#files.map(({name, size}) => ({name, size})),
      base: this.#base,
      lastSeen: this.now(),
      clean,
    };
  }

  /** @param {Awaited<ReturnType<typeof BlockStore.open>>} opened */
  #load({store, keys, segments, numbers, records}) {
    this.epoch = store.epoch;
    const head = store.previous;
    if (!head) return;
    this.previous = head.clean ? 'clean' : 'unclean';
    this.lastSeen = store.lastSeen;
    this.#seq = head.seq;
    this.#base = head.base;
    const images = restore(head, keys, segments, numbers, records);
    this.#logged = records.reduce((sum, record) => sum + record.length, 0);
    head.files.forEach(({name}, number) => this.#add(name, images[number]));
  }

  /**
   * @param {string} name
   * @param {Image} image
   */
  #add(name, image) {
    const file = new TrackedFile(this.#FS, `${this.#directory}/${name}`, this.#files.length, name, image);
    this.#files.push(file);
    return file;
  }
}

/**
 * Private windows and blocked site data answer in one of these ways; anything else is a fault, not a refusal.
 * @param {unknown} error
 */
function denied(error) {
  return typeof indexedDB === 'undefined' || indexedDB === null
    || (error instanceof DOMException && ['SecurityError', 'InvalidStateError', 'NotAllowedError'].includes(error.name));
}
