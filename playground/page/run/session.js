// @ts-check
// All that the page knows of runs and of the kernel, in one place. Views read it and hear `change`.
import {RunStore} from './run-store.js';
import {isLive} from './state.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {import('../../ui/types.js').KernelState} KernelState */

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../../ui/types.js').Order} Order */
/** @typedef {{at: number, target: 'engine' | 'sandbox', interrupted: number, epoch: number | undefined}} Kill */
/** @typedef {{tenant: string, id: string}} Address */

const LIVE_READ = 20; // histories read for the list of runs; the rest say only that they wait

export class Session extends EventTarget {
  /** @type {Kernel} */ #kernel;
  #runs = new RunStore();
  /** @type {Order | null} a run that waits for the kernel */ #queued = null;
  /** @type {Address | null} */ selected = null;
  /** @type {Kill | null} */ killed = null;
  /** @type {(Error & {file?: string, line?: number, column?: number}) | null} what kept the last run from starting */ problem = null;
  /** @type {Map<string, Record<string, string>>} code by version */ #code = new Map();
  /** @type {number} */ dueWhileClosed = 0;
  /** @type {Error | null} what the kernel could not do */ trouble = null;
  checking = false;
  listed = false;
  #ready = false;
  #changed = false;

  /** @param {Kernel} kernel */
  constructor(kernel) {
    super();
    this.#kernel = kernel;
    kernel.addEventListener('state', () => void this.#kernelChanged());
    for (const name of ['rows', 'started']) kernel.addEventListener(name, (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
    kernel.addEventListener('deleted', (event) => this.#forget(/** @type {CustomEvent} */ (event).detail.runs));
    queueMicrotask(() => void this.#kernelChanged());
  }

  /** @returns {KernelState} */
  get kernel() {
    return this.#kernel.state;
  }

  get queued() {
    return this.#queued !== null;
  }

  get canRun() {
    return this.kernel.stage === 'ready' || this.kernel.stage === 'follower';
  }

  /** Known runs, newest first. */
  get runs() {
    return this.#runs.newestFirst();
  }

  /** What is known of a run. @param {Address} run */
  history(run) {
    return this.#runs.get(run);
  }

  /** The history that is shown, as far as it is known. */
  get shown() {
    return this.selected ? this.#runs.get(this.selected) : null;
  }

  /** The code the shown run was started with, once it is known. */
  get shownCode() {
    const run = this.shown?.run;
    return run ? this.#code.get(`${run.tenant}/${run.version}`) ?? null : null;
  }

  /**
   * Start a run, or remember to start it when the kernel is ready; a second call takes a remembered one back.
   * @param {Order} order
   */
  async start(order) {
    if (this.checking) return;
    this.problem = null;
    this.trouble = null;
    if (this.#queued) {
      this.#queued = null;
    } else if (this.canRun) {
      await this.#submit(order);
      return;
    } else {
      this.#queued = order;
    }
    this.#tell();
  }

  /** @param {Order} order */
  async #submit(order) {
    this.checking = true;
    this.#tell();
    try {
      const run = /** @type {Run} */ (await this.#kernel.request('run', order));
      this.#code.set(`${run.tenant}/${run.version}`, order.files);
      // What the engine pushed meanwhile is newer than this answer.
      if (!this.#runs.get(run)) this.#runs.merge(run, [], []);
      this.checking = false;
      this.select({tenant: run.tenant, id: run.id});
      this.dispatchEvent(new CustomEvent('started', {detail: run}));
    } catch (error) {
      this.problem = /** @type {Error} */ (error);
    } finally {
      this.checking = false;
      this.#tell();
    }
  }

  /**
   * Show a run; null shows none.
   * @param {Address | null} address
   */
  select(address) {
    this.selected = address;
    this.problem = null;
    this.#tell();
    void this.#load();
  }

  /** @param {'engine' | 'sandbox'} target */
  async kill(target) {
    const run = this.shown?.run;
    this.killed = {at: Date.now(), target, interrupted: 0, epoch: this.kernel.epoch};
    this.#tell();
    try {
      const {interrupted} = await this.#kernel.kill(target, run && {tenant: run.tenant, workflow: run.workflow, id: run.id});
      if (this.killed) this.killed = {...this.killed, interrupted};
    } catch (error) {
      this.killed = null;
      this.trouble = /** @type {Error} */ (error);
    }
    this.#tell();
  }

  /** Move the shown run's own clock to its next due time. */
  async skip() {
    await this.#ask('skip', {});
  }

  /**
   * Send the shown run an event.
   * @param {string} type
   * @param {unknown} payload
   */
  async send(type, payload) {
    await this.#ask('send_event', {type, payload});
  }

  /** Forget errors whose cause is gone. @param {(error: Error | null) => boolean} gone */
  forget(gone) {
    if (gone(this.trouble)) this.trouble = null;
    if (gone(this.problem)) this.problem = null;
    this.#tell();
  }

  async takeOver() {
    await this.#kernel.takeOver?.();
  }

  /** @param {string} verb @param {object} args */
  async #ask(verb, args) {
    const run = this.shown?.run;
    if (!run) return;
    try {
      await this.#kernel.request(verb, {tenant: run.tenant, workflow: run.workflow, id: run.id, ...args});
      this.trouble = null;
    } catch (error) {
      this.trouble = /** @type {Error} */ (error);
    }
    this.#tell();
  }

  /** The bytes that the kernel's database takes. */
  async storage() {
    return /** @type {{bytes: number}} */ (await this.#kernel.request('storage', {}));
  }

  async #kernelChanged() {
    const ready = this.canRun;
    const arrived = ready && !this.#ready;
    this.#ready = ready;
    if (arrived) {
      const order = this.#queued;
      this.#queued = null;
      if (order) void this.#submit(order);
      await this.#list();
    }
    this.#tell();
  }

  /** Ask for everything anew: whatever was missed while the engine was away is in the answers. */
  async #list() {
    try {
      const runs = /** @type {Run[]} */ (await this.#kernel.request('runs', {limit: 100}));
      for (const run of runs) this.#runs.merge(run, [], []);
      this.listed = true;
      this.dispatchEvent(new Event('listed'));
      await this.#load(true);
      await this.#read(runs.filter((run) => isLive(run)).slice(0, LIVE_READ));
    } catch (error) {
      this.trouble = /** @type {Error} */ (error);
      this.#tell();
    }
  }

  /** Read histories, so that a list can say what a run waits for. @param {Run[]} runs */
  async #read(runs) {
    for (const {tenant, workflow, id} of runs) {
      const history = /** @type {History} */ (await this.#kernel.request('history', {tenant, workflow, id}));
      this.#runs.merge(history.run, history.rows, history.ledger).whole = true;
    }
    this.#tell();
  }

  /** Read the shown run's history and code. @param {boolean} [again] */
  async #load(again = false) {
    const known = this.shown;
    if (!known || !this.canRun) return;
    const {tenant, workflow, id, version} = known.run;
    try {
      if ((again || !known.whole) && !known.loading) {
        await this.#complete(known, again ? 0 : known.upTo);
        if (this.killed && this.killed.epoch !== this.kernel.epoch) this.killed = null;
      }
      if (!this.#code.has(`${tenant}/${version}`)) {
        const {files} = await this.#kernel.request('files', {tenant, version});
        this.#code.set(`${tenant}/${version}`, files);
      }
      this.#tell();
    } catch (error) {
      this.trouble = /** @type {Error} */ (error);
      this.#tell();
    }
  }

  /**
   * Read what is missing of a run's history. Rows that were left out of a push meanwhile are read next.
   * @param {import('./run-store.js').Known} known
   * @param {number} after position of the last row that need not be read
   */
  async #complete(known, after) {
    const {tenant, workflow, id} = known.run;
    known.loading = known.whole = true;
    try {
      const history = /** @type {History} */ (await this.#kernel.request('history', {tenant, workflow, id, after}));
      this.#runs.merge(history.run, history.rows, history.ledger);
    } catch (error) {
      Object.assign(known, {whole: false, upTo: after});
      throw error;
    } finally {
      known.loading = false;
    }
    if (!known.whole) await this.#complete(known, known.upTo);
  }

  /** @param {Address[]} runs that were deleted, here or in another tab */
  #forget(runs) {
    for (const run of runs) {
      this.#runs.remove(run);
      if (run.tenant === this.selected?.tenant && run.id === this.selected.id) this.selected = null;
    }
    this.#tell();
  }

  /** @param {any} event */
  #heard(event) {
    if (event.event === 'started') {
      this.dueWhileClosed = Number(event.due_while_closed ?? 0);
      if (this.dueWhileClosed) this.dispatchEvent(new Event('due'));
    } else if (event.run) {
      const known = this.#runs.merge(event.run, event.rows ?? [], event.ledger ?? []);
      if (event.gap) this.#runs.gap(event.run);
      const since = this.killed?.at ?? 0;
      if (event.rows?.some((/** @type {Row} */ row) => row.kind === 'engine_started' || row.at > since + 1)) this.killed = null;
      if (known === this.shown && !known.whole) void this.#load();
    }
    this.#tell();
  }

  /** Many changes of one moment are one event. */
  #tell() {
    if (this.#changed) return;
    this.#changed = true;
    queueMicrotask(() => {
      this.#changed = false;
      this.dispatchEvent(new Event('change'));
    });
  }
}
