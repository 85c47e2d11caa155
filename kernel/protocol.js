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
 * @property {boolean} [readOnly] the disk is full: what is stored can be read, nothing more is stored
 * @property {number} [unstored] steps that found no room
 * @property {boolean} [erased] the database was deleted under an engine before this one, or while there was none
 * @property {number} [salvage] bytes of what was in memory then; 0 when they are gone
 * @property {import('./room.js').Crowd | null} [crowd] what the database takes of the page's memory, once that is much
 * @property {boolean} [spared] the disk was full, and caches were given up so that the engine could go on
 * @property {boolean} [leads] whether the engine lives in this page
 * @property {boolean} [blocked] another tab keeps the database from being opened
 */

/**
 * What clients learn of an engine that welcomes them.
 * @typedef {{epoch: number, storage: Storage, readOnly: boolean, unstored: number, erased: boolean, salvage: number, crowd: import('./room.js').Crowd | null, spared: boolean}} Facts
 */

/**
 * What the worker answers beside the engine's own verbs; bytes travel as they are.
 * @typedef {'facts' | 'durability' | 'salvage' | 'copy' | 'merge' | 'refused' | 'crash' | 'clock'} StorageVerb
 */

/**
 * Settings of the engine.
 * @typedef {object} Settings
 * @property {number} worldDelay milliseconds that an answer of env.WORLD takes
 * @property {number} clockOffset milliseconds by which the engine's clock is ahead of the machine's
 * @property {number} budget bytes that the database may take
 * @property {import('./spare.js').Spare} [spare] caches that are worth less than the database
 */

/**
 * What the page remembers of storage from one engine to the next.
 * @typedef {{readOnly: boolean, unstored: number, erased: boolean, stored: boolean, tried: string}} Trouble `stored`: there was something;
 * `tried`: the last request that was to make room
 */

/**
 * Page to engine worker.
 * @typedef {{kind: 'start', base: string, assets: import('./assets.js').Assets, database: string, session: string, settings: Settings, ended: import('./farewell.js').Ended | null, steal: boolean, trouble: Trouble, salvage: Uint8Array | null, first: string, shelf: MessagePort, kept: import('./block-store.js').Content}
 *   | {kind: 'prepare', base: string, assets: import('./assets.js').Assets}
 *   | {kind: 'opened', ticket: number}
 *   | {kind: 'refused', ticket: number, message: string}
 *   | {kind: 'closed', ticket: number, reason: string}
 *   | {kind: 'look'}
 *   | {kind: 'close'}} ToWorker
 */

/**
 * Engine worker to page. The port of `open` is the sandbox's end.
 * @typedef {{kind: 'progress', stage: 'python' | 'engine', bytes: number, total: number}
 *   | {kind: 'up', facts: Facts}
 *   | {kind: 'blocked'}
 *   | {kind: 'room'}
 *   | {kind: 'free', text: string}
 *   | {kind: 'replaced'}
 *   | {kind: 'cut'}
 *   | {kind: 'open', ticket: number, loader: string, port: MessagePort}
 *   | {kind: 'destroy', ticket: number}
 *   | {kind: 'lost', error: WireError, unstored?: number, image?: Uint8Array}
 *   | {kind: 'closed'}} FromWorker
 */

/**
 * Client to engine, on the channel of the session; JSON text of one request travels as it is.
 * @typedef {{kind: 'hello', client: string}
 *   | {kind: 'request', client: string, text: string}
 *   | {kind: 'storage', client: string, id: string, verb: StorageVerb, args: Record<string, any>}
 *   | {kind: 'ping', client: string}} ToEngine
 */

/**
 * Engine to one client, on the client's channel. One channel for both keeps replies and events in order.
 * @typedef {{kind: 'welcome', session: string, facts: Facts, started: string}
 *   | {kind: 'reply', text: string}
 *   | {kind: 'stored', id: string, ok?: any, error?: WireError}
 *   | {kind: 'event', text: string}
 *   | {kind: 'pong'}} ToClient
 */

/**
 * Everyone, in the lobby.
 * @typedef {{kind: 'session', session: string}
 *   | {kind: 'state', state: State}
 *   | {kind: 'who'}
 *   | {kind: 'reopen'}
 *   | {kind: 'leave'}
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
