import assert from 'node:assert/strict';
import test from 'node:test';
import {delayOf} from '../../playground/page/share/delay.js';
import {lookOf, settingsOf} from '../../playground/page/share/settings.js';

/** @type {import('../../playground/timeline/element.js').WorkflowTimeline['look']} */
const plain = {as: 'bars', toScale: false, clock: 'run'};

test('a share has no settings where the page is as every page begins', () => {
  assert.deepEqual(settingsOf({delay: 1500, schedule: '', look: plain}), {});
});

test('what differs travels, and is drawn the same there', () => {
  for (const look of /** @type {const} */ ([{as: 'table', toScale: false, clock: 'wall'}, {as: 'bars', toScale: true, clock: 'run'}])) {
    const settings = settingsOf({delay: 0, schedule: '0 6 * * *', look});
    assert.deepEqual([settings.worldDelay, settings.schedule], [0, '0 6 * * *']);
    assert.deepEqual(lookOf(JSON.parse(JSON.stringify(settings))), look);
  }
  assert.deepEqual(lookOf({}), plain);
});

test('a delay is a whole number of milliseconds up to a minute, whoever asks for it', () => {
  assert.deepEqual([null, undefined, '', '250', 0, 60_000].map(delayOf), [1500, 1500, 1500, 250, 0, 60_000]);
  assert.deepEqual(['-1', 60_001, 'x', 1.5, Infinity, {}, true].map(delayOf), Array(7).fill(1500));
});
