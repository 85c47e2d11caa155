// @ts-check
// What is stored, and what the reader may do with it.
import {count} from './plural.js';

export const storage = {
  title: 'Storage',
  runs: 'Runs',
  browser: 'This site',
  keeping: 'Kept',
  used: (/** @type {string} */ used, /** @type {string} */ limit) => `${used} in use; the browser names ${limit} as the limit.`,
  full: (/** @type {string} */ used) =>
    `${used} in use, and the browser refuses more. Free space on this device or delete what other sites store, then press Try again.`,
  offline: 'Offline',
  opens: 'This page opens without a network, once it has been open with one.',
  opensNot: 'This page needs the network: the disk was full, and the runs needed the room.',
  noWorker: 'This window needs the network.',
  refilled: 'There is no room for it yet. Runs need it more.',
  unknown: 'The browser does not say.',
  kept: 'The browser keeps this until you delete it.',
  notKept: 'The browser may remove this when the disk is short.',
  inMemory: 'Only until you close this window.',
  durability: 'A step counts as stored',
  strict: 'when it is on the disk (strict)',
  relaxed: 'when the browser has it: faster, but a power cut can take the last seconds (relaxed)',
  durabilityUnknown: 'This browser does not say which of the two it does.',
  eraseTitle: 'Erase everything',
  eraseList: 'This goes, for good:',
  eraseRuns: (/** @type {number} */ runs, /** @type {number} */ tenants) =>
    `${count(runs, {one: '{n} run', other: '{n} runs'})}, ${count(tenants, {one: 'of {n} tenant', other: 'of {n} tenants'})}`,
  eraseCode: 'your code and its earlier versions',
  eraseRest: 'the settings of this page and what it keeps to work offline',
  eraseAdvice: 'Export first if you may want the runs again.',
  erased: 'Everything is erased.',
  nothingLeft: 'Nothing of this page is stored in this browser.',
};
