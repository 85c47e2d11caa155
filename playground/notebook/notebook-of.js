// @ts-check
// A notebook made of code that was handed over. Whatever is not ours ends up in a cell of tenant code or in a literal.

/** @typedef {import('./handover.js').Order} Order */

const KERNEL = {name: 'python', display_name: 'Python (Pyodide)', language: 'python'};

/** Names that may stand on the line of the magic as they are. */
const PLAIN = /^[\w./-]+$/;

/** @param {Order} order */
export function notebookOf({tenant, files, main, payload, run}) {
  const single = Object.keys(files).length === 1 && PLAIN.test(main) && PLAIN.test(tenant);
  const given = payload === null || payload === undefined ? 'None' : literal(payload);
  const cells = [
    markdown(`# ${main} of ${tenant}\n\nThe first cell attaches to the engine of this page. Runs you start here show up in the playground too.`),
    code('from dynamic_workflows.notebook import connect\n\nplatform = await connect()\nplatform'),
    ...(run ? [code(`run = await platform.get(${literal(tenant)}, ${literal(run.workflow)}, ${literal(run.id)})\nrun`)] : []),
    ...(single
      ? [code(`%%workflow tenant=${tenant} file=${main}${given === 'None' ? '' : ` payload=${given}`}\n${files[main]}`)]
      : [code(`files = ${literal(files)}\nrun = await platform.run(${literal(tenant)}, files, ${given}, main=${literal(main)})\nrun`)]),
    code(single ? 'await _.result()' : 'await run.result()'),
  ];
  return {
    cells: cells.map((cell, n) => ({...cell, id: `cell-${n + 1}`})),
    metadata: {kernelspec: KERNEL, language_info: {name: 'python'}}, nbformat: 4, nbformat_minor: 5,
  };
}

/** @param {string} source */
function markdown(source) {
  return {cell_type: 'markdown', metadata: {}, source};
}

/** @param {string} source */
function code(source) {
  return {cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source};
}

/**
 * Write JSON as a Python expression on one line: JSON's escapes mean the same in Python's texts.
 * @param {unknown} value
 * @returns {string}
 */
export function literal(value) {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object') return `{${Object.entries(/** @type {object} */ (value)).map(([name, one]) => `${literal(name)}: ${literal(one)}`).join(', ')}}`;
  return JSON.stringify(value);
}
