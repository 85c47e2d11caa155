// @ts-check
// What the embed and the hidden page with its kernel say to each other, over one MessagePort.

/** The message that hands over the port. */
export const CONNECT = 'dynamic-workflows/connect';
/** What an embed may ask of a kernel. */
export const METHODS = /** @type {const} */ (['request', 'kill', 'disarm', 'takeOver']);
/** What a kernel tells of itself. */
export const EVENTS = /** @type {const} */ (['state', 'rows', 'started', 'deleted']);

/** @typedef {{call: number, method: typeof METHODS[number], args: any[]}} Call */
/** @typedef {{call: number, ok?: any, error?: {name: string, message: string, file?: string, line?: number, column?: number}}} Answer */
/** @typedef {{event: typeof EVENTS[number], detail: any}} Event */

export {};
