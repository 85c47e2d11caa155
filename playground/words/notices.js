// @ts-check
// Bars that tell of something that happened.
import {size} from '../ui/format.js';
import {count} from './plural.js';

export const notices = {
  due: (/** @type {number} */ n) => count(n, {
    one: '{n} run was due while this page was closed. It is running now.',
    other: '{n} runs were due while this page was closed. They are running now.',
  }),
  denied: 'This window cannot store runs. They last until you close it.',
  full: (/** @type {number} */ n) => count(n, {
    one: 'Could not store {n} step: the disk is full. Runs are paused and lose nothing.',
    other: 'Could not store {n} steps: the disk is full. Runs are paused and lose nothing.',
  }),
  fullNow: 'Could not store the run: the disk is full. Runs are paused and lose nothing.',
  spared: 'The disk is full. To go on storing runs, this page gave up what it had kept for use without a network: it needs the network when it is opened the next time.',
  lost: 'The browser could not store the last change. The engine went back to what is stored.',
  erased: "This site's storage was emptied from outside this page. What ran here is still in memory.",
  erasedGone: "This site's storage was emptied from outside this page, and the runs with it.",
  blocked: "Another tab keeps this site's storage busy. Close the other tabs of this site.",
  replacedHere: 'Another tab has taken over. This one works through it.',
  elsewhere: 'This run lives in another browser.',
  replaced: 'Your earlier text is kept.',
  opened: (/** @type {string} */ title) => `${title} is open. Your earlier text is kept.`,
  draftsOff: 'This window cannot keep your text. Copy it before you close the page.',
  noExample: (/** @type {string} */ name) => `There is no example called ${name}.`,
  crowded: (/** @type {number} */ bytes, /** @type {number} */ budget) =>
    `The runs take ${size(bytes)} of the ${size(budget)} that this page holds in memory. Delete ended runs before there is no room.`,
  over: (/** @type {number} */ bytes, /** @type {number} */ budget) =>
    `The runs take ${size(bytes)}, and this page holds ${size(budget)} in memory. Runs go on, but none can be started until ended ones are deleted.`,
  imported: (/** @type {number} */ added, /** @type {number} */ kept) => kept
    ? count(added, {one: '{n} run was imported.', other: '{n} runs were imported.'}) + ` ${count(kept, {one: '{n} was here already and stays as it is.', other: '{n} were here already and stay as they are.'})}`
    : count(added, {one: '{n} run was imported.', other: '{n} runs were imported.'}),
  newerFile: 'The file was not imported: a newer version of this page wrote it. Nothing has changed.',
  erasedElsewhere: 'Everything was erased in another tab.',
};
