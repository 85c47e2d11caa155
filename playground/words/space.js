// @ts-check
// Making room: what takes it, what may go.
import {count} from './plural.js';
import {size} from '../ui/format.js';

export const space = {
  title: 'Free space',
  sum: (/** @type {number} */ runs, /** @type {number} */ ended, /** @type {number} */ bytes) =>
    `${count(runs, {one: '{n} run is', other: '{n} runs are'})} stored here. ${count(ended, {one: '{n} has', other: '{n} have'})} ended and may go: ${size(bytes)}.`,
  nothing: 'No run has ended yet, so there is nothing to delete.',
  terminate: 'Terminate a run that is no longer needed, then delete it.',
  all: (/** @type {number} */ n) => count(n, {one: 'The ended run of {tenant}', other: 'All {n} ended runs of {tenant}'}),
  live: (/** @type {number} */ n) => count(n, {one: '{tenant}: {n} run goes on', other: '{tenant}: {n} runs go on'}),
  ended: (/** @type {string} */ state, /** @type {string} */ ago) => `${state}, ${ago}`,
  more: (/** @type {number} */ n) => count(n, {one: 'and {n} more', other: 'and {n} more'}),
  advice: 'A deleted run is gone with its history; your code stays. You can undo it for 10 seconds, or export first.',
  full: 'The browser refuses to store more. Deleting needs a little room itself: if it is refused too, free space on this device first.',
  none: 'Choose runs',
  remove: (/** @type {number} */ n) => count(n, {one: 'Delete {n} run', other: 'Delete {n} runs'}),
  removed: (/** @type {number} */ n, /** @type {number} */ bytes) => count(n, {
    one: `{n} run was deleted: ${size(bytes)} are free again.`, other: `{n} runs were deleted: ${size(bytes)} are free again.`,
  }),
  refused: 'Nothing was deleted: there is no room even for that. Free space on this device, then try again.',
};
