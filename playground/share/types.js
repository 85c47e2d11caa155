// @ts-check
// What is shared, whichever way it travels.

/** @typedef {import('../ui/types.js').History} History */

/**
 * @typedef {object} Shared
 * @property {string} version of the page that wrote it
 * @property {string} tenant whose code it is
 * @property {string} name of the project
 * @property {string} title typed by the sharer
 * @property {string} note typed by the sharer
 * @property {string} main
 * @property {Record<string, string>} files
 * @property {string} payload as it was typed
 * @property {Record<string, string | number | boolean>} settings
 * @property {History | null} run
 * @property {boolean} [unread] there is a run, but this page could not read it
 */

export {};
