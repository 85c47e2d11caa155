// @ts-check
// All that the page knows of runs and of the kernel, in one place. Views read it and hear `change`.
import {RunStore} from './run-store.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {import('../../ui/types.js').KernelState} KernelState */

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../../ui/types.js').Order} Order */
/** @typedef {{at: number, target: 'engine' | 'sandbox', others: number, epoch: number | undefined}} Kill others: running runs beside the shown one */
/** @typedef {{tenant: string, id: string}} Address */

/** @typedef {import('../../ui/types.js').CrashPoint} CrashPoint */

const LISTED = 100; // newest runs that are known at once; the view of all runs reads the others as they come into view

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
  /** @type {CrashPoint | null} where the engine is to be killed */ armed = null;
  /** @type {Set<number>} uids of runs whose deletion can still be undone */ hidden = new Set();
  /** how many runs there are */ total = 0;
  /** whether a run is looked for that is not among the newest */ looking = false;
  #newest = 0;
  checking = false;
  listed = false;
  #ready = false;
  #changed = false;

  /** @param {Kernel} kernel */
  constructor(kernel) {
    super();
    this.#kernel = kernel;
    kernel.addEventListener('state', () => void this.#kernelChanged());
    for (const name of ['rows', 'started', 'deleted']) kernel.addEventListener(name, (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
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
    return this.#runs.newestFirst().filter(({uid}) => !this.hidden.has(uid ?? 0));
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
    this.killed = {at: Date.now(), target, others: 0, epoch: this.kernel.epoch};
    this.#tell();
    try {
      const {interrupted} = await this.#kernel.kill(target, run && {tenant: run.tenant, workflow: run.workflow, id: run.id});
      const others = target === 'engine' ? interrupted - (run?.status === 'running' ? 1 : 0) : this.#beside(run, true);
      if (this.killed) this.killed = {...this.killed, others: Math.max(0, others)};
    } catch (error) {
      this.killed = null;
      this.trouble = /** @type {Error} */ (error);
    }
    this.#tell();
  }

  /** How many runs run beside one, of all or of those that share its sandbox. @param {Run | undefined} run @param {boolean} [sandbox] */
  #beside(run, sandbox = false) {
    return this.#runs.newestFirst().filter((one) => one.status === 'running' && one.uid !== run?.uid
      && (!sandbox || (one.tenant === run?.tenant && one.version === run.version))).length;
  }

  /** Kill the engine when it comes to a point; null takes back what was set. @param {CrashPoint | null} point */
  async arm(point) {
    try {
      if (point) {
        this.armed = point; // the engine may be there before it has answered
        this.#tell();
        await this.#kernel.kill('engine', {at: point});
      } else {
        await this.#kernel.disarm();
        this.armed = null;
      }
      this.#tell();
    } catch (error) {
      this.armed = null;
      this.failed(error);
    }
  }

  /**
   * Ask the engine for something about no run in particular, or about many.
   * @param {string} verb
   * @param {Record<string, unknown>} args
   */
  request(verb, args) {
    return this.#kernel.request(verb, args);
  }

  /** Tell everybody that something has changed which only the page knows. */
  changed() {
    this.#tell();
  }

  /** Name what could not be done. @param {unknown} error */
  failed(error) {
    this.trouble = /** @type {Error} */ (error);
    this.#tell();
  }

  /** Forget errors whose cause is gone. @param {(error: Error | null) => boolean} gone */
  forget(gone) {
    if (gone(this.trouble)) this.trouble = null;
    if (gone(this.problem)) this.problem = null;
    this.#tell();
  }

  /** Know the code of a version that was not read from the engine. @param {{tenant: string, version: string}} of @param {Record<string, string>} files */
  learn({tenant, version}, files) {
    this.#code.set(`${tenant}/${version}`, files);
  }

  async takeOver() {
    await this.#kernel.takeOver?.();
  }

  /**
   * Ask the engine something of the shown run; null when it could not be done.
   * @param {string} verb
   * @param {Record<string, unknown>} [args]
   */
  async ask(verb, args = {}) {
    const run = this.shown?.run;
    if (!run) return null;
    try {
      const answer = await this.#kernel.request(verb, {tenant: run.tenant, workflow: run.workflow, id: run.id, ...args});
      this.trouble = null;
      this.#tell();
      return answer;
    } catch (error) {
      this.failed(error);
      return null;
    }
  }

  /** The bytes that the kernel's database takes. */
  async storage() {
    return /** @type {{bytes: number}} */ (await this.#kernel.request('storage', {}));
  }

  async #kernelChanged() {
    const ready = this.canRun;
    const arrived = ready && !this.#ready;
    this.#ready = ready;
    if (this.armed && !ready) {
      if (!this.killed && this.kernel.stage === 'killed') this.killed = {at: Date.now(), target: 'engine', others: this.#beside(this.shown?.run), epoch: this.kernel.epoch};
      this.armed = null; // it was reached, or died with its engine
    }
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
      const runs = /** @type {Run[]} */ (await this.#kernel.request('runs', {limit: LISTED}));
      for (const run of runs) this.#runs.merge(run, [], []);
      this.total = runs.length < LISTED ? runs.length : await this.#count();
      this.#newest = runs[0]?.uid ?? 0;
      this.listed = true;
      this.dispatchEvent(new Event('listed'));
      await this.#load(true);
    } catch (error) {
      this.trouble = /** @type {Error} */ (error);
      this.#tell();
    }
  }

  async #count() {
    const {counts} = await this.#kernel.request('find_runs', {limit: 0});
    return /** @type {number[]} */ (Object.values(counts)).reduce((sum, n) => sum + n, 0);
  }

  /** A run that is older than those that are known at once. @param {Address} address */
  async #lookUp({tenant, id}) {
    if (!this.listed) return null;
    this.looking = true;
    try {
      const [run] = /** @type {Run[]} */ (await this.#kernel.request('runs', {tenant, id, limit: 1}));
      if (run) this.#runs.merge(run, [], []);
      return run ? this.#runs.get(run) : null;
    } finally {
      this.looking = false;
      this.#tell();
    }
  }

  /** Read the shown run's history and code. @param {boolean} [again] */
  async #load(again = false) {
    const {selected} = this;
    if (!selected || !this.canRun) return;
    try {
      const known = this.shown ?? await this.#lookUp(selected);
      if (!known) return;
      const {tenant, version} = known.run;
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

  /** @param {any} event */
  #heard(event) {
    if (event.event === 'started') {
      this.dueWhileClosed = Number(event.due_while_closed ?? 0);
      if (this.dueWhileClosed) this.dispatchEvent(new Event('due'));
    } else if (event.event === 'deleted') {
      this.#gone(event.run);
    } else if (event.run) {
      if (event.run.uid > this.#newest) {
        this.#newest = event.run.uid;
        this.total += 1;
      }
      const known = this.#runs.merge(event.run, event.rows ?? [], event.ledger ?? []);
      if (event.gap) this.#runs.gap(event.run);
      const since = this.killed?.at ?? 0;
      if (event.rows?.some((/** @type {Row} */ row) => row.kind === 'engine_started' || row.at > since + 1)) this.killed = null;
      if (known === this.shown && !known.whole) void this.#load();
    }
    this.dispatchEvent(new CustomEvent('heard', {detail: event}));
    this.#tell();
  }

  /** @param {Run} run */
  #gone(run) {
    this.total -= 1;
    this.hidden.delete(run.uid ?? 0);
    this.#runs.remove(run);
    if (this.selected?.tenant === run.tenant && this.selected.id === run.id) this.dispatchEvent(new Event('gone'));
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
