// @ts-check
// Whether there is room for what only spares the network. Browsers do not say how much there is, so it is tried: the last
// of it is left to the runs.
import {headroomOf, spareOf} from './names.js';

const LEFT_BYTES = 4 << 20; // to the runs: some thousand commits
const GRANT_BYTES = 8 << 20; // cached before it is tried again
const AGAIN_MS = 600_000; // after there was none
const PIECE = 65_536; // as much noise as a browser gives at a time

/** Whether the reader has everything kept that a page without a network needs: not once the runs needed the room. @param {string} scope */
export async function mayKeep(scope) {
  return !await caches.has(spareOf(scope).note);
}

/**
 * Does what fills caches while the room that is left to the runs is taken. Rejects with QuotaExceededError.
 * @template T
 * @param {string} scope
 * @param {() => Promise<T>} work
 * @param {number} [more] bytes that it may fill
 */
export async function withHeadroom(scope, work, more = 0) {
  const name = headroomOf(scope);
  try {
    await (await caches.open(name)).put(new URL('headroom', scope), new Response(noise(LEFT_BYTES + more)));
    return await work();
  } finally {
    await caches.delete(name);
  }
}

/** Gives up what is kept, and notes it. @param {string} scope */
export async function giveUp(scope) {
  const {caches: prefix, note} = spareOf(scope);
  await caches.open(note);
  for (const name of await caches.keys()) if (name.startsWith(prefix) && name !== note) await caches.delete(name);
}

/** Lets single files be cached as long as there is room. */
export class Headroom {
  #granted = 0;
  #refused = -Infinity; // when
  /** @type {Promise<unknown>} */ #line = Promise.resolve();

  /** @param {string} scope */
  constructor(scope) {
    this.scope = scope;
  }

  /** Whether so many bytes more may be cached. @param {number} bytes @returns {Promise<boolean>} */
  take(bytes) {
    const taken = this.#line.then(() => this.#take(bytes));
    this.#line = taken.catch(() => {});
    return taken;
  }

  /** @param {number} bytes */
  async #take(bytes) {
    if (!await mayKeep(this.scope) || performance.now() < this.#refused + AGAIN_MS) return false;
    if (this.#granted < bytes) {
      try {
        await withHeadroom(this.scope, async () => {}, GRANT_BYTES + bytes);
        this.#granted = GRANT_BYTES + bytes;
      } catch {
        this.#refused = performance.now();
        return false;
      }
    }
    this.#granted -= bytes;
    return true;
  }
}

/** Bytes that take the room they say, also where a browser compresses. @param {number} length */
function noise(length) {
  const piece = crypto.getRandomValues(new Uint8Array(PIECE));
  return new Blob(Array.from({length: Math.ceil(length / PIECE)}, () => piece));
}
