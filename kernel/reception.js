// @ts-check
// Where clients reach the engine: one channel in, one channel out per client, and a watch over who is still there.
import {toWire} from './errors.js';
import {gone} from './locks.js';
import {kindOf} from './refusals.js';

/** @typedef {import('./names.js').Names} Names */
/** @typedef {import('./protocol.js').ToEngine} ToEngine */
/** @typedef {import('./protocol.js').ToClient} ToClient */

/**
 * @typedef {object} Desk the engine's end
 * @property {(text: string, answer: (reply?: string | null) => void) => void} request nothing is answered once the store is lost
 * @property {(verb: import('./protocol.js').StorageVerb, args: Record<string, any>) => Promise<any>} storage
 */

/** Takes requests of clients to the engine, and replies and events to them. */
export class Reception {
  /** @type {Map<string, BroadcastChannel>} */ #clients = new Map();
  #started = '';

  /**
   * @param {Names} names
   * @param {string} session
   * @param {Desk} desk
   * @param {import('./protocol.js').Facts} facts
   * @param {import('./refusals.js').Refusals} refusals
   */
  constructor(names, session, desk, facts, refusals) {
    this.refusals = refusals;
    this.names = names;
    this.session = session;
    this.desk = desk;
    this.facts = facts;
    this.channel = new BroadcastChannel(names.session(session));
    this.channel.onmessage = event => this.#take(event.data);
  }

  /**
   * Tells every client what changed. The first event of a session is kept for clients that come later.
   * @param {string} text
   */
  event(text) {
    this.#started ||= text;
    this.tell(text);
  }

  /** Tells every client that is here now. @param {string} text */
  tell(text) {
    for (const client of this.#clients.keys()) this.#tell(client, {kind: 'event', text});
  }

  /** @param {ToEngine} message */
  #take(message) {
    if (!kindOf(message) || typeof message.client !== 'string') return this.refusals.count('reception');
    const {client} = message;
    switch (message.kind) {
      case 'hello': {
        this.#meet(client);
        const {session, facts} = this;
        return this.#tell(client, {kind: 'welcome', session, facts, started: this.#started});
      }
      case 'request': return this.#ask(client, message.text);
      case 'storage': return void this.#store(client, message);
      case 'ping': return this.#tell(client, {kind: 'pong'});
      default: return this.refusals.count('reception');
    }
  }

  /**
   * @param {string} client
   * @param {string} text
   */
  #ask(client, text) {
    this.desk.request(text, reply => {
      if (reply) this.#tell(client, {kind: 'reply', text: reply});
    });
  }

  /**
   * @param {string} client
   * @param {Extract<ToEngine, {kind: 'storage'}>} message
   */
  async #store(client, {id, verb, args}) {
    try {
      this.#tell(client, {kind: 'stored', id, ok: await this.desk.storage(verb, args)});
    } catch (error) {
      this.#tell(client, {kind: 'stored', id, error: toWire(error)});
    }
  }

  /** @param {string} client */
  #meet(client) {
    if (this.#clients.has(client)) return;
    const channel = new BroadcastChannel(this.names.client(client));
    this.#clients.set(client, channel);
    void gone(this.names.client(client)).then(() => {
      this.#clients.delete(client);
      channel.close();
    });
  }

  /**
   * @param {string} client
   * @param {ToClient} message
   */
  #tell(client, message) {
    this.#clients.get(client)?.postMessage(message);
  }
}
