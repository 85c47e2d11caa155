// @ts-check
// The runs that a notebook shows, each followed while it is shown: read once, then kept up by what the engine pushes.
import {RunStore} from '../page/run/run-store.js';

/** @typedef {{tenant: string, workflow: string, id: string}} Address */
/** @typedef {import('../page/run/run-store.js').Known} Known */
/** @typedef {import('../ui/types.js').Kernel} Kernel */
/** @typedef {{history: Known | null, problem: Error | null}} View what is known of a run; neither while it is read */

const ANSWERS = ['ready', 'follower'];

export class Runs {
  /** @type {Map<string, Followed>} by address */ #followed = new Map();

  /** @param {Kernel} kernel */
  constructor(kernel) {
    this.kernel = kernel;
    let answers = false;
    kernel.addEventListener('rows', (event) => {
      const push = /** @type {CustomEvent} */ (event).detail;
      this.#followed.get(keyOf(push.run))?.take(push);
    });
    kernel.addEventListener('state', () => {
      const before = answers;
      answers = ANSWERS.includes(kernel.state.stage);
      for (const run of this.#followed.values()) {
        if (answers && !before) void run.read(); // whatever was missed meanwhile is in the answer
        run.tell();
      }
    });
  }

  /**
   * Follow a run until the returned function is called; `changed` hears what is known of it, from now on.
   * @param {Address} address
   * @param {(view: View) => void} changed
   */
  follow(address, changed) {
    const key = keyOf(address);
    let run = this.#followed.get(key);
    if (!run) {
      run = new Followed(this.kernel, address);
      this.#followed.set(key, run);
      void run.read();
    }
    const {listeners} = run;
    listeners.add(changed);
    changed(run.view);
    return () => {
      listeners.delete(changed);
      if (!listeners.size) this.#followed.delete(key);
    };
  }

  /**
   * Ask the engine to do something with a run.
   * @param {string} verb
   * @param {Address} address
   * @param {object} [args]
   */
  act(verb, address, args = {}) {
    return this.kernel.request(verb, {...address, ...args});
  }
}

class Followed {
  /** @type {Set<(view: View) => void>} */ listeners = new Set();
  /** @type {Error | null} */ #problem = null;
  #store = new RunStore();

  /** @param {Kernel} kernel @param {Address} address */
  constructor(kernel, address) {
    this.kernel = kernel;
    this.address = address;
  }

  /** @returns {View} */
  get view() {
    return {history: this.#store.get(this.address), problem: this.#problem};
  }

  tell() {
    for (const listener of this.listeners) listener(this.view);
  }

  async read() {
    try {
      const {run, rows, ledger} = await this.kernel.request('history', this.address);
      const known = this.#store.merge(run, rows, ledger);
      if (known.rows !== rows && known.rows[0]?.life !== rows[0]?.life) known.rows = rows; // it was restarted
      known.whole = true;
      this.#problem = null;
    } catch (error) {
      this.#problem = /** @type {Error} */ (error);
    }
    this.tell();
  }

  /** @param {any} push */
  take({run, rows = [], ledger = [], gap = false}) {
    const known = this.#store.merge(run, rows, ledger);
    this.#problem = null;
    if (gap || !known.whole) void this.read();
    this.tell();
  }
}

/** @param {Address} address */
function keyOf({tenant, workflow, id}) {
  return JSON.stringify([tenant, workflow, id]);
}
