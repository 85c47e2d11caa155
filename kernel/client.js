// @ts-check
// The kernel as front ends see it: one object per page, whether this page leads or another tab does.
import {fromWire, KernelError} from './errors.js';
import {Host} from './host.js';
import {Line} from './line.js';
import {freshId} from './names.js';

/** @typedef {import('./protocol.js').State} State */
/** @typedef {{tenant: string, workflow: string, id: string, status?: string}} RunAddress */
/** @typedef {{text: string, resolve: (ok: any) => void, reject: (error: Error) => void}} Pending */

/**
 * @typedef {object} Options
 * @property {URL} base address of the site's folder
 * @property {number} [worldDelay] milliseconds that an answer of env.WORLD takes
 * @property {string} [database]
 */

const VERSION = 1;

/**
 * openKernel starts Python, here or in the tab that leads, and returns at once.
 * @param {Options} options
 */
export function openKernel(options) {
  return new Kernel(options);
}

/**
 * Events: `state`; `rows` and `started`, whose `detail` is what the engine pushed.
 */
export class Kernel extends EventTarget {
  /** @type {State} */ state = {stage: 'python', bytes: 0, total: 0, storage: 'indexeddb', epoch: 0};
  /** @type {Map<string, Pending>} by request id */ #pending = new Map();
  /** @type {Set<string>} runs that have a step in flight or could start one */ #running = new Set();
  #closed = false;

  /** @param {Options} options */
  constructor({base, worldDelay = 1500, database = 'dynamic-workflows'}) {
    super();
    this.host = new Host(base, database, {worldDelay});
    this.line = new Line(this.host.names);
    this.host.onstate = state => this.#enter(state.stage === 'ready' && !this.line.joined ? {...state, stage: 'engine'} : state);
    this.host.onsession = session => this.line.join(session);
    this.line.onstate = state => {
      if (!this.host.leading) this.#enter(state);
    };
    this.line.onwelcome = ({epoch, storage, started}) => {
      this.#enter({...this.state, stage: this.host.leading ? 'ready' : 'follower', epoch, storage, error: undefined});
      this.#event(started);
      for (const {text} of this.#pending.values()) this.line.send({kind: 'request', text});
      void this.#count();
    };
    this.line.onreply = text => this.#reply(text);
    this.line.onevent = text => this.#event(text);
    this.line.onsilent = silent => {
      if (silent) this.#enter({...this.state, stage: 'silent'});
      else if (this.state.stage === 'silent') this.#enter({...this.state, stage: this.host.leading ? 'ready' : 'follower'});
    };
    this.line.onlost = () => {
      if (!this.host.leading) this.#enter({...this.state, stage: 'killed'});
    };
    void this.host.lead();
    void this.line.find();
  }

  /**
   * Asks the engine. Waits until there is one, and asks the next one the same if this one is gone before it answered:
   * the engine carries out one id once.
   * @param {string} verb
   * @param {Record<string, unknown>} [args]
   * @returns {Promise<any>}
   */
  request(verb, args = {}) {
    if (this.#closed) return Promise.reject(new KernelError('The kernel is closed.', 'KernelClosed'));
    const id = freshId();
    const text = JSON.stringify({v: VERSION, id, verb, args});
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {text, resolve, reject});
      this.line.send({kind: 'request', text});
    });
  }

  /**
   * Kills the engine, or the sandbox that a run's code lives in, now.
   * @param {'engine' | 'sandbox'} target
   * @param {RunAddress} [run]
   * @returns {Promise<{interrupted: number}>} how many runs were running
   */
  async kill(target, run) {
    const interrupted = this.#running.size;
    if (target === 'engine') {
      if (this.host.leading) this.host.kill();
      else this.line.announce({kind: 'kill', target});
      return {interrupted};
    }
    if (!run) throw new TypeError("kill('sandbox', run) needs the run.");
    const {tenant, workflow, id} = run;
    const {loader} = await this.request('sandbox', {tenant, workflow, id});
    if (this.host.leading) this.host.killSandbox(loader);
    else this.line.announce({kind: 'kill', target, loader});
    return {interrupted: 1};
  }

  /** Moves the engine into this page when the tab that has it does not answer. */
  async takeOver() {
    await this.host.takeOver();
  }

  /** Leaves the engine; if it lives in this page, it ends in order and another tab takes over. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    this.line.close();
    for (const {reject} of this.#pending.values()) reject(new KernelError('The kernel is closed.', 'KernelClosed'));
    this.#pending.clear();
    await this.host.close();
  }

  /** @param {State} state */
  #enter(state) {
    if (this.#closed) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', {detail: state}));
  }

  /** @param {string} text */
  #reply(text) {
    const {id, ok, error} = JSON.parse(text);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) pending?.reject(fromWire(error));
    else pending?.resolve(ok);
  }

  /** @param {string} text */
  #event(text) {
    if (!text) return;
    const said = JSON.parse(text);
    for (const detail of said.event === 'batch' ? said.events : [said]) {
      if (detail.run) this.#note(detail.run);
      this.dispatchEvent(new CustomEvent(detail.event, {detail}));
    }
  }

  /** Learns which runs are running, so that a kill can say how many it interrupts. */
  async #count() {
    this.#running.clear();
    const runs = await this.request('runs', {limit: 1000}).catch(() => []);
    for (const run of runs) this.#note(run);
  }

  /** @param {RunAddress} run */
  #note({tenant, workflow, id, status}) {
    const key = JSON.stringify([tenant, workflow, id]);
    if (status === 'running') this.#running.add(key);
    else this.#running.delete(key);
  }
}
