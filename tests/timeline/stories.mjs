// The histories that the engine wrote: `python -m tests.timeline.record` plays them anew.
import {readdirSync, readFileSync} from 'node:fs';

/**
 * @typedef {object} Story
 * @property {number} now
 * @property {import('../../playground/ui/types.js').Run} run
 * @property {import('../../playground/ui/types.js').Row[]} rows
 * @property {import('../../playground/ui/types.js').LedgerRow[]} ledger
 * @property {import('../../playground/ui/types.js').LogRow[]} logs
 */

const folder = new URL('histories/', import.meta.url);

/** @param {URL} file */
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @type {Record<string, Story>} */
export const stories = Object.fromEntries(readdirSync(folder).sort().map((name) => [name.replace('.json', ''), read(new URL(name, folder))]));

/** The run that the page shows before any Python: a kill in flight, recorded in a browser. */
export const recorded = read(new URL('../playground/fixtures/order-recorded.json', import.meta.url));
