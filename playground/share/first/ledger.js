// @ts-check
// The ledger's rows as columns, and back. The moment of a call counts from the start of its step's attempt.
import {canonical} from '../json.js';
import {integer, list, record, text, textOrNull, wrong} from './read.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */

/**
 * @param {Run} run
 * @param {readonly LedgerRow[]} ledger
 * @param {readonly Row[]} rows
 */
export function packLedger(run, ledger, rows) {
  const receipts = new Receipts();
  const begun = starts(run, rows);
  return {
    s: packSteps(ledger, rows),
    a: ledger.map(({attempt}) => attempt),
    m: ledger.map(({method}) => method),
    g: ledger.map(({args}) => packText(args)),
    w: ledger.map(({kwargs}) => (kwargs === '{}' ? 0 : packText(kwargs))),
    k: ledger.map(({key}) => packKey(key, run.id)),
    r: ledger.map(({method, receipt}) => (receipts.next(method, receipt) ? 0 : receipt)),
    n: ledger.map(({asked}) => asked),
    d: ledger.map(({done}) => done),
    t: ledger.map((row) => row.at - begun(row)),
  };
}

/**
 * The calls, not dated yet: the rows of the history are foreseen from them.
 * @param {Run} run
 * @param {any} columns
 * @param {readonly string[]} keys of the run's steps
 * @returns {LedgerRow[]}
 */
export function unpackLedger(run, columns, keys) {
  const receipts = new Receipts();
  const {s, a, m, g, w, k, r, n, d} = columns;
  const rows = list(m, text);
  const all = [s, a, g, w, k, r, n, d].map((column) => list(column));
  if (all.some((column) => column.length !== rows.length)) wrong('columns');
  const steps = unpackSteps(s, keys);
  return rows.map((method, i) => ({
    pos: i + 1, tenant: run.tenant, workflow: run.workflow, instance: run.id,
    step: steps[i], attempt: a[i] === null ? null : integer(a[i]), method,
    args: unpackText(g[i]), kwargs: w[i] === 0 ? '{}' : unpackText(w[i]), key: unpackKey(k[i], run.id),
    receipt: r[i] === 0 ? receipts.foresee(method) : receipts.note(method, /** @type {{id: string}} */ (record(r[i]))),
    asked: integer(n[i]), done: integer(d[i]), at: 0,
  }));
}

/**
 * Date the calls.
 * @param {LedgerRow[]} ledger
 * @param {unknown} times
 * @param {Run} run
 * @param {readonly Row[]} rows
 * @returns {LedgerRow[]}
 */
export function dated(ledger, times, run, rows) {
  const [since, begun] = [list(times, integer), starts(run, rows)];
  if (since.length !== ledger.length) wrong('columns');
  return ledger.map((row, i) => ({...row, at: integer(begun(row) + since[i])}));
}

/**
 * When the attempt began that made a call; of calls outside steps, when the run was created.
 * @param {Run} run
 * @param {readonly Row[]} rows
 * @returns {(row: LedgerRow) => number}
 */
function starts(run, rows) {
  const known = new Map(rows.filter((row) => row.kind === 'step.started').map(({key, attempt, at}) => [`${attempt} ${key}`, at]));
  return ({step, attempt}) => known.get(`${attempt} ${step}`) ?? run.created;
}

/** Steps as their distance in the list of keys to the call before. @param {readonly LedgerRow[]} ledger @param {readonly Row[]} rows */
function packSteps(ledger, rows) {
  const keys = [...new Set(rows.map(({key}) => key))].filter((key) => key !== null);
  const places = new Map(keys.map((key, place) => [key, place]));
  let last = -1;
  return ledger.map(({step}) => {
    const place = step === null ? undefined : places.get(step);
    if (place === undefined) return step;
    const distance = place - last;
    last = place;
    return distance;
  });
}

/** @param {any[]} steps @param {readonly string[]} keys */
function unpackSteps(steps, keys) {
  let last = -1;
  return steps.map((entry) => {
    if (typeof entry !== 'number') return textOrNull(entry);
    last = integer(last + entry);
    return keys[last] ?? wrong('step');
  });
}

/** Receipts are numbered by method: `charge-1`, `charge-2`. */
class Receipts {
  /** @type {Map<string, number>} */ #last = new Map();

  /** Whether a receipt is the foreseen one. @param {string} method @param {{id: string}} receipt */
  next(method, receipt) {
    const same = JSON.stringify(receipt) === JSON.stringify({id: `${method}-${(this.#last.get(method) ?? 0) + 1}`});
    this.note(method, receipt);
    return same;
  }

  /** @param {string} method */
  foresee(method) {
    return this.note(method, {id: `${method}-${(this.#last.get(method) ?? 0) + 1}`});
  }

  /** @param {string} method @param {{id: string}} receipt */
  note(method, receipt) {
    const number = /-(\d{1,9})$/.exec(String(receipt.id));
    if (number) this.#last.set(method, Number(number[1]));
    return receipt;
  }
}

/** @param {string} wire */
function packText(wire) {
  const parsed = canonical(wire);
  return parsed ? [parsed.value] : wire;
}

/** @param {any} entry */
function unpackText(entry) {
  return Array.isArray(entry) && entry.length === 1 ? JSON.stringify(entry[0]) : text(entry);
}

/** The run's own id begins most keys. @param {string | null} key @param {string} id */
function packKey(key, id) {
  return key === id ? 0 : key?.startsWith(id) ? [key.slice(id.length)] : key;
}

/** @param {any} entry @param {string} id */
function unpackKey(entry, id) {
  if (entry === 0) return id;
  if (Array.isArray(entry) && entry.length === 1) return id + text(entry[0]);
  return entry === null ? null : text(entry);
}
