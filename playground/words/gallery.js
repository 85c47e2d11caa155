// @ts-check
// The gallery of examples.
import {count} from './plural.js';

export const gallery = {
  title: 'Examples',
  intro: 'Each shows one idea and can be run, killed and changed. Your own text is never overwritten.',
  all: 'All',
  every: 'All examples…',
  filter: 'Show examples that use',
  picture: 'Recorded run',
  example: 'Example',
  uses: 'Uses',
  length: 'Length',
  lines: (/** @type {number} */ n) => count(n, {one: '{n} line', other: '{n} lines'}),
  takes: (/** @type {string} */ length) => `runs for ${length}`,
  also: (/** @type {string} */ tenant) => `The same at ${tenant}`,
  back: 'Back to the code',
  story: 'What this example shows',
  shown: (/** @type {number} */ n) => count(n, {one: '{n} example', other: '{n} examples'}),
  /** @type {Record<string, string>} in the order of the filter */
  features: {
    retry: 'retry', timeout: 'timeout', sleep: 'sleep', wait: 'wait for an event', parallel: 'parallel', loop: 'loop',
    rollback: 'rollback', key: 'key', cron: 'cron', tenants: 'tenants', restart: 'restart',
  },
};
