// @ts-check
// What the page of the dashboards and its worker say to each other.

/**
 * What the build says of where things are, from the site's folder.
 * @typedef {object} Places
 * @property {string} worker
 * @property {string} pyodide the loader
 * @property {string} lock the packages of the site's Python
 * @property {string[]} scripts of Bokeh and Panel, in order
 */

/** @typedef {{kind: 'open', pyodide: string, lock: string, address: string}} Open absolute addresses; `address`: the page's, as JSON */
/** @typedef {{kind: 'shown'}} Shown the document is on the page: changes of it are wanted */
/** @typedef {{kind: 'changed', patch: unknown}} Changed by the reader */
/** @typedef {Open | Shown | Changed} ToWorker */

/** @typedef {'python' | 'packages' | 'dashboards'} Stage */
/** @typedef {{kind: 'stage', stage: Stage}} AtStage what is being loaded */
/** @typedef {{kind: 'document', text: string}} Document what Bokeh embeds, as JSON */
/** @typedef {{kind: 'patch', patch: unknown, buffers: Map<string, ArrayBuffer>}} Patch of the document */
/** @typedef {{kind: 'failed', message: string, loaded: boolean}} Failed `loaded`: Python was there, and its code failed */
/** @typedef {AtStage | Document | Patch | Failed} ToPage */

export {};
