// @ts-check
// Which line of the run's own code a step stands on.

/** @typedef {import('../../timeline/model.js').Step} Step */

const CALLS = {do: /\.do\(\s*$/, rollback: /\.do\(\s*$/, sleep: /\.sleep(_until)?\(\s*$/, wait: /\.wait_for_event\(\s*$/};

/**
 * Find the line that names a step; null when no line does.
 * @param {string} code
 * @param {Step} step
 * @returns {number | null}
 */
export function lineOfStep(code, step) {
  for (const quote of ['"', "'"]) {
    const literal = `${quote}${step.name}${quote}`;
    for (let at = code.indexOf(literal); at >= 0; at = code.indexOf(literal, at + 1)) {
      if ((CALLS[step.kind] ?? CALLS.do).test(code.slice(Math.max(0, at - 200), at))) return code.slice(0, at).split('\n').length;
    }
  }
  return null;
}
