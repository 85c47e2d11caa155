// @ts-check
// The records that travel between engine and page.

/** @typedef {'queued' | 'running' | 'waiting' | 'paused' | 'waitingForPause' | 'errored' | 'terminated' | 'complete'} Status */

/** @typedef {{name: string, message: string, traceback?: string, module?: string, final?: boolean}} ErrorRecord */

/**
 * @typedef {object} Run
 * @property {number} [uid] what it is called in lists; recorded runs have none
 * @property {string | null} [name] that it was given
 * @property {string} [state] its status, and of one that waits, for what
 * @property {string | null} [awaits] type of the event it waits for
 * @property {string} tenant
 * @property {string} workflow
 * @property {string} id
 * @property {number} number
 * @property {string | null} [entrypoint]
 * @property {string} main
 * @property {string} version
 * @property {Status} status
 * @property {number} created
 * @property {number | null} ended
 * @property {number | null} next_due
 * @property {number} offset
 * @property {number} [seq] of the newest row the summary knows of; recorded runs of before have none
 * @property {string} params
 * @property {string | null} output
 * @property {ErrorRecord | null} error
 */

/**
 * @typedef {object} Row
 * @property {number} pos
 * @property {number} seq
 * @property {number} life
 * @property {number} at
 * @property {string} kind
 * @property {string | null} key
 * @property {number | null} attempt
 * @property {string | null} data
 */

/**
 * @typedef {object} LedgerRow
 * @property {number} pos
 * @property {string} tenant
 * @property {string} workflow
 * @property {string} instance
 * @property {string | null} step
 * @property {number | null} attempt
 * @property {string} method
 * @property {string} args
 * @property {string} kwargs
 * @property {string | null} key
 * @property {{id: string}} receipt
 * @property {number} asked
 * @property {number} done
 * @property {number} at
 */

/**
 * @typedef {object} LogRow
 * @property {number} pos
 * @property {string | null} key of the step it was written in
 * @property {number | null} attempt
 * @property {number} at
 * @property {string} level
 * @property {string} text
 */

/** @typedef {{run: Run, rows: Row[], ledger: LedgerRow[]}} History */

/**
 * @typedef {object} Example
 * @property {string} name
 * @property {string} title
 * @property {string} line
 * @property {string} tenant
 * @property {string} workflow
 * @property {string} main
 * @property {Record<string, string>} files
 * @property {unknown} payload
 * @property {string} story
 * @property {History | null} recorded
 * @property {string} [schedule] cron expression that suits it
 * @property {string} [of] the example that it is another tenant of
 */

/** @typedef {{version: string, build: string, pyodide?: string, publicUrl?: string | null, assets: import('../../kernel/client.js').Assets, api: string, examples: (Example | import('../page/gallery/catalogue.js').Stub)[], gallery: string}} Content */

/**
 * @typedef {object} KernelState
 * @property {'python' | 'engine' | 'ready' | 'follower' | 'killed' | 'silent' | 'failed'} stage
 * @property {number} [bytes]
 * @property {number} [total]
 * @property {{name: string, message: string}} [error]
 * @property {'indexeddb' | 'memory'} [storage]
 * @property {number} [epoch]
 * @property {boolean} [readOnly] the disk is full: what is stored can be read
 * @property {number} [unstored] steps that found no room
 * @property {boolean} [erased] the database was deleted from outside
 * @property {number} [salvage] bytes of what was in memory then; 0 when they are gone
 * @property {{bytes: number, budget: number} | null} [crowd] what the database takes of the page's memory, once that is much
 * @property {boolean} [spared] the disk was full, and what was kept for when there is no network was given up
 * @property {boolean} [leads] whether the engine lives in this page
 * @property {boolean} [blocked] another tab keeps the database from being opened
 */

/** @typedef {keyof typeof import('../words/verbs.js').armed.points} CrashPoint */

/**
 * @typedef {EventTarget & {
 *   state: KernelState,
 *   request(verb: string, args: Record<string, unknown>): Promise<any>,
 *   kill(target: 'engine' | 'sandbox', of?: {tenant: string, workflow: string, id: string} | {at: CrashPoint}): Promise<{interrupted: number}>,
 *   disarm(): Promise<void>,
 *   close(): Promise<void>,
 *   wake?(): void,
 *   takeOver?(): Promise<void>,
 *   giveUp?(): Promise<boolean>,
 *   storage(verb: 'facts' | 'durability' | 'salvage' | 'copy' | 'merge', args?: Record<string, any>): Promise<any>,
 *   reopen(): void,
 *   erase(more: () => Promise<void>): Promise<void>,
 *   quota(): Promise<{usage: number | null, quota: number | null, persisted: boolean | null}>,
 *   askToKeep(): Promise<boolean | null>,
 * }} Kernel
 */

/** @typedef {{tenant: string, files: Record<string, string>, main: string, payload: unknown}} Order */

export {};
