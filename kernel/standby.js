// @ts-check
// The next page in line keeps a worker in which Python has booted, so that a hand-over need not wait for that.
import {STANDBY_DELAY_MS, STANDBY_MEMORY_GB} from './limits.js';
import {hold} from './locks.js';

/** @typedef {import('./names.js').Names} Names */
/** @typedef {import('./assets.js').Assets} Assets */

/** A worker with nothing but Python in it (some 60 MB); one page of all that follow has it. */
export class Standby {
  /** @type {Worker | null} */ #worker = null;
  #end = new AbortController();
  #waits = false;
  #timer = 0;
  #release = () => {};
  /** Whether Python is ready here. */
  booted = false;

  /**
   * @param {URL} base
   * @param {Names} names
   * @param {() => Promise<Assets>} find the files of this page's build
   * @param {(assets: Assets) => Worker} make starts a worker that can become the engine
   */
  constructor(base, names, find, make) {
    this.base = base;
    this.names = names;
    this.find = find;
    this.make = make;
  }

  /** Boots Python when this page is the next one to lead and has had the time to show itself. */
  async prepare() {
    const {deviceMemory = STANDBY_MEMORY_GB} = /** @type {{deviceMemory?: number}} */ (navigator);
    if (this.#waits || this.#worker || deviceMemory < STANDBY_MEMORY_GB) return;
    this.#waits = true;
    const {signal} = this.#end;
    try {
      this.#release = await hold(this.names.standby, {signal});
    } catch {
      return; // it leads now, or is closed
    }
    if (signal.aborted) return this.#release();
    this.#timer = self.setTimeout(() => void this.#boot(signal), STANDBY_DELAY_MS);
  }

  /** @param {AbortSignal} signal */
  async #boot(signal) {
    const assets = await this.find().catch(() => null); // the start of an engine says why
    if (!assets || signal.aborted) return;
    const worker = this.#worker = this.make(assets);
    worker.onmessage = ({data}) => {
      if (worker === this.#worker) this.booted = data.stage === 'engine';
    };
    worker.postMessage({kind: 'prepare', base: this.base.href, assets});
  }

  /** Hands the worker over, if there is one, and lets another page be the next. @returns {Worker | null} */
  take() {
    const worker = this.#worker;
    this.#worker = null;
    this.#waits = this.booted = false;
    clearTimeout(this.#timer);
    this.#end.abort();
    this.#end = new AbortController();
    this.#release();
    this.#release = () => {};
    return worker;
  }

  /** Lets go of everything. */
  close() {
    this.take()?.terminate();
  }
}
