// @ts-check
// What the linter found.
import {count} from './plural.js';

export const problems = {
  title: 'Problems',
  count: (/** @type {number} */ n) => count(n, {one: '{n} problem', other: '{n} problems'}),
  at: (/** @type {string} */ file, /** @type {number} */ line) => `${file}, line ${line}`,
  soon: 'Problems appear once Python is ready.',
  never: 'Without Python, no problems are found.',
  none: 'No problems are left.',
  gone: 'The code has changed: the fix is looked for again.',
  severity: {error: 'Error', warning: 'Warning', hint: 'Hint'},
};
