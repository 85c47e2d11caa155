// @ts-check
// The kernel as front ends see it: one object per page, whether this page leads or another tab does.
import {fromWire, KernelError} from './errors.js';
import {Host} from './host.js';
import {BUDGET_BYTES} from './limits.js';
import {Line} from './line.js';
import {gone, hold} from './locks.js';
import {freshId} from './names.js';
import {askToKeep, quota} from './quota.js';

/** @typedef {import('./protocol.js').State} State */
/** @typedef {import('./assets.js').Assets} Assets */
/** @typedef {{tenant: string, workflow: string, id: string, status?: string}} RunAddress */
/** @typedef {{message: import('./line.js').Outgoing, resolve: (ok: any) => void, reject: (error: Error) => void}} Pending */

/**
 * @typedef {object} Options
 * @property {URL} base address of the site's folder
 * @property {import('./assets.js').Assets} [assets] the kernel's files in the front end's own build
 * @property {number} [worldDelay] milliseconds that an answer of env.WORLD takes
 * @property {number} [clockOffset] milliseconds by which the engine's clock is ahead of the machine's
 * @property {number} [budget] bytes that the database may take
 * @property {string} [database]
 * @property {import('./spare.js').Spare} [spare] caches that go when the runs find no room
 */

const VERSION = 1;

/**
 * openKernel starts Python, here or in the tab that leads, and returns at once.
 * @param {Options} options
 */
export function openKernel(options) {
  return new Kernel(options);
}

/** What somebody is told who asks a page that has let go of its runs. */
const closed = () => new KernelError('The kernel is closed, and a closed one answers nothing. Load the page again.', 'KernelClosed');

/**
 * Events: `state`; `rows`, `started` and `deleted`, whose `detail` is what the engine pushed; `replaced` when another page has
 * taken the lead from this one; `leaving` and `left` when another page erases everything.
 */
export class Kernel extends EventTarget {
  /** @type {State} */ state = {stage: 'python', bytes: 0, total: 0, storage: 'indexeddb', epoch: 0, leads: false};
  /** @type {Map<string, Pending>} by request id */ #pending = new Map();
  /** @type {Set<string>} runs that have a step in flight or could start one */ #running = new Set();
  #closed = false;

