// @ts-check
// The page that leads: it holds the leader lock, runs the engine worker and keeps the sandboxes.
import {addressOf, findAssets} from './assets.js';
import {fromWire, toWire} from './errors.js';
import {Farewell} from './farewell.js';
import {DistantShelf, Shelf} from './kept-store.js';
import {CLOSE_MS, ENGINE_RETRY_MS, REPLACED_MS} from './limits.js';
import {available, gone, hold} from './locks.js';
import {Marker} from './marker.js';
import {namesFor, sessionId} from './names.js';
import {SandboxPool} from './pool.js';
import {unknown} from './protocol.js';
import {loadAssets} from './sandbox-frame.js';

/** @typedef {import('./assets.js').Assets} Assets */
/** @typedef {import('./protocol.js').State} State */
/** @typedef {import('./protocol.js').Lobby} Lobby */
/** @typedef {import('./protocol.js').FromWorker} FromWorker */
/** @typedef {import('./protocol.js').ToWorker} ToWorker */

/** Errors that another start of the engine cannot mend by itself. */
const FINAL = ['Fenced', 'StoreTooNew'];
const TRIES = 3;

/** What a page is told when it wakes up, or is looked at again. @type {[EventTarget, string][]} */
const AWAKE = [[document, 'visibilitychange'], [document, 'resume'], [window, 'pageshow']];

/** A candidate for leadership, and the host of the engine once it leads. */
export class Host {
  /** @type {Worker | null} */ #worker = null;
  /** @type {SandboxPool | null} */ #pool = null;
  /** @type {Assets | null} */ #assets;
  /** @type {State} */ #state = {stage: 'python', bytes: 0, total: 0, storage: 'indexeddb', epoch: 0};
  #waiting = new AbortController();
  #resign = () => {};
  #session = '';
  #failures = 0;
  /** @type {import('./farewell.js').Ended | null} of the engine before this one */ #ended = null;
  #closed = () => {};
  /** A request that the next engine answers before anything else: it makes room. */
  #first = '';
  /** What the engine stores where IndexedDB is denied. */
  #shelf = new Shelf();
  /** @type {import('./protocol.js').Trouble} */ #trouble = {readOnly: false, unstored: 0, erased: false, stored: false, tried: ''};
  /** The database as it was in memory when it was deleted under the engine. @type {Uint8Array | null} */
  #salvage = null;

  /** Told every state of the engine of this page. @type {(state: State) => void} */
  onstate = () => {};
  /** Told the session of an engine that answers. @type {(session: string) => void} */
  onsession = () => {};
  /** Told that another page leads now in the place of this one. @type {() => void} */
  onreplaced = () => {};
  /** Says whether this page knows that the database was deleted. @type {() => boolean} */
  erased = () => false;

  /**
   * @param {URL} base
   * @param {string} database
   * @param {import('./protocol.js').Settings} settings
   * @param {Assets} [assets] of this page's own build; those of the build that is served now where it does not say
   */
  constructor(base, database, settings, assets) {
    this.#assets = assets ?? null;
    this.base = base;
    this.database = database;
    this.settings = settings;
    this.names = namesFor(base, database);
    this.farewell = new Farewell(this.names.farewell);
    this.marker = new Marker(this.names.marker);
    this.lobby = new BroadcastChannel(this.names.lobby);
    this.lobby.onmessage = event => this.#hear(event.data);
  }

  /** Whether this page leads. */
  leading = false;

  /** What a page that follows has ready for its turn. @type {import('./standby.js').Standby | null} */
  standby = null;

  /** Time may have passed without us: what is due is due now, not when the next alarm comes. */
  #look = () => document.hidden || this.#order({kind: 'look'});

