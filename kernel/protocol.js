// @ts-check
// What pages, the engine worker and its clients say to each other. Plain objects with a `kind`; an unknown kind throws.

/** @typedef {import('./errors.js').WireError} WireError */
/** @typedef {'indexeddb' | 'memory'} Storage */

/**
 * What a front end shows of the kernel.
 * @typedef {object} State
 * @property {'python' | 'engine' | 'ready' | 'follower' | 'killed' | 'silent' | 'failed'} stage
 * @property {number} bytes of Python that have arrived
 * @property {number} total
 * @property {WireError} [error]
 * @property {Storage} storage
 * @property {number} epoch
 */

/**
 * Settings of the engine.
 * @typedef {object} Settings
 * @property {number} worldDelay milliseconds that an answer of env.WORLD takes
 */

/**
 * Page to engine worker.
 * @typedef {{kind: 'start', base: string, database: string, session: string, settings: Settings, ended: import('./farewell.js').Ended | null, steal: boolean}
 *   | {kind: 'opened', ticket: number}
 *   | {kind: 'refused', ticket: number, message: string}
 *   | {kind: 'closed', ticket: number, reason: string}
 *   | {kind: 'close'}} ToWorker
 */

/**
 * Engine worker to page. The port of `open` is the sandbox's end.
 * @typedef {{kind: 'progress', stage: 'python' | 'engine', bytes: number, total: number}
 *   | {kind: 'up', epoch: number, storage: Storage}
 *   | {kind: 'open', ticket: number, loader: string, port: MessagePort}
 *   | {kind: 'destroy', ticket: number}
 *   | {kind: 'lost', error: WireError}
 *   | {kind: 'closed'}} FromWorker
 */

/**
 * Client to engine, on the channel of the session; JSON text of one request travels as it is.
 * @typedef {{kind: 'hello', client: string}
 *   | {kind: 'request', client: string, text: string}
 *   | {kind: 'ping', client: string}} ToEngine
 */

/**
 * Engine to one client, on the client's channel. One channel for both keeps replies and events in order.
 * @typedef {{kind: 'welcome', session: string, epoch: number, storage: Storage, started: string}
 *   | {kind: 'reply', text: string}
 *   | {kind: 'event', text: string}
 *   | {kind: 'pong'}} ToClient
 */

/**
 * Everyone, in the lobby.
 * @typedef {{kind: 'session', session: string}
 *   | {kind: 'state', state: State}
 *   | {kind: 'who'}
 *   | {kind: 'kill', target: 'engine'}
 *   | {kind: 'kill', target: 'sandbox', loader: string}} Lobby
 */

/**
 * unknown is the default of every switch over kinds.
 * @param {never} message
 * @returns {never}
 */
export function unknown(message) {
  throw new TypeError(`unknown message ${JSON.stringify(message)}`);
}
