// @ts-check
// Draws the picture of every recorded run: its rows as bars on the timeline's own axis, in the page's colours.
// Reads {name: history} as JSON from standard input; writes {name: {ms, picture}} as JSON to standard output.
import {readFileSync} from 'node:fs';
import {layOut, xAt} from '../timeline/axis.js';
import {readHistory} from '../timeline/model.js';

/** @typedef {import('../timeline/model.js').Step} Step */
/** @typedef {import('../timeline/model.js').Model} Model */
/** @typedef {import('../timeline/axis.js').Axis} Axis */

const WIDTH = 232;
const HEIGHT = 84;
const MOST = 14; // px between two rows
const TONES = {complete: 'done', failed: 'fail', timeout: 'fail', cut: 'run', running: 'run', stopped: 'text'};

/** @param {string} name @param {Record<string, string | number>} attributes */
const tag = (name, attributes) => `<${name} ${Object.entries(attributes).map(([key, value]) => `${key}="${typeof value === 'number' ? round(value) : value}"`).join(' ')}/>`;

/** @param {number} value */
const round = value => Math.round(value * 10) / 10;

/** @param {string} tone */
const filled = tone => `fill:var(--${tone})`;

/** @param {string} tone @param {string} [more] */
const stroked = (tone, more = '') => `fill:none;stroke:var(--${tone})${more}`;

/**
 * The picture of a run, as the content of an SVG symbol.
 * @param {Model} model
 */
function pictureOf(model) {
  const axis = layOut(model, WIDTH);
  const pitch = Math.min(MOST, HEIGHT / model.steps.length);
  const top = (HEIGHT - pitch * model.steps.length) / 2;
  const bar = Math.max(2, Math.round(pitch * 0.55));
  const rows = model.steps.map((step, i) => rowOf(step, model, axis, top + pitch * i + (pitch - bar) / 2, bar));
  const outages = model.outages.filter(({clean}) => !clean);
  const bands = outages.map(({start, end}) => {
    const x = xAt(axis, start);
    return tag('rect', {x, y: 0, width: Math.max(0, xAt(axis, end ?? model.end) - x), height: HEIGHT, style: `${filled('fail')};fill-opacity:.12`});
  });
  const kills = outages.map(({start}) => {
    const x = Math.max(1, xAt(axis, start));
    return tag('path', {d: `M${round(x)} 0V${HEIGHT}`, style: stroked('fail', ';stroke-width:1.5')});
  });
  return [...bands, ...rows, ...kills].join('');
}

/**
 * @param {Step} step
 * @param {Model} model
 * @param {Axis} axis
 * @param {number} y
 * @param {number} height
 */
function rowOf(step, model, axis, y, height) {
  const from = xAt(axis, step.start);
  const to = Math.max(from + 2, xAt(axis, step.end ?? model.end));
  if (step.kind === 'sleep') return tag('rect', {x: from + 0.5, y: y + 0.5, width: to - from - 1, height: height - 1, rx: 1, style: stroked('sleep')});
  if (step.kind === 'wait') {
    const open = tag('rect', {x: from + 0.5, y: y + 0.5, width: to - from - 1, height: height - 1, rx: 1, style: stroked('wait', ';stroke-dasharray:3 2')});
    return open + tag('circle', {cx: Math.min(to, WIDTH - 3), cy: y + height / 2, r: 2.5, style: filled(step.timedOut ? 'fail' : 'wait')});
  }
  return step.attempts.map((attempt, i) => attemptOf(step, i, model, axis, y, height)).join('');
}

/**
 * @param {Step} step
 * @param {number} i
 * @param {Model} model
 * @param {Axis} axis
 * @param {number} y
 * @param {number} height
 */
function attemptOf(step, i, model, axis, y, height) {
  const {start, end, outcome} = step.attempts[i];
  const x = xAt(axis, start);
  const to = Math.max(x + 2, xAt(axis, end ?? model.end));
  const next = step.attempts[i + 1];
  const middle = round(y + height / 2);
  const delay = next && outcome !== 'cut'
    ? tag('path', {d: `M${round(to + 2)} ${middle}H${round(xAt(axis, next.start) - 1)}`, style: stroked('fail', ';stroke-dasharray:1 3')}) : '';
  return tag('rect', {x, y, width: to - x, height, rx: 1, style: filled(TONES[outcome])}) + delay;
}

/** @type {Record<string, import('../ui/types.js').History>} */
const histories = JSON.parse(readFileSync(0, 'utf8'));
const drawn = Object.entries(histories).map(([name, {rows}]) => {
  const model = readHistory(rows);
  return [name, {ms: model.end, picture: `<symbol id="${name}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${pictureOf(model)}</symbol>`}];
});
process.stdout.write(JSON.stringify(Object.fromEntries(drawn)));
