// @ts-check
// SQLite files in memory, durable in IndexedDB. A flush stores what changed in all files since the last one, as one
// record in one transaction: what is stored is always the state at a SQLite transaction boundary, of every file at once.
import {BlockStore, fault, segmentKey, segmentsFrom} from './block-store.js';
import {StorageFullError, StoreLost, StoreTooNew} from './errors.js';
import {KeptStore, Shelf} from './kept-store.js';
import {BLOCK_BYTES, LOG_BYTES, ROOM_BYTES, SEGMENT_BYTES} from './limits.js';
import {encodeRecord, Image, restore} from './redo-record.js';
import {freeBlocks, planSweep} from './sweep.js';
import {TrackedFile} from './tracked-file.js';

/** @typedef {import('./block-store.js').Head} Head */
/** @typedef {import('./block-store.js').Durability} Durability */
/** @typedef {import('./block-store.js').Content} Content */
/** @typedef {import('./tracked-file.js').FileSystem} FileSystem */

/**
 * @typedef {object} Options
 * @property {number} [logBytes] log size that turns the next flush into a checkpoint
 * @property {() => number} [now] epoch milliseconds
 * @property {number} [newest] the highest `user_version` of a SQLite file that this release knows
 * @property {boolean} [readOnly] reads what is stored and stores nothing: every flush is refused as full
 * @property {import('./kept-store.js').Keeper} [keeper] keeps the files where IndexedDB is denied
 * @property {boolean} [tight] there is no room, and this owner is to make some: the reserve is given up, the log is not
 *   rewritten, and what becomes free is given back at once
 * @property {() => Promise<boolean>} [giveUp] deletes what is worth less than the database, and says whether there was any
 * @property {() => void} [onblocked] told when another tab keeps the browser from opening the database
 */

/** The files of one database, owned by one worker. Call flush() only between SQLite transactions. */
export class BlockFile {
  /** @type {FileSystem} */ #FS;
  /** @type {string} */ #directory;
  /** @type {BlockStore | KeptStore | null} null when there is no space even for an empty database */ #store;
  /** @type {TrackedFile[]} */ #files = [];
  #seq = 0;
  #logged = 0;
  /** @type {Head['base']} */ #base = {seq: 0, sizes: []};
  /** @type {Promise<void> | null} the flush in the air */ #flight = null;
  /** @type {Promise<void> | null} the one that starts after it */ #next = null;
  /** @type {Error | null} set once: after a failed flush nothing may be acknowledged any more */ #failed = null;
  #closed = false;
  #always = false;
  /** How many blocks held nothing at the last flush. */ #free = 0;

  /** @type {number} */ epoch = 1;
  /** @type {'new' | 'clean' | 'unclean'} how the last owner ended */ previous = 'new';
  /** @type {number | null} time of the last owner's last flush */ lastSeen = null;
  /** Flushes and checkpoints done, and bytes stored, by this owner. */
  statistics = {flushes: 0, checkpoints: 0, bytes: 0};

  /**
   * @param {FileSystem} FS
   * @param {string} directory
   * @param {BlockStore | KeptStore | null} store
   * @param {Options} options
   */
  constructor(FS, directory, store, {logBytes, now = Date.now, readOnly = false, tight = false, giveUp = nothing} = {}) {
    this.#FS = FS;
    this.#directory = directory;
    this.#store = store;
    this.logBytes = logBytes ?? (tight ? Infinity : LOG_BYTES); // what makes room must not begin by rewriting what is there
    this.tight = tight;
    this.giveUp = giveUp;
    this.now = now;
    /** Whether the disk was full when it was opened: it can be read, and every flush is refused. */
    this.readOnly = readOnly;
    FS.mkdirTree(directory);
  }

  /**
   * Opens the database `name` as its next owner and puts its files into `directory`. Where IndexedDB is denied the
   * files live as long as their keeper, and `storage` says so; where the disk is full they can be read.
   * @param {FileSystem} FS
   * @param {string} directory
   * @param {string} name
   * @param {Options} [options]
   */
  static async open(FS, directory, name, options = {}) {
    /** @type {Image[]} */
    let images = [];
    const check = (/** @type {Content} */ content) => {
      images = content.previous ? restore(content.previous, content) : [];
      for (const {bytes, size} of images) refuseNewer(bytes.subarray(0, size), options.newest);
    };
    const {onblocked, tight: release, giveUp = nothing} = options;
    let {readOnly = false} = options;
    /** @type {{store: BlockStore | KeptStore, content: Content} | null} */
    let opened = null;
    try {
      opened = await withRoom(() => BlockStore.open(name, {check, readOnly, release, onblocked}), giveUp, 'open the database');
    } catch (error) {
      if (denied(error)) opened = KeptStore.open(options.keeper ?? new Shelf(), check);
      else {
        const meaning = fault(error, 'open the database');
        if (!(meaning instanceof StorageFullError)) throw meaning;
        // An owner has to store its epoch first. Without room it reads; what cannot even be made is empty.
        if (!readOnly) opened = await BlockStore.open(name, {check, readOnly: true, onblocked}).catch(() => null);
        readOnly = true;
      }
    }
    const file = new BlockFile(FS, directory, opened?.store ?? null, {...options, readOnly});
    if (opened) file.#load(opened.store, opened.content, images);
    return file;
  }

