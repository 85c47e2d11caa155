// @ts-check
// The inspector of a step or a run. It is loaded with it, not with the first screen, and so stands outside index.js.
import {count} from './plural.js';

export const inspector = {
  inspector: 'Inspector',
  details: 'Details',
  theRun: 'The run',
  restartHere: 'Restart from here',
  callColumns: ['Call', 'Key', 'Receipt', 'Asked', 'Done'],
  rawColumns: ['#', 'At', 'Kind', 'Attempt', 'Data'],
  kinds: {do: 'Step', sleep: 'Sleep', wait: 'Wait for an event', rollback: 'Rollback'},
  nth: (/** @type {string} */ ordinal) => `${ordinal} of its name`,
  attempts: (/** @type {number} */ n) => count(n, {one: '{n} attempt', other: '{n} attempts'}),
  steps: (/** @type {number} */ n) => count(n, {one: '{n} step', other: '{n} steps'}),
  keptFact: 'Kept over the kill',
  status: (/** @type {string} */ status) => `Status ${status}`,
  id: 'Id ',
  version: 'Version ',
  output: 'Output',
  event: 'Event',
  error: 'Error',
  input: 'Input',
  payload: 'Payload',
  attemptsTab: 'Attempts',
  logs: 'Logs',
  outside: 'Outside world',
  history: 'History',
  noKey: 'no key',
  lastOf: (/** @type {number} */ n, /** @type {number} */ all) => `The last ${n} of ${all}. Copy has them all.`,
  outcomes: {running: 'Running', complete: 'Complete', failed: 'Failed', timeout: 'Timed out', cut: 'Cut off', stopped: 'Given up'},
};
