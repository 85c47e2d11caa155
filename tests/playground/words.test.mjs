import assert from 'node:assert/strict';
import test from 'node:test';
import {age, countdown, duration, iso, outage, progress, size} from '../../playground/ui/format.js';
import {ledger, notices, status, summary, timeline} from '../../playground/words/index.js';
import {middle, oneLine, visible} from '../../playground/ui/text.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test('durations are told in at most two units', () => {
  assert.deepEqual(
    [0, 420, 999.4, 1_000, 12_400, 59_940, 60_000, 200_000, 5 * HOUR + 10 * MINUTE, HOUR, DAY, 29 * DAY + 23 * HOUR, 30 * DAY, 30 * DAY - 1_152].map(duration),
    ['0 ms', '420 ms', '999 ms', '1 s', '12.4 s', '59.9 s', '1 min', '3 min 20 s', '5 h 10 min', '1 h', '1 day', '29 d 23 h', '30 days', '30 days'],
  );
});

test('no duration rounds up into a unit that is not there', () => {
  for (let ms = 0; ms < 3 * DAY; ms = Math.ceil(ms * 1.013) + 1) assert.doesNotMatch(duration(ms), /^1000 ms|\b60 s|\b60 min|\b24 h/, `${ms}`);
});

test('an outage is told in seconds, a countdown in whole ones', () => {
  assert.deepEqual([620, 40, 2_400].map(outage), ['0.6 s', '0.0 s', '2.4 s']);
  assert.deepEqual([7_900, 1, 0, -5].map(countdown), ['8 s', '1 s', '0 s', '0 s']);
});

test('sizes are in units of a thousand, both ends of a download in one', () => {
  assert.deepEqual([999, 1_000, 131_072, 6_300_000].map(size), ['999 B', '1 kB', '131 kB', '6.3 MB']);
  assert.equal(progress(3_100_000, 6_300_000), '3.1 of 6.3 MB');
  assert.equal(progress(7_000_000, 6_300_000), '6.3 of 6.3 MB');
});

test('absolute times in copies are ISO 8601 with an offset and the same moment', () => {
  assert.match(iso(1_795_230_000_000), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
  assert.equal(Date.parse(iso(1_795_230_000_000)), 1_795_230_000_000);
});

test('ages grow coarse', () => {
  assert.deepEqual([0, 12_000, 3 * MINUTE, 5 * HOUR, DAY, 40 * DAY].map(age), ['now', '12 s ago', '3 min ago', '5 h ago', '1 day ago', '40 days ago']);
});

test('plurals follow the number', () => {
  assert.equal(summary.killed(1), 'Killed once.');
  assert.equal(summary.killed(2), 'Killed 2 times.');
  assert.equal(summary.again(0), '0 finished steps ran again.');
  assert.equal(summary.again(1), '1 finished step ran again.');
  assert.equal(notices.due(1), '1 run was due while this page was closed. It is running now.');
  assert.equal(notices.due(3), '3 runs were due while this page was closed. They are running now.');
  assert.equal(status.killedOthers(2), 'Engine killed. 2 other runs were interrupted.');
  assert.equal(ledger.noKey(2), 'done 2×, it had no key');
  assert.deepEqual([2, 3, 11, 21].map(timeline.ordinal), ['2nd', '3rd', '11th', '21st']);
});

test('control and bidi characters are shown as escapes, line ends only where there is one line', () => {
  assert.equal(visible('a\u202eb\u0007c\u200bd\ud800'), 'a\\u202eb\\x07c\\u200bd\\ud800');
  assert.equal(visible('two\nlines, tab\t'), 'two\nlines, tab\\x09');
  assert.equal(oneLine('two\nlines'), 'two\\nlines');
  assert.equal(visible('żółw 🐢 <b>'), 'żółw 🐢 <b>');
});

test('long names lose their middle', () => {
  assert.equal(middle('reserve stock', 20), 'reserve stock');
  assert.equal(middle('abcdefghijklmnop', 9), 'abcd…mnop');
  assert.equal(Array.from(middle('🐢'.repeat(30), 9)).length, 9);
});
