// @ts-check
// Where a run stands in its own code: the line of the step in flight, and the one where it failed.
import {lineIn} from '../../ui/traceback.js';
import {lineOfStep} from './code-marks.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../timeline/model.js').Model} Model */
/** @typedef {{file: string, line: number, kind: 'current' | 'error'}} RunMark */

/**
 * The lines to mark in the code a run was started with.
 * @param {Run} run
 * @param {Record<string, string>} code
 * @param {{model: Model | null, live: boolean}} state
 * @returns {RunMark[]}
 */
export function marksOf(run, code, {model, live}) {
  /** @type {RunMark[]} */
  const marks = [];
  const step = live && model ? model.steps.findLast((one) => one.end === null) : undefined;
  if (step) {
    for (const file of [run.main, ...Object.keys(code).filter((path) => path !== run.main)]) {
      const line = lineOfStep(code[file] ?? '', step);
      if (line !== null && !marks.length) marks.push({file, line, kind: 'current'});
    }
  }
  const trace = run.status === 'errored' ? run.error?.traceback : undefined;
  const failed = trace ? innermost(trace, Object.keys(code)) : null;
  return failed ? [...marks, {...failed, kind: 'error'}] : marks;
}

/** The innermost frame of a traceback in one of these files. @param {string} trace @param {string[]} files */
function innermost(trace, files) {
  const places = files.flatMap((file) => {
    const line = lineIn(trace, file);
    return line === null ? [] : [{file, line, at: trace.lastIndexOf(`${file}", line ${line}`)}];
  });
  const last = places.sort((one, other) => other.at - one.at)[0];
  return last ? {file: last.file, line: last.line} : null;
}
