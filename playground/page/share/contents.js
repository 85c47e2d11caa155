// @ts-check
// Everything that leaves with a link, as a list that is read before it is copied.
import {bdi, h} from '../../ui/dom.js';
import {duration} from '../../ui/format.js';
import {middle, oneLine} from '../../ui/text.js';
import {oneLineValue} from '../../ui/values.js';
import {readHistory} from '../../timeline/model.js';
import {DELAY, delayOf} from './delay.js';
import {withoutSealed} from '../../share/sealed.js';
import {share as words, timeline as timelineWords} from '../../words/index.js';

/** @typedef {import('../../share/types.js').Shared} Shared */
/** @typedef {import('../../share/types.js').History} History */
/** @typedef {[label: string, value: string, code?: boolean]} Line */

const MOST = 200; // lines of one kind
const LONGEST = 2_000; // characters of one value

/** @param {Shared} shared @returns {HTMLElement} */
export function contentsOf(shared) {
  const lines = [...files(shared), ...payload(shared), ...(shared.run ? run(shared.run) : [])];
  return h('div', {class: 'contents', role: 'group', 'aria-label': words.inside, tabindex: 0},
    h('dl', null, lines.flatMap(([label, value, code = true]) => [h('dt', null, bdi(oneLine(label))), h('dd', {class: code ? 'code' : null}, bdi(value))])),
    shared.run && withoutSealed(shared.run).sealed ? h('p', {class: 'muted'}, words.redacted(withoutSealed(shared.run).sealed)) : null);
}

/** How many steps a history shows. @param {History} history */
export function stepsOf(history) {
  return readHistory(history.rows).steps.length;
}

/** @param {Shared} shared @returns {Line[]} */
function files({files: all, main}) {
  const paths = Object.keys(all).sort((one, other) => Number(other === main) - Number(one === main) || (one < other ? -1 : 1));
  return paths.map((path) => [path, words.file(words.characters(all[path].length)), false]);
}

/** @param {Shared} shared @returns {Line[]} */
function payload({payload: text, settings}) {
  const {worldDelay, schedule, ...view} = settings;
  const looks = /** @type {const} */ (['table', 'toScale', 'wallClock']).filter((name) => view[name] === true).map((name) => words.looks[name]);
  /** @type {Line[]} */
  const lines = [[words.payload, middle(text, LONGEST)]];
  if (delayOf(worldDelay) !== DELAY) lines.push([words.delay, duration(delayOf(worldDelay)), false]);
  if (schedule) lines.push([words.schedule, oneLine(String(schedule))]);
  if (looks.length) lines.push([words.look, looks.join(', '), false]);
  return lines;
}

/** @param {History} history @returns {Line[]} */
function run(history) {
  const {history: {run: summary, rows, ledger}} = withoutSealed(history);
  const {steps} = readHistory(rows);
  const outputs = steps.filter(({value}) => value !== null).map(({name, value}) => /** @type {Line} */ ([name, short(value)]));
  const errors = steps.filter(({error}) => error).map(({name, error}) => /** @type {Line} */ ([name, short(`${error?.name}: ${error?.message}`, false)]));
  const events = rows.filter(({kind}) => kind === 'event.received').map((row) => event(row.data));
  const calls = ledger.map(({method, args, kwargs}) => /** @type {Line} */ ([words.outside, oneLine(`${method} ${oneLineValue(args)} ${kwargs === '{}' ? '' : oneLineValue(kwargs)}`).trim()]));
  const output = /** @type {Line[]} */ (summary.output === null ? [] : [[words.output, short(summary.output)]]);
  return [...few(outputs), ...few(errors), ...few(events), ...few(calls), ...output];
}

/** @param {Line[]} lines @returns {Line[]} */
function few(lines) {
  const left = lines.length - MOST;
  return left > 0 ? [...lines.slice(0, MOST), ['…', timelineWords.more(left), false]] : lines;
}

/** @param {string | null} data @returns {Line} */
function event(data) {
  const {type = '', payload: sent = 'null'} = JSON.parse(data ?? '{}');
  return [words.event(String(type)), short(String(sent))];
}

/** @param {string | null} text @param {boolean} [wire] */
function short(text, wire = true) {
  return middle(oneLine(wire ? oneLineValue(text ?? 'null') : text), LONGEST);
}
