// @ts-check
// Where IndexedDB is denied: the same changes, kept by the page, so that a kill of the engine still loses nothing.
// It lasts as long as the page does.
import {first} from './block-store.js';

/** @typedef {import('./block-store.js').Head} Head */
/** @typedef {import('./block-store.js').Change} Change */
/** @typedef {import('./block-store.js').Content} Content */
/** @typedef {import('./block-store.js').Durability} Durability */

/**
 * @typedef {object} Keeper
 * @property {Content} content what is kept now
 * @property {(change: Change) => void | Promise<void>} keep
 */

/** Changes of one database, put together. @implements {Keeper} */
export class Shelf {
  /** @type {Head | undefined} */ #head;
  /** @type {Map<number, Uint8Array>} */ #segments = new Map();
  /** @type {Map<number, Uint8Array>} */ #log = new Map();

  /** What is kept now. @returns {Content} */
  get content() {
    const keys = [...this.#segments.keys()].sort((a, b) => a - b);
    const numbers = [...this.#log.keys()].sort((a, b) => a - b);
    return {
      previous: this.#head,
      keys, segments: keys.map(key => /** @type {Uint8Array} */ (this.#segments.get(key))),
      numbers, records: numbers.map(number => /** @type {Uint8Array} */ (this.#log.get(number))),
    };
  }

  /** @param {Change} change */
  keep({head, record, segments, gone}) {
    if (record) this.#log.set(head.seq, record);
    else {
      for (const {key, bytes} of segments) this.#segments.set(key, bytes);
      for (const [from, to] of gone) {
        for (const key of this.#segments.keys()) if (key >= from && key < to) this.#segments.delete(key);
      }
      this.#log.clear();
    }
    this.#head = head;
  }
}

/** What a worker holds of the shelf that its page keeps. @implements {Keeper} */
export class DistantShelf {
  /** @type {(() => void)[]} changes on their way, oldest first */ #waiting = [];

  /** @param {MessagePort} port @param {Content} content */
  constructor(port, content) {
    this.port = port;
    this.content = content;
    port.onmessage = () => this.#waiting.shift()?.();
  }

  /** @param {Change} change @returns {Promise<void>} */
  keep(change) {
    this.port.postMessage(change);
    return new Promise(kept => this.#waiting.push(kept));
  }

  /**
   * Takes the changes of one worker to a shelf.
   * @param {Shelf} shelf
   * @returns {MessagePort} the worker's end
   */
  static portTo(shelf) {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = ({data}) => {
      shelf.keep(data);
      port1.postMessage('kept');
    };
    return port2;
  }
}

/** One owner's hold on a shelf. It ends with its worker, so there is nobody to fence. */
export class KeptStore {
  /** Where the data lives. @type {'memory'} */
  kind = 'memory';
  /** @type {Durability} */ wanted = 'strict';
  /** @type {string | null} */ durability = null;
  /** @type {number | null} */ lastSeen;
  /** Nothing takes a shelf away. @type {(error: Error) => void} */
  onlost = () => {};

  /** @param {Keeper} keeper @param {Head | undefined} previous */
  constructor(keeper, previous) {
    this.keeper = keeper;
    this.previous = previous;
    this.epoch = (previous?.epoch ?? 0) + 1;
    this.lastSeen = previous?.lastSeen ?? null;
  }

  /**
   * Becomes the next owner of what is kept.
   * @param {Keeper} keeper
   * @param {(content: Content) => void} check
   */
  static open(keeper, check) {
    const {content} = keeper;
    check(content);
    return {store: new KeptStore(keeper, content.previous ?? first(0)), content};
  }

  /** @param {Change} change */
  async write(change) {
    await this.keeper.keep(change);
  }

  beat() {}

  close() {}
}