  /** @param {Options} options */
  constructor({base, assets, worldDelay = 1500, clockOffset = 0, budget = BUDGET_BYTES, database = 'dynamic-workflows', spare}) {
    super();
    this.host = new Host(base, database, {worldDelay, clockOffset, budget, spare}, assets);
    this.line = new Line(this.host.names);
    this.host.onstate = state => {
      if (state.stage === 'failed') this.line.drop();
      this.#enter(state.stage === 'ready' && !this.line.joined ? {...state, stage: 'engine'} : state);
    };
    this.host.onsession = session => this.line.join(session);
    this.host.onreplaced = () => this.dispatchEvent(new Event('replaced'));
    this.host.erased = () => this.state.erased === true;
    this.line.onstate = state => {
      if (!this.host.leading) this.#enter(state);
    };
    this.line.onwelcome = ({facts, started}) => {
      this.#enter({...this.state, stage: this.host.leading ? 'ready' : 'follower', ...facts, blocked: false, error: undefined});
      if (!this.host.leading) this.host.prepare().catch(() => {}); // without it a hand-over takes longer
      this.#event(started);
      for (const {message} of this.#pending.values()) this.line.send(message);
      void this.#count();
    };
    this.line.onstored = ({id, ok, error}) => this.#settle(id, ok, error);
    this.line.onleave = () => void this.#leave();
    this.line.onreply = text => this.#reply(text);
    this.line.onevent = text => this.#event(text);
    this.line.onsilent = silent => {
      if (silent) this.#enter({...this.state, stage: 'silent'});
      else if (this.state.stage === 'silent' && this.line.joined) this.#enter({...this.state, stage: this.host.leading ? 'ready' : 'follower'});
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
    if (this.#closed) return Promise.reject(closed());
    const id = freshId();
    return this.#ask(id, {kind: 'request', text: JSON.stringify({v: VERSION, id, verb, args})});
  }

  /**
   * Asks the worker that holds the database: its `facts`, another `durability`, a `copy` as a SQLite file, whole, of one
   * `tenant` or of some `runs`, to `merge` the `bytes` of such a file, and for the `salvage`: what was in memory when the database
   * was deleted. Each may be carried out twice without harm.
   * @param {import('./protocol.js').StorageVerb} verb
   * @param {Record<string, any>} [args]
   * @returns {Promise<any>}
   */
  storage(verb, args = {}) {
    if (this.#closed) return Promise.reject(closed());
    const id = freshId();
    return this.#ask(id, {kind: 'storage', id, verb, args});
  }

  /**
   * How many unexpected messages were refused, by receiver: this page, its frames, what workers of sandboxes sent past
   * their ports, the engine worker and its reception; and of the sandboxes' protocol, by the engine.
   * @returns {Promise<Record<string, number>>}
   */
  async refused() {
    const [{messages}, worker] = await Promise.all([this.request('refused'), this.storage('refused')]);
    return {...this.host.refused, ...worker, protocol: messages};
  }

  /** Opens the database again, to write, after the disk was full. */
  reopen() {
    if (this.host.leading) this.host.reopen();
    else this.line.announce({kind: 'reopen'});
  }

  /** Gives up the spare caches for something else of this site that finds no room; says whether there were any. */
  async giveUp() {
    const {giveUp} = await import('./spare.js'); // seldom needed
    const gone = await giveUp(this.host.settings.spare);
    if (gone) this.#enter({...this.state, spared: true});
    return gone;
  }

  /** What the browser allows this site to store, and whether it promises to keep it. */
  quota() {
    return quota();
  }

  /** Asks the browser to keep what is stored. */
  askToKeep() {
    return askToKeep();
  }

  /**
   * Deletes the database. Every page lets go of it first, and has to be loaded anew afterwards.
   * @param {() => Promise<void>} [more] deletes what else the page stores
   */
  async erase(more = async () => {}) {
    const {names} = this.host;
    const alone = this.state.storage === 'memory'; // what other windows hold in memory is theirs
    const {eraseDatabase} = await import('./erase.js'); // seldom needed
    const release = await hold(names.erase);
    try {
      if (!alone) this.line.announce({kind: 'leave'});
      await this.close();
      if (!alone) await eraseDatabase(names);
      await more();
    } finally {
      release();
    }
  }

  /** Another page erases everything: this one stores nothing more and is told when to load anew. */
  async #leave() {
    this.dispatchEvent(new Event('leaving'));
    await this.close();
    await gone(this.host.names.erase);
    this.dispatchEvent(new Event('left'));
  }

  /**
   * @param {string} id
   * @param {import('./line.js').Outgoing} message
   * @returns {Promise<any>}
   */
  #ask(id, message) {
    return new Promise((resolve, reject) => {
      this.#pending.set(id, {message, resolve, reject});
      this.line.send(message);
    });
  }

  /**
   * Kills the engine, or the sandbox that a run's code lives in, now; or the engine when it comes to a crash point.
   * @param {'engine' | 'sandbox'} target
   * @param {RunAddress | {at: import('./crash-points.js').CrashPoint}} [of] the run of a sandbox, the point of an engine
   * @returns {Promise<{interrupted: number}>} how many runs were running; with a point, as soon as it is set
   */
  async kill(target, of) {
    const interrupted = this.#running.size;
    if (target === 'engine') {
      if (of && 'at' in of) {
        await this.storage('crash', {at: of.at});
        return {interrupted: this.#running.size};
      }
      if (this.host.leading) this.host.kill();
      else this.line.announce({kind: 'kill', target});
      return {interrupted};
    }
    if (!of || 'at' in of) throw new TypeError("kill('sandbox', run) needs the run.");
    const {tenant, workflow, id} = of;
    const {loader} = await this.request('sandbox', {tenant, workflow, id});
    if (this.host.leading) this.host.killSandbox(loader);
    else this.line.announce({kind: 'kill', target, loader});
    return {interrupted: 1};
  }

  /** Takes a crash point back that the engine has not come to. */
  async disarm() {
    await this.storage('crash', {at: ''});
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
    for (const {reject} of this.#pending.values()) reject(closed());
    this.#pending.clear();
    await this.host.close();
  }

  /** @param {State} state */
  #enter(state) {
    if (this.#closed) return;
    this.state = {...state, leads: this.host.leading};
    this.dispatchEvent(new CustomEvent('state', {detail: this.state}));
  }

  /** @param {string} text */
  #reply(text) {
    const {id, ok, error} = JSON.parse(text);
    this.#settle(id, ok, error);
  }

  /**
   * @param {string} id
   * @param {any} ok
   * @param {import('./errors.js').WireError} [error]
   */
  #settle(id, ok, error) {
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
      if (detail.event === 'crowd') this.#enter({...this.state, crowd: detail.crowd});
      if (detail.event === 'spared') this.#enter({...this.state, spared: true});
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