  /**
   * Waits for leadership, then starts the engine.
   * @param {boolean} [steal] takes it from a page that does not answer
   */
  async lead(steal = false) {
    try {
      const {signal} = this.#waiting;
      this.#resign = await hold(this.names.leader, {signal, steal, onstolen: () => this.#replaced()});
    } catch {
      return; // closed, or took over, while it waited
    }
    this.leading = true;
    this.#trouble = {...this.#trouble, erased: this.erased(), stored: this.marker.set};
    this.#ended = this.farewell.take();
    this.farewell.watch();
    for (const [target, name] of AWAKE) target.addEventListener(name, this.#look);
    /** @type {Promise<import('./sandbox-frame.js').SandboxAssets> | null} */
    let parts = null;
    this.#pool = new SandboxPool(() => parts ??= this.#find().then(assets => loadAssets(this.base, assets)).catch(error => {
      parts = null;
      throw error;
    }));
    this.#pool.onclosed = (ticket, reason) => this.#order({kind: 'closed', ticket, reason});
    this.#start(steal);
  }

  /** How many unexpected messages this page and its sandboxes' frames refused, by receiver. */
  get refused() {
    return this.#pool?.refused ?? {};
  }

  /** Leads from now on, in the place of a page that does not answer. Its engine may store nothing more. */
  async takeOver() {
    if (this.leading) return this.kill(); // nobody tells us who leads: the database's epoch decides
    this.#waiting.abort();
    this.#waiting = new AbortController();
    await this.lead(true);
  }

  /** Another page has taken over: this one is a candidate again. */
  #replaced() {
    this.leading = false;
    this.farewell.unwatch();
    this.#stop();
    this.#pool?.close();
    this.onreplaced();
    if (!this.#waiting.signal.aborted) void this.lead();
  }

  /** Terminates the engine now, destroys the sandboxes it used, and starts another one. */
  kill() {
    if (!this.leading) return;
    this.#stop();
    this.#failures = 0;
    this.#tell({stage: 'killed', error: undefined});
    this.#start();
  }

  /**
   * Kills the sandboxes of a loader id; the engine learns it and goes on.
   * @param {string} loader
   */
  killSandbox(loader) {
    this.#pool?.kill(loader);
  }

  /** Opens the database again, to write: there may be room now. */
  reopen() {
    if (!this.leading || !this.#trouble.readOnly) return;
    this.#trouble = {...this.#trouble, readOnly: false, unstored: 0};
    this.kill();
  }

  /** @param {string} text of the request that deletes something */
  #makeRoom(text) {
    this.#first = text;
    this.#trouble = {...this.#trouble, tried: text};
    this.reopen();
  }

  /** Ends the engine in order and lets another page lead. */
  async close() {
    this.#waiting.abort();
    const worker = this.#worker;
    if (worker) {
      const ended = new Promise(resolve => {
        this.#closed = () => resolve(undefined);
        setTimeout(resolve, CLOSE_MS);
      });
      this.#order({kind: 'close'});
      await ended;
    }
    this.leading = false;
    this.farewell.unwatch();
    for (const [target, name] of AWAKE) target.removeEventListener(name, this.#look);
    this.#stop();
    this.standby?.close();
    this.#pool?.close();
    this.lobby.close();
    this.#resign();
  }

  /** @param {boolean} [steal] */
  #start(steal = false) {
    const session = this.#session = sessionId();
    this.#tell({stage: 'python', error: undefined});
    if (this.#assets) return this.#run(session, this.#assets, steal);
    this.#find().then(assets => {
      if (session === this.#session) this.#run(session, assets, steal);
    }, error => {
      if (session === this.#session) this.#failed(error);
    });
  }

  /** Has Python ready for when this page leads; only pages that follow need it. */
  async prepare() {
    const {Standby} = await import('./standby.js');
    if (this.leading || this.#waiting.signal.aborted) return;
    this.standby ??= new Standby(this.base, this.names, () => this.#find(), assets => this.#make(assets));
    await this.standby.prepare();
  }

  /** Starts a worker that can become the engine. @param {Assets} assets */
  #make(assets) {
    return new Worker(addressOf(this.base, assets, 'engine-worker.js'), {type: 'module', name: 'engine'});
  }

  /** Finds the files of this page's build, once. */
  async #find() {
    return this.#assets ??= await findAssets(this.base);
  }

  /** @param {string} session @param {Assets} assets @param {boolean} steal */
  #run(session, assets, steal) {
    const worker = this.#worker = this.standby?.take() ?? this.#make(assets);
    // What a terminated worker still had to say is of no interest.
    worker.onmessage = event => {
      if (worker === this.#worker) this.#take(event.data);
    };
    worker.onerror = event => {
      if (worker === this.#worker) this.#failed(new Error(event.message || 'The engine worker did not start.'));
    };
    const {base, database, settings} = this;
    const shelf = DistantShelf.portTo(this.#shelf);
    this.#order({
      kind: 'start', base: base.href, assets, database, session, settings, ended: this.#ended, steal,
      trouble: this.#trouble, salvage: this.#salvage, first: this.#first, shelf, kept: this.#shelf.content,
    }, [shelf]);
  }

  #stop() {
    this.#session = '';
    if (this.#worker) this.#ended = {at: Date.now(), clean: false};
    this.#worker?.terminate();
    this.#worker = null;
    this.#pool?.reset();
  }

  /** @param {FromWorker} message */
  #take(message) {
    switch (message.kind) {
      case 'progress': return this.#tell({stage: message.stage, bytes: message.bytes, total: message.total});
      case 'up': return this.#up(message.facts);
      case 'blocked': return this.#tell({blocked: true});
      case 'room': return this.reopen();
      case 'free': return this.#makeRoom(message.text);
      case 'replaced': return this.#renew();
      case 'cut': return this.kill();
      case 'open': return void this.#open(message.ticket, message.loader, message.port);
      case 'destroy': return this.#pool?.destroy(message.ticket);
      case 'lost': return this.#lost(message);
      case 'closed': return this.#closed();
      default: return unknown(message);
    }
  }

  /** @param {import('./protocol.js').Facts} facts */
  #up(facts) {
    const session = this.#session;
    this.#failures = 0;
    this.#first = '';
    this.#trouble = {...this.#trouble, readOnly: facts.readOnly, erased: facts.erased};
    if (facts.storage === 'indexeddb' && !facts.readOnly) this.marker.put();
    this.#tell({stage: 'ready', blocked: false, ...facts});
    this.onsession(session);
    this.#say({kind: 'session', session});
    // A worker can die although its page lives: out of memory, or an error nobody caught.
    void gone(this.names.session(session)).then(() => {
      if (session === this.#session) this.#failed(new Error('The engine worker ended.'));
    });
  }

  /**
   * @param {number} ticket
   * @param {string} loader
   * @param {MessagePort} port
   */
  async #open(ticket, loader, port) {
    const session = this.#session;
    try {
      await this.#pool?.open(ticket, loader, port);
      if (session === this.#session) this.#order({kind: 'opened', ticket});
    } catch (error) {
      if (session === this.#session) this.#order({kind: 'refused', ticket, message: toWire(error).message});
    }
  }

  /** Other contents are stored: a fresh engine reads them. */
  #renew() {
    this.#stop();
    this.#ended = null; // it ended in order
    this.#trouble = {readOnly: false, unstored: 0, erased: false, stored: true, tried: ''};
    this.#salvage = null;
    this.#start();
  }

  /** @param {Extract<FromWorker, {kind: 'lost'}>} message */
  #lost({error, unstored = 0, image}) {
    if (error.name === 'StorageFullError' && !this.#trouble.readOnly) {
      this.#trouble = {...this.#trouble, readOnly: true, unstored};
      this.#first = '';
      this.#stop();
      return this.#start(); // to read
    }
    if (error.name === 'StoreErased') {
      this.#trouble = {...this.#trouble, erased: true};
      this.#salvage = image ?? null;
    }
    this.#failed(fromWire(error));
  }

  /** @param {Error} error */
  #failed(error) {
    this.#stop();
    const tries = ++this.#failures;
    if (error.name === 'Fenced' && available()) return this.#fenced(error);
    if (FINAL.includes(error.name) || tries > TRIES) return this.#tell({stage: 'failed', error: toWire(error)});
    this.#tell({stage: 'killed', error: toWire(error)});
    setTimeout(() => {
      if (this.leading && !this.#worker && this.#failures === tries) this.#start();
    }, ENGINE_RETRY_MS * 2 ** (tries - 1));
  }

  /** A page that slept learns of the engine that replaced its own from the database first. @param {Error} error */
  #fenced(error) {
    this.#tell({stage: 'killed', error: undefined});
    setTimeout(() => {
      if (this.leading && !this.#worker) this.#tell({stage: 'failed', error: toWire(error)});
    }, REPLACED_MS);
  }

  /** @param {Partial<State>} change */
  #tell(change) {
    this.#state = {...this.#state, ...change};
    this.onstate(this.#state);
    this.#say({kind: 'state', state: this.#state});
  }

  /** @param {Lobby} message */
  #hear(message) {
    if (!this.leading) return;
    switch (message.kind) {
      case 'who': return this.#say({kind: 'state', state: this.#state});
      case 'kill': return message.target === 'engine' ? this.kill() : this.killSandbox(message.loader);
      case 'reopen': return this.reopen();
      case 'session': case 'state': case 'leave': return;
      default: return unknown(message);
    }
  }

  /** @param {Lobby} message */
  #say(message) {
    this.lobby.postMessage(message);
  }

  /** @param {ToWorker} message @param {Transferable[]} [transfer] */
  #order(message, transfer = []) {
    this.#worker?.postMessage(message, transfer);
  }
}
