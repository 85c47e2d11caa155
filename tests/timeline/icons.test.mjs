// Each state's icon has an outline of its own: drawn without colour, no two of them look alike.
import assert from 'node:assert/strict';
import test from 'node:test';
import {iconPath} from '../../playground/ui/icons.js';

/** @type {import('../../playground/ui/icons.js').IconName[]} */
const STATES = ['queued', 'running', 'complete', 'sleeping', 'waiting', 'retrying', 'errored', 'terminated', 'paused'];
/** @type {import('../../playground/ui/icons.js').IconName[]} */
const MARKS = ['kept', 'kill', 'skip', 'undo', 'away'];
const SIZE = 16;
const LEAST = 20; // pixels of 256 in which two icons differ
const REACH = 1; // px: half the stroke and what blurs

/** The pixels that a path's stroke touches, sampled along lines, arcs and closings. @param {string} path */
function pixels(path) {
  const touched = new Set();
  for (const [x, y] of points(path)) {
    for (let dx = -REACH; dx <= REACH; dx += 0.5) {
      for (let dy = -REACH; dy <= REACH; dy += 0.5) if (dx * dx + dy * dy <= 0.6) touched.add(Math.floor(y + dy) * SIZE + Math.floor(x + dx));
    }
  }
  return touched;
}

/** @param {string} path @returns {[number, number][]} */
function points(path) {
  const tokens = path.match(/[A-Za-z]|-?\d*\.?\d+/g) ?? [];
  /** @type {[number, number][]} */ const found = [];
  let [command, x, y, x0, y0, i] = ['', 0, 0, 0, 0, 0];
  const next = () => Number(tokens[i++]);
  const line = (/** @type {number} */ tx, /** @type {number} */ ty) => {
    for (let n = 0; n <= 40; n++) found.push([x + ((tx - x) * n) / 40, y + ((ty - y) * n) / 40]);
    [x, y] = [tx, ty];
  };
  while (i < tokens.length) {
    if (/[A-Za-z]/.test(tokens[i])) command = tokens[i++];
    const relative = command === command.toLowerCase();
    const [ox, oy] = relative ? [x, y] : [0, 0];
    switch (command.toUpperCase()) {
      case 'M': [x, y] = [ox + next(), oy + next()]; [x0, y0] = [x, y]; command = relative ? 'l' : 'L'; break;
      case 'L': line(ox + next(), oy + next()); break;
      case 'H': line(ox + next(), y); break;
      case 'V': line(x, oy + next()); break;
      case 'Z': line(x0, y0); break;
      case 'A': {
        const [r, , , large, sweep, tx, ty] = [next(), next(), next(), next(), next(), ox + next(), oy + next()];
        found.push(...arc([x, y], [tx, ty], r, large === 1, sweep === 1));
        [x, y] = [tx, ty];
        break;
      }
      default: throw new Error(`an icon uses ${command}`);
    }
  }
  return found;
}

/** @param {[number, number]} from @param {[number, number]} to @param {number} r @param {boolean} large @param {boolean} sweep */
function arc([x1, y1], [x2, y2], r, large, sweep) {
  const half = Math.hypot(x2 - x1, y2 - y1) / 2;
  const radius = Math.max(r, half);
  const away = Math.sqrt(Math.max(0, radius * radius - half * half)) * (large === sweep ? -1 : 1);
  const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const [cx, cy] = [mx - (away * (y2 - y1)) / (2 * half || 1), my + (away * (x2 - x1)) / (2 * half || 1)];
  const start = Math.atan2(y1 - cy, x1 - cx);
  let turn = Math.atan2(y2 - cy, x2 - cx) - start;
  if (sweep && turn < 0) turn += 2 * Math.PI;
  if (!sweep && turn > 0) turn -= 2 * Math.PI;
  return Array.from({length: 80}, (_, n) => /** @type {[number, number]} */ ([cx + radius * Math.cos(start + (turn * n) / 79), cy + radius * Math.sin(start + (turn * n) / 79)]));
}

for (const [title, names] of /** @type {const} */ ([['states', STATES], ['states and marks', [...STATES, ...MARKS]]])) {
  test(`the icons of ${title} differ in their outlines, so that no colour is needed`, () => {
    for (const one of names) {
      for (const other of names) {
        if (one >= other) continue;
        const [a, b] = [pixels(iconPath(one)), pixels(iconPath(other))];
        const both = [...a].filter((pixel) => b.has(pixel)).length;
        const different = a.size + b.size - 2 * both;
        assert.ok(different >= LEAST, `${one} and ${other} differ in ${different} pixels`);
      }
    }
  });
}