  /** Where the data lives. @returns {'indexeddb' | 'memory'} */
  get storage() {
    return this.#store?.kind ?? 'indexeddb';
  }

  /** The durability the browser reports; null where it does not say. */
  get durability() {
    return this.#store?.durability ?? null;
  }

  /** Told once when the database is gone or belongs to another release. @param {(error: Error) => void} told */
  set onlost(told) {
    if (this.#store) this.#store.onlost = told;
  }

  /**
   * Asks for another durability from now on, for this owner and the next ones, and resolves with what the browser
   * reports for a transaction that asked for it.
   * @param {Durability} wanted
   */
  async ask(wanted) {
    if (this.#store) this.#store.wanted = wanted;
    await this.flush(true);
    return this.durability;
  }

  /**
   * Puts other contents in place of a file, of which SQLite has no connection open, and stores them as one change.
   * A change that fails leaves the old contents stored, and memory to be dropped.
   * @param {string} name
   * @param {Uint8Array} bytes
   */
  async replace(name, bytes) {
    this.#FS.writeFile(this.file(name), bytes);
    this.#logged = Infinity; // a checkpoint: no record of that size in the log
    await this.flush();
  }

  /** Whether a database that was opened without room could store again. */
  async hasRoom() {
    return this.#store instanceof BlockStore ? this.#store.hasRoom(ROOM_BYTES) : true;
  }

  /** Holds room back for deletions. */
  async reserve() {
    if (this.#store instanceof BlockStore && !this.readOnly) await this.#store.reserve();
  }

  /** Every file's name and contents, copied. */
  contents() {
    return this.#files.map(file => ({name: file.name, bytes: file.bytes(0, file.size).slice()}));
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
   * @param {boolean} [always] stores a head even when no file has changed
   * @returns {Promise<void>}
   */
  flush(always = false) {
    if (this.#closed) return Promise.reject(new StoreLost('The database is closed: this engine stores nothing more. Ask the next one.'));
    this.#always ||= always;
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
    if (!this.#closed && !this.readOnly) this.#store?.beat(this.now());
  }

  /** Stores what is left, marks the end as clean and lets go of the database. */
  async close() {
    if (this.#closed) return;
    await this.#next?.catch(() => {});
    await this.#flight?.catch(() => {});
    try {
      if (!this.readOnly) await this.#start(true);
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
    if (this.readOnly || !this.#store) throw new StorageFullError();
    if (!clean && !this.#always && !this.#files.some(file => file.dirty)) return;
    this.#always = false;
    const change = this.#logged > this.logBytes || this.#changed() > this.logBytes ? this.#checkpoint(clean) : this.#record(clean);
    const extents = this.tight ? this.#extents() : null;
    const store = this.#store;
    try {
      await withRoom(() => store.write(change), this.giveUp, 'store a commit');
    } catch (error) {
      this.#failed = /** @type {Error} */ (error);
      throw error;
    }
    if (extents && store instanceof BlockStore) await store.sweep(change.head, content => planSweep(extents, content));
  }

  /** What is needed of each file as it is now; null when no more of it is free than the last time. */
  #extents() {
    const extents = this.#files.map(file => ({size: file.size, free: freeBlocks(file.bytes(0, file.size))}));
    const free = extents.reduce((sum, extent) => sum + extent.free.size, 0);
    const more = free > this.#free;
    this.#free = free;
    return more ? extents : null;
  }

  /** Bytes that a record would hold. */
  #changed() {
    return this.#files.reduce((sum, file) => sum + file.dirty, 0) * BLOCK_BYTES;
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
      durability: this.#store?.wanted ?? 'strict',
    };
  }

  /**
   * @param {BlockStore | KeptStore} store
   * @param {Content} content
   * @param {Image[]} images
   */
  #load(store, {previous: head, records}, images) {
    this.epoch = store.epoch;
    if (!head) return;
    this.previous = head.clean ? 'clean' : 'unclean';
    this.lastSeen = store.lastSeen;
    this.#seq = head.seq;
    this.#base = head.base;
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

const nothing = async () => false;

/**
 * Does it once more when it found no room and something else could be given up.
 * @template T
 * @param {() => Promise<T>} work
 * @param {() => Promise<boolean>} giveUp
 * @param {string} doing
 */
async function withRoom(work, giveUp, doing) {
  try {
    return await work();
  } catch (error) {
    if (!(fault(error, doing) instanceof StorageFullError) || !await giveUp()) throw error;
    return work();
  }
}

const USER_VERSION = 60; // where SQLite's file format keeps it, big-endian
const SQLITE = 'SQLite format 3\0';

/**
 * @param {Uint8Array} bytes of one file
 * @param {number} [newest]
 */
function refuseNewer(bytes, newest = Infinity) {
  if (bytes.length < 100 || !SQLITE.split('').every((char, i) => bytes[i] === char.charCodeAt(0))) return;
  if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(USER_VERSION) > newest) throw new StoreTooNew();
}

/**
 * Private windows and blocked site data answer in one of these ways; anything else is a fault, not a refusal.
 * @param {unknown} error
 */
function denied(error) {
  if (typeof indexedDB === 'undefined' || indexedDB === null) return true;
  if (!(error instanceof DOMException)) return false;
  return ['SecurityError', 'InvalidStateError', 'NotAllowedError'].includes(error.name)
    || (error.name === 'UnknownError' && /denied permission/.test(error.message)); // Chromium, site data blocked
}
