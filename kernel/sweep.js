// @ts-check
// What a database is stored for nothing: pages that SQLite has free, and blocks that a later record holds again. Taking
// them out gives the browser its room back at once. A checkpoint does that too, but on a full disk it finds no room first.
import {segmentOf} from './block-store.js';
import {BLOCK_BYTES, SEGMENT_BYTES} from './limits.js';
import {blocksOf, leaner} from './redo-record.js';

/**
 * @typedef {object} Extent what is needed of one file, as it is stored
 * @property {number} size bytes
 * @property {Set<number>} free blocks that hold nothing
 */

/**
 * @typedef {object} Sweep
 * @property {number[]} segments keys of those that hold nothing
 * @property {{number: number, bytes: Uint8Array}[]} records that take the place of larger ones, the smallest first
 */

const TRUNK = 32; // where SQLite's header keeps the first page of its list of free pages
const ENTRIES = BLOCK_BYTES / 4 - 2; // of one page of that list, at most

/**
 * freeBlocks returns the blocks of a SQLite file that hold nothing: the leaves of its list of free pages. SQLite never
 * reads them before it has written them. A list that makes no sense counts as empty.
 * @param {Uint8Array} bytes
 * @returns {Set<number>}
 */
export function freeBlocks(bytes) {
  const free = new Set();
  if (bytes.length < BLOCK_BYTES) return free;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 15)) !== 'SQLite format 3' || view.getUint16(16) !== BLOCK_BYTES) return free;
  const pages = Math.floor(bytes.length / BLOCK_BYTES);
  const trunks = new Set();
  for (let trunk = view.getUint32(TRUNK); trunk;) {
    const at = (trunk - 1) * BLOCK_BYTES;
    if (trunk > pages || trunks.has(trunk) || view.getUint32(at + 4) > ENTRIES) return new Set();
    trunks.add(trunk);
    for (let n = 0; n < view.getUint32(at + 4); n++) free.add(view.getUint32(at + 8 + 4 * n) - 1);
    trunk = view.getUint32(at);
  }
  return free;
}

/**
 * planSweep says what can go without changing what the next owner reads, free blocks aside. Small values are left alone:
 * a browser that keeps many of them in one file gives no room back for them.
 * @param {Extent[]} files
 * @param {Pick<import('./block-store.js').Content, 'keys' | 'numbers' | 'records'>} content
 * @param {number} [least] bytes of a record that is worth the work
 * @returns {Sweep}
 */
export function planSweep(files, {keys, numbers, records}, least = SEGMENT_BYTES) {
  const later = files.map(() => new Set());
  const needed = (/** @type {number} */ file, /** @type {number} */ block) =>
    !later[file].has(block) && !files[file].free.has(block) && block * BLOCK_BYTES < files[file].size;
  const swept = [];
  for (let n = records.length - 1; n >= 0; n--) {
    const lean = leaner(records[n], needed);
    for (const [file, block] of blocksOf(records[n])) later[file].add(block);
    if (records[n].length >= least && lean.length < records[n].length) swept.push({number: numbers[n], bytes: lean});
  }
  const blocks = SEGMENT_BYTES / BLOCK_BYTES;
  const empty = (/** @type {number} */ key) => {
    const [file, segment] = segmentOf(key);
    return Array.from({length: blocks}, (_, n) => segment * blocks + n).every(block => !needed(file, block));
  };
  return {segments: keys.filter(empty), records: swept.sort((a, b) => a.bytes.length - b.bytes.length)};
}
