// @ts-check
// The list of runs.
import {count} from './plural.js';

const number = new Intl.NumberFormat('en');

export const runs = {
  button: (/** @type {number | null} */ n) => n === null ? 'Runs' : `Runs ${number.format(n)}`,
  title: 'Runs in this browser',
  none: 'No runs yet.',
  noneYet: 'No runs yet. Press Run: a run appears here as soon as it is created.',
  noMatch: 'No run fits this filter.',
  clearFilter: 'Clear the filter',
  reading: 'Reading the runs from this browser.',
  all: (/** @type {number} */ n) => count(n, {one: 'All runs', other: 'All {n} runs'}, number.format(n)),
  back: 'Back',
  found: (/** @type {number} */ n) => count(n, {one: '{n} run', other: '{n} runs'}, number.format(n)),
  wakes: (/** @type {string} */ when) => `wakes ${when}`,
  of: (/** @type {import('../ui/types.js').Run} */ run) => run.name || `${(run.entrypoint ?? run.workflow).toLowerCase()} · ${run.number}`,
  columns: {name: 'Name', tenant: 'Tenant', state: 'State', started: 'Started', wake: 'Next wake', version: 'Version'},
  search: 'Search id or name',
  state: 'State',
  anyState: (/** @type {number} */ n) => n ? `Any state (${number.format(n)})` : 'Any state',
  inState: (/** @type {string} */ state, /** @type {number} */ n) => `${state} (${number.format(n)})`,
  tenant: 'Tenant',
  anyTenant: 'Any tenant',
  fresh: (/** @type {number} */ n) => count(n, {one: 'Show {n} new run', other: 'Show {n} new runs'}, number.format(n)),
  select: (/** @type {string} */ run) => `Select ${run}`,
  selectAll: 'Select all',
  selected: (/** @type {number} */ n) => count(n, {one: '{n} selected', other: '{n} selected'}, number.format(n)),
  clear: 'Clear',
  gone: 'This run is gone: it was deleted in another tab, or the time it is kept was over.',
  keys: 'Arrow keys move, Enter opens, Space selects, Shift selects a range.',
  row: (/** @type {string} */ name, /** @type {string} */ tenant, /** @type {string} */ state) => `${name}, ${tenant}, ${state}`,
  doing: {
    pause: (/** @type {string} */ done) => `Pausing, ${done}`,
    resume: (/** @type {string} */ done) => `Resuming, ${done}`,
    terminate: (/** @type {string} */ done) => `Terminating, ${done}`,
  },
  stop: 'Stop',
  stopping: 'Stopping after the next 500 runs.',
  notReached: (/** @type {number} */ n) => count(n, {one: '{n} was not reached.', other: '{n} were not reached.'}, number.format(n)),
  progress: (/** @type {number} */ done, /** @type {number} */ all) => `${number.format(done)} of ${number.format(all)}`,
  done: {
    pause: (/** @type {number} */ n) => count(n, {one: '{n} run is paused.', other: '{n} runs are paused.'}, number.format(n)),
    resume: (/** @type {number} */ n) => count(n, {one: '{n} run goes on.', other: '{n} runs go on.'}, number.format(n)),
    terminate: (/** @type {number} */ n) => count(n, {one: '{n} run is terminated.', other: '{n} runs are terminated.'}, number.format(n)),
  },
  leftOut: {
    pause: (/** @type {number} */ n) => count(n, {one: '{n} cannot be paused now.', other: '{n} cannot be paused now.'}, number.format(n)),
    resume: (/** @type {number} */ n) => count(n, {one: '{n} was not paused.', other: '{n} were not paused.'}, number.format(n)),
    terminate: (/** @type {number} */ n) => count(n, {one: '{n} had ended.', other: '{n} had ended.'}, number.format(n)),
  },
};
