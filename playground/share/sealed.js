// @ts-check
// Outputs that their workflow declared sensitive are told to nobody, so no link, file or report holds one.

/** @typedef {import('../ui/types.js').History} History */

/** Whether what started a step says that its output is sensitive. @param {string | null} data */
export function isSensitive(data) {
  if (data === null || !data.includes('"sensitive"')) return false;
  try {
    return JSON.parse(data).config?.sensitive === 'output';
  } catch {
    return true; // unreadable: rather one value too few
  }
}

/**
 * A history without sealed values, and how many it has.
 * @param {History} history
 * @returns {{history: History, sealed: number}}
 */
export function withoutSealed(history) {
  const steps = new Set();
  let sealed = 0;
  const rows = history.rows.map((row) => {
    if (row.kind === 'step.started' && isSensitive(row.data)) steps.add(row.key);
    if (row.kind !== 'step.completed' || !steps.has(row.key)) return row;
    sealed += 1;
    return {...row, data: null};
  });
  return {history: {...history, rows}, sealed};
}
