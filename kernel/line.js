// @ts-check
// A client's connection to whichever engine there is: finds it by its lock, learns of its death by the same lock,
// and says so when it lives but does not answer.
import {DISCOVERY_MS, ENGINE_PING_MS, ENGINE_SILENT_MS, LATE_TICK_MS} from './limits.js';
import {available, gone, held, hold} from './locks.js';
import {freshId} from './names.js';
import {unknown} from './protocol.js';

/** @typedef {import('./names.js').Names} Names */
/** @typedef {import('./protocol.js').State} State */
/** @typedef {import('./protocol.js').Lobby} Lobby */
/** @typedef {import('./protocol.js').ToClient} ToClient */
/** @typedef {Extract<ToClient, {kind: 'welcome'}>} Welcome */
/** @typedef {{kind: 'request', text: string} | {kind: 'storage', id: string, verb: import('./protocol.js').StorageVerb, args: Record<string, any>}} Outgoing */

/** One client's line to the engine. */
export class Line {
  #id = freshId();
  /** @type {BroadcastChannel | null} */ #out = null;
  #session = '';
  #welcome = false;
  #end = new AbortController();
  #heard = performance.now();
  #silent = false;
  #timer = 0;

  /** @type {(welcome: Welcome) => void} */ onwelcome = () => {};
  /** @type {(text: string) => void} */ onreply = () => {};
  /** @type {(message: Extract<ToClient, {kind: 'stored'}>) => void} */ onstored = () => {};
  /** Told to let go of the engine and of what is stored. @type {() => void} */ onleave = () => {};
  /** @type {(text: string) => void} */ onevent = () => {};
  /** Told what the leader says of its engine. @type {(state: State) => void} */ onstate = () => {};
  /** @type {(silent: boolean) => void} */ onsilent = () => {};
  /** @type {() => void} */ onlost = () => {};

  /** @param {Names} names */
  constructor(names) {
    this.names = names;
    this.inbox = new BroadcastChannel(names.client(this.#id));
    this.inbox.onmessage = event => this.#take(event.data);
    this.lobby = new BroadcastChannel(names.lobby);
    this.lobby.onmessage = event => this.#hear(event.data);
    hold(names.client(this.#id), {signal: this.#end.signal}).catch(() => {}); // our own sign of life, for the engine
    this.#watch(performance.now());
  }

  /** Whether an engine has answered us. */
  get joined() {
    return this.#welcome;
  }

  /** Looks for an engine until one is joined. */
  async find() {
    this.announce({kind: 'who'});
    while (!this.#session && !this.#end.signal.aborted) {
      const name = (await held(this.names.sessions)).sort().at(-1);
      if (name) return this.join(name.slice(this.names.sessions.length));
      await new Promise(resolve => setTimeout(resolve, DISCOVERY_MS));
    }
  }

  /**
   * Joins the engine of a session.
   * @param {string} session
   */
  join(session) {
    if (session === this.#session || this.#end.signal.aborted) return;
    this.#leave();
    this.#session = session;
    this.#out = new BroadcastChannel(this.names.session(session));
    this.#heard = performance.now();
    this.#post({kind: 'hello'});
    gone(this.names.session(session), this.#end.signal).then(() => {
      if (session !== this.#session) return;
      this.#leave();
      this.onlost();
      void this.find();
    }, () => {});
  }

  /**
   * Sends a request to the engine that welcomed us; without one nothing is sent, and whoever waits sends it again.
   * @param {Outgoing} message
   */
  send(message) {
    if (this.#welcome) this.#post(message);
  }

  /**
   * Tells everyone in the lobby.
   * @param {Lobby} message
   */
  announce(message) {
    this.lobby.postMessage(message);
  }

  /** Lets go of an engine that has ended: without locks nobody else says so. */
  drop() {
    this.#leave();
  }

  /** Lets go of everything. */
  close() {
    clearTimeout(this.#timer);
    this.#end.abort();
    this.#leave();
    this.inbox.close();
    this.lobby.close();
  }

  #leave() {
    this.#out?.close();
    this.#out = null;
    this.#session = '';
    this.#welcome = false;
    this.#answered();
  }

  /** @param {{kind: 'hello'} | {kind: 'ping'} | Outgoing} message */
  #post(message) {
    this.#out?.postMessage({...message, client: this.#id});
  }

  /** @param {ToClient} message */
  #take(message) {
    this.#answered();
    switch (message.kind) {
      case 'welcome':
        if (message.session !== this.#session) return;
        this.#welcome = true;
        return this.onwelcome(message);
      case 'reply': return this.onreply(message.text);
      case 'stored': return this.onstored(message);
      case 'event': return this.onevent(message.text);
      case 'pong': return;
      default: return unknown(message);
    }
  }

  /** @param {Lobby} message */
  #hear(message) {
    switch (message.kind) {
      case 'session':
        if (available()) this.join(message.session); // else nobody would tell us of its end: each page has its own
        return;
      case 'state':
        if (!this.#session) this.#answered();
        if (!this.#welcome && message.state.stage !== 'ready') this.onstate(message.state);
        return;
      case 'leave': return this.onleave();
      case 'who': case 'kill': case 'reopen': return;
      default: return unknown(message);
    }
  }

  #knock() {
    if (this.#session) this.#post({kind: 'ping'});
    else this.announce({kind: 'who'});
  }

  #answered() {
    this.#heard = performance.now();
    this.#hush(false);
  }

  /** @param {boolean} silent */
  #hush(silent) {
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.onsilent(silent);
  }

  /**
   * Pings the engine while somebody looks, or the page that leads while there is no engine. A round in which our own
   * tick came late proves nothing.
   * @param {number} last
   */
  #watch(last) {
    this.#timer = self.setTimeout(() => {
      const now = performance.now();
      if (now - last > ENGINE_PING_MS + LATE_TICK_MS || document.hidden) this.#heard = now;
      if (now - this.#heard > ENGINE_SILENT_MS) this.#hush(true);
      if (!document.hidden) this.#knock();
      this.#watch(now);
    }, ENGINE_PING_MS);
  }
}
