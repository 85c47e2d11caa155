// @ts-check
// What came out of the run and what it did outside.
import {$, h, replace} from '../../ui/dom.js';
import {announce} from '../../ui/announce.js';
import {buttons, ledger as words, output as texts} from '../../words/index.js';
import {copy} from '../../ui/notices.js';
import {isLive} from './state.js';
import {visible} from '../../ui/text.js';
import {oneLineValue, readable} from '../../ui/values.js';

/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {import('../../ui/types.js').LedgerRow} LedgerRow */

/** What scrolls is reached by keyboard; what does not is no stop on the way. */
const scrolling = new ResizeObserver((entries) => {
  for (const {target} of entries) {
    if (target.scrollHeight > target.clientHeight + 1 || target.scrollWidth > target.clientWidth + 1) target.setAttribute('tabindex', '0');
    else target.removeAttribute('tabindex');
  }
});

/** @param {History | null} history */
export function showOutput(history) {
  const value = history?.run.output ?? null;
  const home = $('#output');
  const none = history && !isLive(history.run) ? texts.nothing : texts.none;
  const text = value === null ? '' : readable(value);
  if (home.dataset.text === `${none} ${text}` && home.firstChild) return;
  home.dataset.text = `${none} ${text}`;
  const button = h('button', {type: 'button', class: 'button plain small', onclick: () => void copy(button, text).then(() => announce(texts.copied))}, buttons.copy);
  const pre = h('pre', {class: 'code'}, h('bdi', null, visible(text)));
  scrolling.disconnect();
  scrolling.observe(pre);
  replace(home, h('h2', null, 'Output'),
    value === null ? h('span', {class: 'none'}, none) : pre,
    value === null ? null : button);
}

/** @param {History | null} history */
export function showLedger(history) {
  const rows = history?.ledger ?? [];
  const head = h('thead', null, h('tr', null, h('th', {scope: 'col'}, 'Outside world'), h('th', {scope: 'col'}, 'asked'), h('th', {scope: 'col'}, 'done')));
  const body = h('tbody', null, rows.length ? rows.map(line) : h('tr', null, h('td', {class: 'nothing', colspan: 3}, words.empty)));
  replace($('#ledger'), head, body);
}

/** @param {LedgerRow} row */
function line(row) {
  const amber = row.done > 1;
  return h('tr', {class: amber ? 'amber' : row.asked > row.done ? 'more' : null},
    h('th', {scope: 'row'}, h('bdi', null, visible(call(row))), amber ? h('span', {class: 'why'}, words.noKey(row.done)) : null),
    h('td', {class: 'count asked'}, words.times(row.asked)),
    h('td', {class: 'count done'}, words.times(row.done)));
}

/** A call as a person says it: the method and what it was given. @param {LedgerRow} row */
function call(row) {
  const args = parts(row.args, (value) => Object.values(value));
  const kwargs = parts(row.kwargs, (value) => Object.entries(value).filter(([name]) => name !== 'key').map(([name, one]) => `${name}=${show(one)}`));
  return [row.method, ...args, ...kwargs].join(' ');
}

/** @param {string} wire @param {(value: any) => unknown[]} each */
function parts(wire, each) {
  try {
    return each(JSON.parse(wire)).map((value) => (typeof value === 'string' ? value : show(value)));
  } catch {
    return [wire];
  }
}

/** @param {unknown} value */
function show(value) {
  return oneLineValue(JSON.stringify(value));
}
