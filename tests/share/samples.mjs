// Records to share: real ones of the engine, and odd ones.
import {readdirSync, readFileSync} from 'node:fs';

/** @param {string} path @returns {any} */
const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));

/** @typedef {import('../../playground/share/types.js').Shared} Shared */

const recorded = read('content/examples/order/recorded.json');
const code = readFileSync(new URL('../../content/examples/order/order.py', import.meta.url), 'utf8');

/** @type {Shared} the default example with its recorded run, one kill included */
export const order = {
  version: '0.1.0', tenant: 'acme', name: 'order', title: 'A lamp', note: 'Kill it twice.', main: 'order.py', files: {'order.py': code},
  payload: '{"item": "lamp", "euros": 40, "customer": "ada@example.com"}', settings: {}, run: {...recorded, run: {...recorded.run, seq: 19}},
};

const {files, payload, ...fifty} = read('tests/share/fixtures/report.json');
delete fifty.run.schedule;
delete fifty.run.rollback;

/** @type {Shared} a run of fifty steps */
export const report = {version: '0.1.0', tenant: 'acme', name: 'report', title: '', note: '', main: 'report.py', files, payload, settings: {}, run: fifty};

/** @type {Shared} code alone, in several files, with what hurts text formats */
export const odd = {
  version: '0.1.0', tenant: 'acme-2_x', name: 'ⅷ', title: '"q" \u202e <b>&amp;', note: 'two\nlines', main: 'a/b.py',
  files: {'a/b.py': 'x = "é\u0000\u2028"\n', 'c d.py': '\t\r\n'}, payload: 'not JSON {', settings: {scale: true, delay: 1500, theme: 'x'}, run: null,
};

/** Every history of a release, as a run would have it. @returns {[string, Shared][]} */
export function histories() {
  return readdirSync(new URL('../histories/v1/', import.meta.url)).filter((name) => name.endsWith('.json')).map((name) => {
    const {run, files: project, stands, tables} = read(`tests/histories/v1/${name}`);
    const {columns, rows} = tables.history;
    const all = rows.map((/** @type {any[]} */ row) => Object.fromEntries(columns.map((/** @type {string} */ column, /** @type {number} */ i) => [column, row[i]])));
    const own = all.map((/** @type {any} */ {pos, seq, life, at, kind, key, attempt, data}) => ({pos, seq, life, at, kind, key, attempt, data}));
    const main = Object.keys(project)[0];
    const last = own.at(-1);
    /** @type {import('../../playground/ui/types.js').Run} */
    const summary = {
      ...run, number: 1, entrypoint: 'Flow', main, version: 'ab', status: stands.status, created: own[0].at, ended: last.at, next_due: null,
      offset: 0, seq: last.seq, params: '{"n":1}', output: stands.output, error: stands.error,
    };
    return [name, {...order, title: '', note: '', tenant: run.tenant, files: project, main, payload: '{"n": 1}', run: {run: summary, rows: own, ledger: []}}];
  });
}

/**
 * What a record is once it has travelled: rows and calls are numbered from one.
 * @param {Shared} shared
 */
export function travelled(shared) {
  const numbered = (/** @type {any[]} */ rows) => rows.map((row, i) => ({...row, pos: i + 1}));
  const {run} = shared;
  return {...shared, run: run && {run: run.run, rows: numbered(run.rows), ledger: numbered(run.ledger)}};
}
