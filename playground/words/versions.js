// @ts-check
// Versions of a project, and the code of a run beside what is in the editor.
import {count} from './plural.js';

export const versions = {
  title: 'Versions',
  none: 'No versions yet. Every run stores one, and so does a text that makes room for another.',
  why: {
    run: 'Run', replaced: 'Before another text took its place', restored: 'Before a version was restored', deleted: 'Deleted',
  },
  runs: (/** @type {number} */ n, /** @type {string} */ last) => count(n, {one: last, other: `${last} and {n} runs in all`}),
  restore: 'Restore',
  restored: (/** @type {string} */ when) => `The version of ${when} is back.`,
  same: 'The same as in the editor.',
  onlyThere: 'This file is not in the editor any more.',
  file: 'File',
  changed: (/** @type {string} */ file) => `${file} (differs)`,
  legend: 'Green: only in this version. Red: only in the editor.',
};
