// Each golden file is a drawing to look at: `UPDATE_GOLDEN=1 node --test tests/timeline/golden.test.mjs` records them anew.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import test from 'node:test';
import {layOut} from '../../playground/timeline/axis.js';
import {draw} from '../../playground/timeline/draw.js';
import {readHistory} from '../../playground/timeline/model.js';
import {history, step} from './histories.mjs';
import {told} from './told.mjs';
import {recorded, stories} from './stories.mjs';
import {svgOf} from './svg.mjs';

const NAP = 3_570_050; // nearly, so that its name is long
const crowded = history(
  [0, 'started'], ...step('long', 0, 4_000),
  ...[0, 1, 2].flatMap((n) => /** @type {import('./histories.mjs').Line[]} */ ([
    [4_000 + n * NAP, 'sleep.started', `sleep:nap-${n + 1}`, null, {due: 4_000 + (n + 1) * NAP - 50, duration: NAP - 50}],
    [4_000 + (n + 1) * NAP - 50, 'sleep.completed', `sleep:nap-${n + 1}`],
    ...step('blink', 4_000 + (n + 1) * NAP - 50, 4_000 + (n + 1) * NAP, n + 1),
  ])),
  [4_000 + 3 * NAP, 'completed'],
);
const WIDTH = 440;
const ACTIONS = new Set(['skip', 'send', 'retry']);

/** @type {Record<string, {rows: readonly import('../../playground/ui/types.js').Row[], now: number, look?: {toScale?: boolean, clock?: 'run' | 'wall'}}>} */
const drawings = {
  ...stories,
  'order-wall-clock': {...stories.order, look: {clock: 'wall'}},
  'order-to-scale': {...stories.order, look: {toScale: true}},
  'paused-to-scale': {...stories.paused, look: {toScale: true}},
  crowded: {rows: crowded, now: 0},
  'order-recorded': {rows: recorded.rows, now: 0},
};

for (const [name, {rows, now, look = {}}] of Object.entries(drawings)) {
  test(`${name} is drawn as it was`, () => {
    const model = readHistory(rows, {now, clock: look.clock});
    const axis = layOut(model, WIDTH, {toScale: look.toScale, reserve: model.live ? 160 : 0});
    const drawing = draw(model, axis, {actions: ACTIONS});
    const fresh = svgOf(drawing, axis, (row) => (row.group ? `${row.steps[0].name} ×${row.steps.length}` : `${row.rule || row.steps[0].kind === 'rollback' ? '↶ ' : ''}${row.steps[0].name}`));
    for (const {kind, label} of axis.segments) {
      if (kind === 'gap' || kind === 'skip') assert.ok(fresh.includes(`>${label}</text>`), `${label} is written on the axis`);
    }
    const text = `${told(model, drawing).join('\n')}\n`;
    for (const [content, file] of [[fresh, `${name}.svg`], [text, `${name}.txt`]]) same(content, file);
  });
}

/** @param {string} content @param {string} name */
function same(content, name) {
  const file = new URL(`golden/${name}`, import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, content);
  assert.ok(existsSync(file), `There is no golden/${name}: UPDATE_GOLDEN=1 records it.`);
  assert.equal(content, readFileSync(file, 'utf8'));
}
