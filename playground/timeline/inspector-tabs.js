// @ts-check
// What the inspector's tabs hold, as text to copy and as nodes to read.
import {h} from '../ui/dom.js';
import {clockTime, duration, iso} from '../ui/format.js';
import {oneLine, visible} from '../ui/text.js';
import {oneLineValue, readable} from '../ui/values.js';
import {timeline} from '../words/index.js';
import {inspector as words} from '../words/inspector.js';
import {errorOf, errorText} from './details.js';
import {time} from './inspector-head.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./model.js').Attempt} Attempt */
/** @typedef {import('./element.js').TimelineData & {logs: readonly import('../ui/types.js').LogRow[] | null}} TimelineData */
/** @typedef {import('./inspector.js').Tab} Tab */
/** @typedef {import('../ui/types.js').Row} Row */
/** @typedef {import('../ui/types.js').LedgerRow} LedgerRow */
/** @typedef {import('../ui/types.js').LogRow} LogRow */
/** @typedef {import('../ui/types.js').ErrorRecord} ErrorRecord */

const MOST = 200; // log lines, attempts or rows of history in the document; Copy has them all

/**
 * @param {Step} step
 * @param {TimelineData} data
 * @param {Model} model
 * @returns {Tab[]}
 */
export function stepTabs(step, data, model) {
  const error = step.error ?? step.attempts.findLast((one) => one.error)?.error ?? null;
  const own = (/** @type {{key?: string | null, step?: string | null}} */ row) => (row.key ?? row.step) === step.key;
  return present([
    valueTab(step),
    error ? errorTab(error) : null,
    inputTab(step),
    step.attempts.length ? attemptsTab(step, model) : null,
    ...sharedTabs({
      logs: data.logs?.filter(own), calls: data.ledger?.filter((row) => row.step === step.key), rows: data.rows.filter(own),
    }, model),
  ]);
}

/**
 * @param {TimelineData} data
 * @param {Model} model
 * @returns {Tab[]}
 */
export function runTabs(data, model) {
  const {run} = data;
  return present([
    run?.error ? errorTab(run.error) : null,
    run?.output ? wireTab('output', words.output, run.output) : null,
    run ? wireTab('input', words.payload, run.params) : null,
    ...sharedTabs({logs: data.logs, calls: data.ledger, rows: data.rows}, model),
  ]);
}

/** @param {(Tab | null)[]} tabs */
function present(tabs) {
  return tabs.filter((tab) => tab !== null);
}

/** @param {{logs?: readonly LogRow[] | null, calls?: readonly LedgerRow[], rows: readonly Row[]}} parts @param {Model} model */
function sharedTabs({logs, calls, rows}, model) {
  return [logs?.length ? logsTab(logs, model) : null, calls?.length ? callsTab(calls) : null, historyTab(rows, model)];
}

/** @param {Step} step @returns {Tab | null} */
function valueTab(step) {
  if (step.value === null || (step.kind === 'rollback' && step.value === 'null')) return null;
  return wireTab('output', step.kind === 'wait' ? words.event : words.output, step.value);
}

/** @param {string} id @param {string} label @param {string} wire @returns {Tab} */
function wireTab(id, label, wire) {
  const text = readable(wire);
  return {id, label, text, body: () => [pre(text)]};
}

/** @param {ErrorRecord} error @returns {Tab} */
function errorTab(error) {
  return {id: 'error', label: words.error, text: errorText(error), body: () => errorOf(error)};
}

/** What the step was called with, as its first attempt recorded it. @param {Step} step @returns {Tab} */
function inputTab(step) {
  const {name, count, kind, config} = step;
  const own = kind === 'wait' ? {type: step.type, timeout: duration(step.length)} : kind === 'sleep' ? {duration: duration(step.length)} : {config};
  return wireTab('input', words.input, JSON.stringify({name, count, ...own}));
}

/** @param {Step} step @param {Model} model @returns {Tab} */
function attemptsTab(step, model) {
  const lines = step.attempts.map((one) => [
    timeline.attempt(one.n), words.outcomes[one.outcome], iso(one.at), one.end === null ? '' : duration(one.length), one.error ? `${one.error.name}: ${one.error.message}` : '',
  ].join('  ').trimEnd());
  const body = () => [h('ol', {class: 'tl-attempts'}, shown(step.attempts).map((one) => attemptLine(one, model)))];
  return {id: 'attempts', label: words.attemptsTab, count: step.attempts.length, text: lines.join('\n'), body};
}

