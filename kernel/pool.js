// @ts-check
// The sandboxes of a page: warm spares, the ones in use, and a watch over the process they live in.
import {FRAME_PING_MS, FRAME_SILENT_MS, LATE_TICK_MS, REFILL_DELAY_MS, REFILL_RETRY_MS, SPARES} from './limits.js';
import {Refusals} from './refusals.js';
import {SandboxFrame} from './sandbox-frame.js';

/** @typedef {import('./sandbox-frame.js').SandboxAssets} SandboxAssets */
/** @typedef {{frame: SandboxFrame, loader: string}} Used */
/** @typedef {{resolve: (frame: SandboxFrame) => void, reject: (error: unknown) => void}} Waiting */

/** Hands out sandboxes that have never run tenant code, each once. */
export class SandboxPool {
  /** @type {() => Promise<SandboxAssets>} */ #assets;
  /** @type {SandboxFrame[]} */ #spares = [];
  /** @type {Map<number, Used>} by the engine's ticket */ #used = new Map();
  /** @type {Map<number, Waiting>} by ticket, in order of arrival */ #waiting = new Map();
  /** @type {SandboxFrame | null} */ #booting = null;
  /** @type {SandboxFrame | null} the last frame of all, kept for its compiled code until another one is up */ #keeper = null;
  #refilling = false;
  #retry = REFILL_RETRY_MS;
  #closed = false;
  #tick = 0;

  /** What this page refused. */
  refusals = new Refusals();
  /** @param {MessageEvent} event */
  #stranger = event => {
    if (![...this.#frames()].some(frame => frame.sent(event.source))) this.refusals.count('page');
  };

  /** Told when a sandbox in use is gone for a reason of its own. @type {(ticket: number, reason: string) => void} */
  onclosed = () => {};
  /** Told why a sandbox could not be booted. @type {(error: unknown) => void} */
  onfailed = () => {};

  /**
   * @param {() => Promise<SandboxAssets>} assets
   * @param {{spares?: number}} [options]
   */
  constructor(assets, {spares = SPARES} = {}) {
    this.#assets = assets;
    this.spares = spares;
    addEventListener('message', this.#stranger);
    this.#watch(performance.now());
    this.#refill(0);
  }

  /** How many sandboxes wait for work. */
  get idle() {
    return this.#spares.length;
  }

  /** How many sandboxes are in use. */
  get used() {
    return this.#used.size;
  }

  /** How many messages were refused by this page and by the frames it has now, by receiver. */
  get refused() {
    const all = this.refusals.counts;
    for (const {refused} of this.#frames()) for (const [receiver, n] of Object.entries(refused)) all[receiver] = (all[receiver] ?? 0) + n;
    return all;
  }

  /**
   * Gives a sandbox to a loader id and joins it to the engine's port. Rejects when none could be booted.
   * @param {number} ticket the engine's number for it
   * @param {string} loader
   * @param {MessagePort} port
   */
  async open(ticket, loader, port) {
    const frame = this.#spares.shift() ?? await this.#wait(ticket);
    this.#used.set(ticket, {frame, loader});
    frame.connect(port);
    this.#refill(REFILL_DELAY_MS);
  }

  /**
   * Ends a sandbox on the engine's order; nobody is told.
   * @param {number} ticket
   */
  destroy(ticket) {
    const used = this.#used.get(ticket);
    this.#used.delete(ticket);
    this.#waiting.delete(ticket);
    if (used) this.#retire(used.frame);
  }

  /**
   * Ends the sandboxes of a loader id and says so.
   * @param {string} loader
   * @param {string} reason
   */
  kill(loader, reason = 'killed') {
    for (const [ticket, used] of [...this.#used]) if (used.loader === loader) this.#lose(ticket, reason);
  }

  /** Ends every sandbox that may have run tenant code: their engine is gone. */
  reset() {
    this.#waiting.clear();
    for (const ticket of [...this.#used.keys()]) this.destroy(ticket);
  }

  /** Ends everything. */
  close() {
    this.#closed = true;
    clearTimeout(this.#tick);
    removeEventListener('message', this.#stranger);
    for (const frame of this.#frames()) frame.remove();
    this.#used.clear();
    this.#spares.length = 0;
  }

  /** @param {number} ticket @param {string} reason */
  #lose(ticket, reason) {
    this.destroy(ticket);
    this.onclosed(ticket, reason);
  }

  /** @param {number} ticket @returns {Promise<SandboxFrame>} */
  #wait(ticket) {
    return new Promise((resolve, reject) => {
      this.#waiting.set(ticket, {resolve, reject});
      this.#refill(0);
    });
  }

  * #frames() {
    yield* this.#spares;
    for (const {frame} of this.#used.values()) yield frame;
    if (this.#booting) yield this.#booting;
    if (this.#keeper) yield this.#keeper;
  }

  /** @param {SandboxFrame} frame */
  #retire(frame) {
    frame.kill();
    const others = [...this.#frames()].some(other => other !== frame && other !== this.#booting);
    if (others) frame.remove();
    else this.#keeper = frame;
    this.#refill(0);
  }

  /**
   * Boots spares one at a time: two at once only make both slow.
   * @param {number} delay
   */
  #refill(delay) {
    if (this.#refilling || this.#closed || this.#spares.length >= this.spares + this.#waiting.size) return;
    this.#refilling = true;
    setTimeout(() => this.#boot(), this.#waiting.size ? 0 : delay);
  }

  async #boot() {
    let delay = REFILL_DELAY_MS;
    try {
      const assets = await this.#assets();
      if (this.#closed) return;
      const frame = this.#booting = new SandboxFrame(assets);
      frame.onrefused = () => this.refusals.count('page');
      await frame.ready;
      this.#retry = REFILL_RETRY_MS;
      this.#keeper?.remove();
      this.#keeper = null;
      this.#offer(frame);
    } catch (error) {
      this.#booting?.remove();
      delay = this.#retry;
      this.#retry = Math.min(2 * this.#retry, 30_000);
      this.#refuse(error);
    } finally {
      this.#booting = null;
      this.#refilling = false;
    }
    this.#refill(delay);
  }

  /** @param {SandboxFrame} frame */
  #offer(frame) {
    if (this.#closed) return frame.remove();
    for (const [ticket, {resolve}] of this.#waiting) {
      this.#waiting.delete(ticket);
      return resolve(frame);
    }
    this.#spares.push(frame);
  }

  /** @param {unknown} error */
  #refuse(error) {
    for (const {reject} of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.onfailed(error);
  }

  /**
   * Pings the frames. One that stays silent is lost, and so are all others of its process, by the same rule. A round in
   * which our own tick came late proves nothing: then this page was busy or asleep.
   * @param {number} last
   */
  #watch(last) {
    this.#tick = self.setTimeout(() => {
      const now = performance.now();
      const late = now - last > FRAME_PING_MS + LATE_TICK_MS;
      for (const frame of [...this.#frames()]) {
        if (!frame.loaded) continue;
        if (late) frame.heard = now;
        if (now - frame.heard > FRAME_SILENT_MS) this.#drop(frame);
        else frame.ping();
      }
      this.#watch(now);
    }, FRAME_PING_MS);
  }

  /** @param {SandboxFrame} frame */
  #drop(frame) {
    frame.remove();
    this.#spares = this.#spares.filter(spare => spare !== frame);
    if (this.#keeper === frame) this.#keeper = null;
    for (const [ticket, used] of [...this.#used]) if (used.frame === frame) this.#lose(ticket, 'frame lost');
    this.#refill(0);
  }
}
