// @ts-check
// The rows of a history as columns, and back.
import {canonical} from '../json.js';
import {Forecast} from './forecast.js';
import {integer, list, text, textOrNull, wrong} from './read.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {import('../../ui/types.js').Row} Row */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {[number, any][]} Surprises what was not foreseen, by the number of its row */

/**
 * @typedef {object} Columns
 * @property {string} k a letter for each row's kind
 * @property {string[]} o kinds without a letter, in order
 * @property {string[]} n keys, in the order of their first row, each as shortKey writes it
 * @property {number[]} i which key: 0 none, 1 the next new one, 2 the last used, 3 the one before …
 * @property {number[]} t milliseconds since the row before
 * @property {any[]} d data: 0 as foreseen, null, a text, or a list that holds a value
 * @property {Surprises} q seq
 * @property {Surprises} l life
 * @property {Surprises} a attempt
 */

const KINDS = {
  Q: 'queued', S: 'started', b: 'step.started', c: 'step.completed', f: 'step.failed', z: 'sleep.started', y: 'sleep.completed',
  w: 'wait.started', v: 'wait.completed', x: 'wait.timed_out', E: 'event.received', K: 'engine_started', T: 'time_skipped',
  C: 'completed', X: 'errored', H: 'terminated', P: 'paused', p: 'pausing', R: 'resumed', A: 'restarted', q: 'requeued',
  r: 'rollback.started', e: 'rollback.ended',
};
const OTHER = '~';
const LETTERS = new Map(Object.entries(KINDS).map(([letter, kind]) => [kind, letter]));
const MOMENTS = ['due', 'retry_at', 'last_seen']; // epoch milliseconds inside a row's data: written since the row's own

/**
 * @param {Run} run
 * @param {readonly Row[]} rows
 * @param {readonly LedgerRow[]} ledger
 * @returns {Columns}
 */
export function packRows(run, rows, ledger) {
  const forecast = new Forecast(run, ledger);
  const keys = new Recent();
  /** @type {Columns} */
  const columns = {k: '', o: [], n: [], i: [], t: [], d: [], q: [], l: [], a: []};
  let at = run.created;
  rows.forEach((row, n) => {
    const letter = LETTERS.get(row.kind) ?? OTHER;
    columns.k += letter;
    if (letter === OTHER) columns.o.push(row.kind);
    columns.i.push(keys.number(row.key));
    columns.t.push(row.at - at);
    at = row.at;
    const foreseen = forecast.next(row.kind, row.key);
    if (row.seq !== foreseen.seq) columns.q.push([n, row.seq]);
    if (row.life !== foreseen.life) columns.l.push([n, row.life]);
    if (row.attempt !== foreseen.attempt) columns.a.push([n, row.attempt]);
    columns.d.push(row.data === foreseen.data ? 0 : packData(row.data, at));
    forecast.learn(row);
  });
  columns.n = keys.all.map(shortKey);
  return columns;
}

/**
 * @param {Run} run
 * @param {any} columns
 * @param {readonly LedgerRow[]} ledger
 * @returns {Row[]}
 */
export function unpackRows(run, columns, ledger) {
  const forecast = new Forecast(run, ledger);
  const kinds = [...text(columns.k)];
  const others = list(columns.o ?? [], text)[Symbol.iterator]();
  const keys = new Recent(keysOf(columns));
  const [numbers, deltas, data] = [list(columns.i, integer), list(columns.t, integer), list(columns.d)];
  if (numbers.length !== kinds.length || deltas.length !== kinds.length || data.length !== kinds.length) wrong('columns');
  const [seqs, lives, attempts] = [columns.q, columns.l, columns.a].map((one) => new Map(list(one ?? [], pair)));
  let at = run.created;
  return kinds.map((letter, n) => {
    const kind = letter === OTHER ? text(others.next().value) : KINDS[/** @type {keyof typeof KINDS} */ (letter)] ?? wrong('kind');
    const key = keys.key(numbers[n]);
    at = integer(at + deltas[n]);
    const foreseen = forecast.next(kind, key);
    const row = {
      pos: n + 1, seq: integer(seqs.get(n) ?? foreseen.seq), life: integer(lives.get(n) ?? foreseen.life), at, kind, key,
      attempt: attempts.has(n) ? integerOrNull(attempts.get(n)) : foreseen.attempt,
      data: data[n] === 0 ? foreseen.data : unpackData(data[n], at),
    };
    forecast.learn(row);
    return row;
  });
}

/** The keys of a run, in the order of their first row. @param {any} columns */
export function keysOf(columns) {
  return list(columns.n, (short) => longKey(text(short)));
}

/** Most keys are those of steps that are named once. @param {string} key */
function shortKey(key) {
  const name = /^do:([^~][^]*)-1$/.exec(key);
  return name ? name[1] : `~${key}`;
}

/** @param {string} short */
function longKey(short) {
  return short.startsWith('~') ? short.slice(1) : `do:${short}-1`;
}

/** Keys by how recently they were used. */
class Recent {
  /** @type {string[]} newest first */ #recent = [];
  #given = 0;

  /** @param {string[]} [all] */
  constructor(all = []) {
    this.all = all;
  }

  /** @param {string | null} key */
  number(key) {
    if (key === null) return 0;
    const at = this.#recent.indexOf(key);
    if (at < 0) this.all.push(key);
    this.#use(key, at);
    return at + 2;
  }

  /** @param {number} number */
  key(number) {
    if (number === 0) return null;
    const key = number === 1 ? this.all[this.#given++] : this.#recent[number - 2];
    if (key === undefined) wrong('key');
    this.#use(key, number - 2);
    return key;
  }

  /** @param {string} key @param {number} at */
  #use(key, at) {
    if (at >= 0) this.#recent.splice(at, 1);
    this.#recent.unshift(key);
  }
}

/** @param {string | null} data @param {number} at */
function packData(data, at) {
  const parsed = data === null ? null : canonical(data);
  if (!parsed) return data;
  const value = shifted(parsed.value, -at);
  return value === undefined ? data : [value];
}

/** @param {any} entry @param {number} at @returns {string | null} */
function unpackData(entry, at) {
  if (!Array.isArray(entry)) return textOrNull(entry);
  if (entry.length !== 1) wrong('data');
  const value = shifted(entry[0], at);
  return value === undefined ? wrong('data') : JSON.stringify(value);
}

/** A value with its moments moved; undefined where a moment is not a whole number. @param {any} value @param {number} by */
function shifted(value, by) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const moments = MOMENTS.filter((name) => Object.hasOwn(value, name) && value[name] !== null);
  if (!moments.length) return value;
  if (!moments.every((name) => Number.isSafeInteger(value[name]) && Number.isSafeInteger(value[name] + by))) return undefined;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, moments.includes(name) ? one + by : one]));
}

/** @param {unknown} value @returns {[number, unknown]} */
function pair(value) {
  const [n, one] = list(value);
  return [integer(n), one];
}

/** @param {unknown} value */
function integerOrNull(value) {
  return value === null ? null : integer(value);
}
