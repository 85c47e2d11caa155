// @ts-check
// The timeline: what is drawn and what is said.
import {count} from './plural.js';

export const timeline = {
  label: 'Steps of the run',
  step: 'Step',
  what: 'What happened',
  killed: (/** @type {string} */ length) => `killed, back after ${length}`,
  killedRail: (/** @type {string} */ length) => `killed, back in ${length}`,
  killing: 'killed',
  closed: (/** @type {string} */ length) => `page closed, back after ${length}`,
  attempt: (/** @type {number} */ n) => `attempt ${n}`,
  inDelay: (/** @type {string} */ length) => `in ${length}`,
  ordinal: (/** @type {number} */ n) => {
    const rule = new Intl.PluralRules('en', {type: 'ordinal'}).select(n);
    return `${n}${{one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th'}[rule]}`;
  },
  gotIt: (/** @type {string} */ length) => `got it ${length}`,
  timedOut: (/** @type {string} */ length) => `none in ${length}`,
  group: (/** @type {string} */ name, /** @type {number} */ n) => `${name} ×${n}`,
  more: (/** @type {number} */ n) => count(n, {one: 'and {n} more step', other: 'and {n} more steps'}),
  cut: 'Cut off',
  timeout: 'Timed out',
  keys: 'Arrow keys move, Enter opens, c copies.',
  traceback: (/** @type {number} */ n) => count(n, {one: '{n} engine frame', other: '{n} engine frames'}),
};

// One sentence for each row of the timeline, as a screen reader tells it and as `c` copies it.
export const sentences = {
  running: '{name}: running, attempt {n}.',
  complete: '{name}: complete in {length}.',
  completeAfter: (/** @type {number} */ n) => count(n, {
    one: '{name}: complete in {length}, after {n} attempt that did not finish.',
    other: '{name}: complete in {length}, after {n} attempts that did not finish.',
  }),
  kept: 'Kept over the kill.',
  cut: (/** @type {number} */ n) => count(n, {one: '{n} attempt was cut off.', other: '{n} attempts were cut off.'}),
  retrying: '{name}: attempt {n} failed with {error}; the next one starts in {length}.',
  failed: '{name}: failed with {error}.',
  cutOpen: '{name}: attempt {n} was cut off and is tried again.',
  sleeping: '{name}: sleeping until {when}.',
  slept: '{name}: slept {length}.',
  skipped: '{name}: slept {length}, of which {skipped} were skipped.',
  waiting: '{name}: waiting for "{type}".',
  got: '{name}: got "{type}" after {length}.',
  timedOut: '{name}: no "{type}" came in {length}.',
  killed: 'The engine was killed and was back after {length}.',
  closed: 'The page was closed and the engine was back after {length}.',
  group: (/** @type {number} */ done, /** @type {number} */ n) => `{name}: ${done} of ${n} complete.`,
};
