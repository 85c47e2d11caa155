// @ts-check
// What a stranger's record must be before anything of it is shown: complete, of the right types, within the limits.
import {atMost} from './errors.js';
import {integer, list, record, text, textOrNull, wrong} from './first/read.js';
import {parseJson} from './json.js';
import {CODE_CHARS, FILES, NAME_CHARS, NOTE_CHARS, ROWS, SETTINGS, TITLE_CHARS} from './limits.js';
import {readRun} from './unread.js';

/** @typedef {import('./types.js').Shared} Shared */
/** @typedef {import('./types.js').History} History */
/** @typedef {import('../ui/types.js').Run} Run */
/** @typedef {import('../ui/types.js').Row} Row */
/** @typedef {import('../ui/types.js').LedgerRow} LedgerRow */

const TIMES = ['due', 'duration', 'timeout', 'retry_at', 'delay', 'by', 'shift', 'last_seen'];
const STATUS = new Set(['queued', 'running', 'waiting', 'paused', 'waitingForPause', 'errored', 'terminated', 'complete']);
const PART = /^[^\\/:*?"<>|\p{C}]+$/u; // of a path: no separators, no wild cards, nothing that is not seen
const PLACES = new Set(['.', '..', '__proto__']);
const NAME = /^[^\p{C}]*$/u;

/**
 * The record with nothing in it but what it may hold.
 * @param {Record<string, any>} found
 * @returns {Shared}
 */
export function checked(found) {
  const {version, tenant, name, title, note, main, files, payload, settings, run, unread} = record(found);
  const project = filesOf(files);
  if (!Object.hasOwn(project, text(main))) wrong('main');
  atMost('characters of the payload', text(payload).length, CODE_CHARS);
  return {
    version: named('version', version), tenant: named('tenant', tenant), name: named('name', name), main, payload, files: project,
    title: said('title', title, TITLE_CHARS), note: said('note', note, NOTE_CHARS),
    settings: settingsOf(settings), ...(unread ? {unread: true} : {}), ...(run === null ? {run} : readRun(() => historyOf(record(run)))),
  };
}

/** @param {unknown} value */
function filesOf(value) {
  const entries = Object.entries(record(value));
  atMost('files', entries.length, FILES);
  let size = 0;
  for (const [path, content] of entries) {
    const parts = path.split('/');
    if (path.length > NAME_CHARS || parts.some((part) => !PART.test(part) || PLACES.has(part))) wrong('path');
    atMost('characters of code', size += text(content).length, CODE_CHARS);
  }
  return Object.fromEntries(entries);
}

/** @param {unknown} value */
function settingsOf(value) {
  const entries = Object.entries(record(value));
  atMost('settings', entries.length, SETTINGS);
  const plain = (/** @type {[string, any]} */ [name, one]) => named('setting', name) && (typeof one === 'boolean' || Number.isFinite(one) || (typeof one === 'string' && one.length <= NAME_CHARS));
  return entries.every(plain) ? Object.fromEntries(entries) : wrong('setting');
}

/** A name stands beside our own words: nothing in it is hidden. @param {string} what @param {unknown} value */
function named(what, value) {
  atMost(`characters of the ${what}`, text(value).length, NAME_CHARS);
  return NAME.test(/** @type {string} */ (value)) ? /** @type {string} */ (value) : wrong(what);
}

/** What a person says, with line ends. @param {string} what @param {unknown} value @param {number} most */
function said(what, value, most) {
  atMost(`characters of the ${what}`, text(value).length, most);
  return /** @type {string} */ (value);
}

/** @param {Record<string, any>} found @returns {History} */
function historyOf({run, rows, ledger}) {
  atMost('rows', list(rows).length, ROWS);
  atMost('calls', list(ledger).length, ROWS);
  return {run: runOf(record(run)), rows: list(rows, rowOf), ledger: list(ledger, callOf)};
}

/** @param {Record<string, any>} run @returns {Run} */
function runOf(run) {
  if (!STATUS.has(run.status)) wrong('status');
  const {tenant, workflow, id, number, entrypoint = null, main, version, status, created, ended, next_due, offset, seq = 0, params, output, error, rollback = null} = run;
  return {
    tenant: named('tenant', tenant), workflow: named('workflow', workflow), id: named('id', id), main: named('main', main), version: named('version', version),
    entrypoint: entrypoint === null ? null : named('entrypoint', entrypoint), status, number: integer(number), created: moment(created), seq: integer(seq),
    ended: ended === null ? null : moment(ended), next_due: next_due === null ? null : moment(next_due), offset: integer(offset),
    params: text(params), output: textOrNull(output), error: errorOf(error),
    ...(rollback === null ? {} : {rollback: {outcome: text(record(rollback).outcome), error: errorOf(rollback.error)}}),
  };
}

/** @param {any} error */
function errorOf(error) {
  if (error === null || error === undefined) return null;
  const {name, message, traceback} = record(error);
  return {name: text(name), message: text(message), ...(traceback === undefined ? {} : {traceback: text(traceback)})};
}

/** @param {any} found @returns {Row} */
function rowOf(found) {
  const {pos, seq, life, at, kind, key, attempt, data} = record(found);
  if (data !== null) shaped(text(data), text(kind));
  return {
    pos: integer(pos), seq: integer(seq), life: integer(life), at: moment(at), kind: named('kind', kind), key: keyOf(key),
    attempt: attempt === null ? null : integer(attempt), data,
  };
}

/** Steps are drawn by the kind that begins their key. @param {unknown} key */
function keyOf(key) {
  return key === null || /^(do|sleep|wait|rollback):/.test(text(key)) ? /** @type {string | null} */ (key) : wrong('key');
}

/** What is drawn from a row's data is of the types that are drawn. @param {string} data @param {string} kind */
function shaped(data, kind) {
  const value = /** @type {any} */ (parseJson(data));
  if (kind === 'step.completed' || kind === 'completed') return;
  const {error = null, config = null, type = '', ...rest} = record(value);
  errorOf(error);
  text(type);
  if (config !== null) record(record(config).retries ?? {});
  for (const name of TIMES) if (rest[name] !== undefined && rest[name] !== null) span(rest[name]);
}

/** @param {any} found @returns {LedgerRow} */
function callOf(found) {
  const {pos, tenant, workflow, instance, step, attempt, method, args, kwargs, key, receipt, asked, done, at} = record(found);
  return {
    pos: integer(pos), tenant: text(tenant), workflow: text(workflow), instance: text(instance), step: textOrNull(step),
    attempt: attempt === null ? null : integer(attempt), method: text(method), args: text(args), kwargs: text(kwargs), key: textOrNull(key),
    receipt: {id: String(record(receipt).id ?? '')}, asked: integer(asked), done: integer(done), at: moment(at),
  };
}

/** A time that a calendar has. @param {unknown} value */
function moment(value) {
  return Math.abs(integer(value)) <= 8.64e15 ? /** @type {number} */ (value) : wrong('time');
}

/** @param {unknown} value */
function span(value) {
  if (typeof value === 'string' ? value.length > NAME_CHARS : !(Math.abs(/** @type {number} */ (value)) <= 8.64e15)) wrong('time');
}