/** @param {Attempt} attempt @param {Model} model */
function attemptLine(attempt, model) {
  const tone = {running: 'running', complete: 'complete', failed: 'errored', timeout: 'errored', cut: 'retrying', stopped: 'terminated'}[attempt.outcome];
  return h('li', {value: attempt.n}, h('span', {class: `tone-${tone} tl-toned`}, words.outcomes[attempt.outcome]), time(attempt.at, model.origin),
    h('span', {class: 'muted'}, attempt.end === null ? '' : duration(attempt.length)),
    h('span', {class: 'tl-value'}, attempt.error ? h('bdi', null, oneLine(`${attempt.error.name}: ${attempt.error.message}`)) : null));
}

/** @param {readonly LogRow[]} logs @param {Model} model @returns {Tab} */
function logsTab(logs, model) {
  const text = logs.map((row) => `${iso(row.at)} ${row.level} ${row.text}`).join('\n');
  const line = (/** @type {LogRow} */ row) => h('li', {class: `tl-log-${row.level.toLowerCase()}`}, time(row.at, model.origin),
    h('span', {class: 'muted'}, row.level.toLowerCase()), h('bdi', {class: 'code'}, visible(row.text)));
  return {id: 'logs', label: words.logs, count: logs.length, text, body: () => [h('ol', {class: 'tl-logs'}, shown(logs).map(line)), ...rest(logs)]};
}

/** @param {readonly LedgerRow[]} calls @returns {Tab} */
function callsTab(calls) {
  const body = () => [h('table', {class: 'tl-calls'}, h('thead', null, h('tr', null, words.callColumns.map((name) => h('th', {scope: 'col'}, name)))),
    h('tbody', null, calls.map((row) => h('tr', null, h('th', {scope: 'row'}, h('bdi', {class: 'code'}, callText(row))),
      h('td', {class: 'code'}, h('bdi', null, oneLine(row.key ?? words.noKey))), h('td', {class: 'code'}, h('bdi', null, oneLine(row.receipt.id))),
      h('td', null, `${row.asked}×`), h('td', {class: row.done > 1 ? 'tone-wait tl-toned' : null}, `${row.done}×`)))))];
  return {id: 'calls', label: words.outside, count: calls.length, text: JSON.stringify(calls, null, 1), body};
}

/** @param {LedgerRow} row */
function callText({method, args, kwargs}) {
  const inner = [oneLineValue(args).slice(1, -1), ...named(kwargs)].filter(Boolean).join(', ');
  return oneLine(`${method}(${inner})`);
}

/** @param {string} kwargs */
function named(kwargs) {
  try {
    return Object.entries(JSON.parse(kwargs)).filter(([name]) => name !== 'key').map(([name, value]) => `${name}=${oneLineValue(JSON.stringify(value))}`);
  } catch {
    return [kwargs];
  }
}

/** @param {readonly Row[]} rows @param {Model} model @returns {Tab} */
function historyTab(rows, model) {
  const line = (/** @type {Row} */ row) => h('tr', null, h('td', {class: 'muted'}, String(row.seq)),
    h('td', null, h('time', {datetime: iso(row.at), title: iso(row.at)}, clockTime(row.at, model.origin))),
    h('td', null, row.kind), h('td', null, row.attempt === null ? '' : String(row.attempt)),
    h('td', {class: 'tl-value'}, h('bdi', null, oneLine(row.data ?? ''))));
  const body = () => [h('table', {class: 'tl-raw code'}, h('thead', null, h('tr', null, words.rawColumns.map((name) => h('th', {scope: 'col'}, name)))),
    h('tbody', null, shown(rows).map(line))), ...rest(rows)];
  return {id: 'history', label: words.history, count: rows.length, text: `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`, body};
}

/** @template T @param {readonly T[]} all @returns {T[]} */
function shown(all) {
  return all.slice(-MOST);
}

/** @param {readonly unknown[]} all */
function rest(all) {
  return all.length > MOST ? [h('p', {class: 'muted'}, words.lastOf(MOST, all.length))] : [];
}

/** @param {string} text */
function pre(text) {
  return h('pre', {class: 'code', dir: 'auto'}, visible(text));
}
