// @ts-check
// The runs that a list shows, as numbers in order, and as much of each as has been read. New ones wait until they may
// be shown, so that no row moves under a pointer.

/** @typedef {import('../../ui/types.js').Run} Run */

const KEPT = 2_000; // summaries; those out of view longest are read again

export class RunIndex {
  /** @type {number[]} newest first */ #uids = [];
  /** @type {Map<number, number>} */ #places = new Map();
  /** @type {Map<number, Run>} in the order they were last needed */ #runs = new Map();
  /** @type {Set<number>} found since the list was made */ #fresh = new Set();

  get length() {
    return this.#uids.length;
  }

  /** How many new runs wait to be shown. */
  get fresh() {
    return this.#fresh.size;
  }

  /** @returns {readonly number[]} */
  get uids() {
    return this.#uids;
  }

  /** Begin anew with what was found. @param {number[]} uids */
  reset(uids) {
    this.#uids = uids;
    this.#fresh.clear();
    this.#index();
  }

  /** @param {number} place */
  at(place) {
    return this.#uids[place];
  }

  /** @param {number} uid */
  placeOf(uid) {
    return this.#places.get(uid) ?? -1;
  }

  /** What is known of a run. @param {number} uid */
  run(uid) {
    return this.#runs.get(uid) ?? null;
  }

  /** Take what was read. @param {Run[]} runs */
  put(runs) {
    for (const run of runs) this.#keep(run);
  }

  /**
   * The runs of a stretch that have not been read.
   * @param {number} from
   * @param {number} to
   */
  missing(from, to) {
    return this.#uids.slice(from, to).filter((uid) => !this.#runs.has(uid));
  }

  /**
   * Take what the engine told of a run; one that is not in the list waits to be shown if it fits.
   * @param {Run} run
   * @param {boolean} fits
   * @returns {'changed' | 'fresh' | 'other'}
   */
  heard(run, fits) {
    const uid = run.uid ?? 0;
    if (this.#places.has(uid)) {
      this.#keep(run);
      return 'changed';
    }
    if (!fits || this.#fresh.has(uid) || uid < (this.#uids[0] ?? 0)) return 'other';
    this.#fresh.add(uid);
    this.#keep(run);
    return 'fresh';
  }

  /** Put the new runs on top; returns how many rows that are. */
  showFresh() {
    const fresh = [...this.#fresh].sort((a, b) => b - a);
    this.#fresh.clear();
    this.#uids = [...fresh, ...this.#uids];
    this.#index();
    return fresh.length;
  }

  /** Take runs out. @param {ReadonlySet<number>} gone */
  remove(gone) {
    for (const uid of gone) this.#fresh.delete(uid);
    if (![...gone].some((uid) => this.#places.has(uid))) return false;
    this.#uids = this.#uids.filter((uid) => !gone.has(uid));
    this.#index();
    return true;
  }

  #index() {
    this.#places = new Map(this.#uids.map((uid, place) => [uid, place]));
  }

  /** @param {Run} run */
  #keep(run) {
    const uid = run.uid ?? 0;
    this.#runs.delete(uid);
    this.#runs.set(uid, run);
    if (this.#runs.size <= KEPT) return;
    const [oldest] = this.#runs.keys();
    this.#runs.delete(oldest);
  }
}
