// @ts-check
// The list of runs.

export const runs = {
  button: (/** @type {number} */ n) => `Runs ${n}`,
  title: 'Runs in this browser',
  none: 'No runs yet.',
  wakes: (/** @type {string} */ when) => `wakes ${when}`,
  of: (/** @type {import('../ui/types.js').Run} */ run) => `${(run.entrypoint ?? run.workflow).toLowerCase()} · ${run.number}`,
};
