// @ts-check
// A run: its status line, its states, its summary, output and ledger.
import {count} from './plural.js';

export const status = {
  recorded: 'Recorded run. Press Run to make your own.',
  noRuns: 'No runs yet. Press Run: steps appear here as they are stored.',
  queuedPython: (/** @type {string} */ progress) => `Run queued. Python is starting, ${progress}`,
  queuedStart: 'Run queued. Python is starting.',
  queuedEngine: 'Run queued. The engine is starting.',
  checking: 'Checking the code.',
  killed: 'Engine killed.',
  killedOthers: (/** @type {number} */ n) => count(n, {
    one: 'Engine killed. {n} other run was interrupted.', other: 'Engine killed. {n} other runs were interrupted.',
  }),
  sandboxKilled: 'Sandbox killed.',
  sandboxKilledOthers: (/** @type {number} */ n) => count(n, {
    one: 'Sandbox killed. {n} other run was interrupted.', other: 'Sandbox killed. {n} other runs were interrupted.',
  }),
  loading: 'Reading the run from this browser.',
  elsewhere: 'This run lives in another browser. Ask for a share link.',
  earlier: 'This run uses an earlier version.',
  thatCode: '{run} ran this code. It is read-only.',
  next: 'Now run the same order as globex: same workflow name, other code.',
};

export const words = {
  queued: 'Queued',
  running: 'Running',
  runningStep: (/** @type {number} */ n) => `Running, step ${n}`,
  runningSteps: (/** @type {number} */ n) => count(n, {one: 'Running {n} step', other: 'Running {n} steps at once'}),
  sleeping: 'Sleeping',
  sleepingUntil: (/** @type {string} */ when) => `Sleeping until ${when}`,
  waiting: 'Waiting',
  waitingFor: (/** @type {string} */ type) => `Waiting for "${type}"`,
  retrying: 'Retrying',
  retryingIn: (/** @type {string} */ length) => `Retrying in ${length}`,
  attemptOf: (/** @type {number} */ n, /** @type {number} */ of, /** @type {string} */ length) =>
    `Attempt ${n} of ${of} in ${length}`,
  pausing: 'Pausing',
  paused: 'Paused',
  complete: 'Complete',
  errored: 'Errored',
  terminated: 'Terminated',
};

export const summary = {
  complete: 'Complete.',
  errored: 'Errored.',
  terminated: 'Terminated.',
  killed: (/** @type {number} */ n) => n === 1 ? 'Killed once.' : count(n, {one: 'Killed {n} time.', other: 'Killed {n} times.'}),
  cut: (/** @type {number} */ n) => count(n, {
    one: '{n} step was cut off and tried again.', other: '{n} steps were cut off and tried again.',
  }),
  cutLast: (/** @type {number} */ n) => count(n, {one: '{n} step was cut off.', other: '{n} steps were cut off.'}),
  again: (/** @type {number} */ n) => count(n, {one: '{n} finished step ran again.', other: '{n} finished steps ran again.'}),
  once: 'Every outside call was done once.',
  others: 'Every other outside call was done once.',
  never: (/** @type {string} */ method, /** @type {number} */ asked) => count(asked, {
    one: `\`${method}\` was asked for once and never done: it failed.`,
    other: `\`${method}\` was asked for {n} times and never done: it failed.`,
  }),
  repeated: (/** @type {string} */ method, /** @type {number} */ n) => count(n, {
    one: `\`${method}\` was done {n} time: it had no key.`, other: `\`${method}\` was done {n} times: it had no key.`,
  }),
  repeatedWithKey: (/** @type {string} */ method, /** @type {number} */ n) => count(n, {
    one: `\`${method}\` was done {n} time, with one key.`, other: `\`${method}\` was done {n} times, with one key.`,
  }),
};

export const ledger = {
  empty: 'Outside calls appear here.',
  times: (/** @type {number} */ n) => `${n}×`,
  row: (/** @type {number} */ asked, /** @type {number} */ done) => `asked ${asked}×, done ${done}×`,
  noKey: (/** @type {number} */ n) => `done ${n}×, it had no key`,
};

export const output = {none: 'None yet', nothing: 'None', copied: 'Output copied.'};

export const title = (/** @type {string} */ run, /** @type {string} */ word) => `${run}, ${word} · Dynamic Workflows`;
export const viewTitle = (/** @type {string} */ view) => `${view} · Dynamic Workflows`;
