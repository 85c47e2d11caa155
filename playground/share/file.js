// @ts-check
// A record as a file that people can read, and the reports that hold one.
import {checked} from './check.js';
import {atMost, ShareError} from './errors.js';
import {parseJson} from './json.js';
import {FILE_BYTES} from './limits.js';
import {decode} from './link.js';
import {withoutSealed} from './sealed.js';

/** @typedef {import('./types.js').Shared} Shared */

const FORMAT = 'dynamic-workflows';
const VERSION = 1;
/** Begins the line of a report that holds its record as a link's text. */
export const REPORT_MARK = 'record: ';
export const SUFFIX = '.workflow';

/** @param {Shared} shared @returns {string} */
export function writeFile(shared) {
  const run = shared.run && withoutSealed(shared.run).history;
  return `${JSON.stringify({format: FORMAT, formatVersion: VERSION, ...shared, run}, null, 1)}\n`;
}

/**
 * Read a file that writeFile wrote, or a report.
 * @param {string} text
 * @returns {Promise<{kind: 'file' | 'report', shared: Shared}>}
 */
export async function readFile(text) {
  atMost('bytes', text.length, FILE_BYTES);
  const start = text.replace(/^\ufeff/, '').trimStart();
  if (start.startsWith('{')) return {kind: 'file', shared: fromJson(start)};
  const mark = new RegExp(`^${REPORT_MARK}(\\S+)\\s*$`, 'm').exec(start);
  if (!mark) throw new ShareError('foreign');
  return {kind: 'report', shared: await decode(mark[1])};
}

/** @param {string} text */
function fromJson(text) {
  const found = /** @type {any} */ (parseJson(text));
  if (found?.format !== FORMAT) throw new ShareError('foreign');
  if (found.formatVersion !== VERSION) throw new ShareError('newer', {format: String(found.formatVersion).slice(0, 20)});
  return checked(found);
}
