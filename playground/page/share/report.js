// @ts-check
// A report: text that says what it contains, read by people first; its last line holds the same for this page.
import {REPORT_MARK} from '../../share/file.js';
import {encode} from '../../share/link.js';
import {withoutSealed} from '../../share/sealed.js';
import {duration, iso} from '../../ui/format.js';
import {oneLine, visible} from '../../ui/text.js';
import {oneLineValue, readable} from '../../ui/values.js';
import {kernelWords} from '../header.js';
import {report as words} from '../../words/index.js';

/** @typedef {import('../../share/types.js').Shared} Shared */
/** @typedef {import('../../share/types.js').History} History */
/** @typedef {import('../../ui/types.js').KernelState} KernelState */
/** @typedef {{version: string, python: string, kernel: KernelState, browser: string, now: number}} Facts of the page */

/**
 * @param {Facts} facts
 * @param {Shared} shared
 * @param {string} name of the run
 * @returns {Promise<string>}
 */
export async function reportOf(facts, shared, name) {
  const {run} = shared;
  const parts = run ? [words.heading(name), words.lead, '', ...page(facts), ...ofRun(run, facts.now), '', ...ofHistory(run), '', words.reopen, REPORT_MARK + await encode(shared)]
    : [words.page, words.leadPage, '', ...page(facts), line(words.clock, words.written(iso(facts.now)))];
  return `${parts.join('\n')}\n`;
}

/** @param {string} label @param {string | number} value */
function line(label, value) {
  return `${label}: ${value}`;
}

/** @param {Facts} facts */
function page({version, python, kernel, browser}) {
  const {stage, storage = 'indexeddb', epoch = 0, error} = kernel;
  return [
    line(words.version, version), line(words.python, python), line(words.browser, oneLine(browser)), line(words.storage, words.stored[storage]),
    line(words.engine, `${kernelWords({stage})}${epoch ? `, ${epoch}` : ''}${error ? `, ${oneLine(error.name)}: ${oneLine(error.message)}` : ''}`),
  ];
}

/** @param {History} history @param {number} now */
function ofRun({run}, now) {
  return [
    line(words.code, `${run.version}, ${oneLine(run.main)}, ${oneLine(run.entrypoint ?? run.workflow)}`), line(words.state, run.status),
    ...block(words.payload, readable(run.params)), ...(run.output === null ? [] : block(words.output, readable(run.output))),
    ...(run.error ? block(words.error, `${run.error.name}: ${run.error.message}\n${run.error.traceback ?? ''}`.trimEnd()) : []),
    line(words.clock, [words.created(iso(run.created)), run.offset ? words.ahead(duration(run.offset)) : '', words.written(iso(now))].filter(Boolean).join('; ')),
    line(words.seed, words.noSeed),
  ];
}

/** @param {History} history */
function ofHistory(history) {
  const {history: {run, rows, ledger}} = withoutSealed(history);
  const body = rows.map(({at, kind, key, attempt, data}, i) => {
    const sealed = data !== history.rows[i].data || (kind === 'step.completed' && data === null);
    return `  ${String(at - run.created).padStart(9)} ms  ${[kind, key, attempt].filter((part) => part !== null).map((part) => oneLine(part)).join(' ')}${sealed ? `  ${words.sealed}` : data === null ? '' : `  ${oneLine(data)}`}`;
  });
  const calls = ledger.map(({method, args, kwargs, asked, done, key}) => `  ${oneLine(`${method} ${oneLineValue(args)} ${oneLineValue(kwargs)}`)}  ${asked}/${done}  ${oneLine(key ?? '-')}`);
  return [`${words.history}:`, ...(body.length ? body : [`  ${words.none}`]), '', `${words.ledger}:`, ...(calls.length ? calls : [`  ${words.none}`])];
}

/** @param {string} label @param {string} text */
function block(label, text) {
  return [`${label}:`, ...visible(text).split('\n').map((one) => `  ${one}`)];
}
