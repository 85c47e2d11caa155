// @ts-check
// The first format's record: short names, nothing that follows from the rest. Names it does not know are passed over.
import {dated, packLedger, unpackLedger} from './ledger.js';
import {integer, record, text, textOrNull} from './read.js';
import {readRun} from '../unread.js';
import {keysOf, packRows, unpackRows} from './rows.js';

/** @typedef {import('../types.js').Shared} Shared */
/** @typedef {import('../types.js').History} History */
/** @typedef {import('../../ui/types.js').Run} Run */

const SAME = 0; // as the project says
/** Names of a run that may be left out, with what they then are. @type {Record<string, unknown>} */
const USUAL = {next_due: null, offset: 0, output: null, error: null, rollback: null, schedule: null, number: 1};

/**
 * @param {Shared} shared
 * @returns {Record<string, unknown>}
 */
export function pack({version, tenant, name, title, note, main, files, payload, settings, run}) {
  const most = {v: version, t: tenant, n: name, m: main, f: files, p: payload};
  const some = {T: title, N: note, s: Object.keys(settings).length ? settings : '', r: run ? packRun(run, {tenant, main, payload}) : ''};
  return {...most, ...Object.fromEntries(Object.entries(some).filter(([, value]) => value !== ''))};
}

/**
 * @param {unknown} packed
 * @returns {Shared}
 */
export function unpack(packed) {
  const {v, t, n, m, f, p, T = '', N = '', s = {}, r = null} = record(packed);
  const project = {tenant: text(t), main: text(m), payload: text(p)};
  return {
    version: text(v), name: text(n), title: text(T), note: text(N), files: record(f), settings: record(s), ...project,
    ...(r === null ? {run: null} : readRun(() => unpackRun(record(r), project))),
  };
}

/** @typedef {{tenant: string, main: string, payload: string}} Project */

/** @param {History} history @param {Project} project */
function packRun({run, rows, ledger}, project) {
  const {tenant, main, params, workflow, entrypoint, created, seq, ended, ...rest} = /** @type {Run & {schedule?: unknown}} */ (run);
  const shorter = {
    ...Object.fromEntries(Object.entries(rest).filter(([name, value]) => !(name in USUAL && USUAL[name] === value))),
    created, entrypoint: entrypoint ?? null, ...(ended === rows.at(-1)?.at ? {} : {ended}),
    ...(workflow === String(entrypoint).toLowerCase() ? {} : {workflow}),
    ...(tenant === project.tenant ? {} : {tenant}), ...(main === project.main ? {} : {main}),
    ...(params === compact(project.payload) ? {params: SAME} : {params}),
  };
  return {u: shorter, h: packRows(run, rows, ledger), l: packLedger(run, ledger, rows)};
}

/** @param {Record<string, any>} packed @param {Project} project @returns {History} */
function unpackRun({u, h, l}, project) {
  const stated = record(u);
  const entrypoint = textOrNull(stated.entrypoint);
  const run = /** @type {Run} */ (/** @type {unknown} */ ({
    ...USUAL, tenant: project.tenant, main: project.main, workflow: String(entrypoint).toLowerCase(), ...stated, entrypoint,
    created: integer(stated.created), params: stated.params === SAME ? compact(project.payload) : text(stated.params),
  }));
  const calls = unpackLedger(run, record(l), keysOf(record(h)));
  const rows = unpackRows(run, record(h), calls);
  const last = rows.at(-1);
  return {run: {...run, ended: stated.ended === undefined ? last?.at ?? null : stated.ended, seq: last?.seq ?? 0}, rows, ledger: dated(calls, l.t, run, rows)};
}

/** A payload as the engine stores it. @param {string} payload */
function compact(payload) {
  if (!payload.trim()) return '{}';
  try {
    return JSON.stringify(JSON.parse(payload));
  } catch {
    return payload;
  }
}
