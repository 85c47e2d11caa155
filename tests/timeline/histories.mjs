// Histories as an engine writes them, told in short: [ms, kind, key, attempt, data].
import {readFileSync} from 'node:fs';

const T0 = Date.UTC(2026, 10, 21, 9, 0, 0);
export const DAY = 86_400_000;
const CONFIG = {config: {retries: {limit: 5, delay: 10_000, backoff: 'exponential'}, timeout: '10 minutes'}};

/** @typedef {import('../../playground/ui/types.js').Row} Row */
/** @typedef {[ms: number, kind: string, key?: string | null, attempt?: number | null, data?: any]} Line */

/**
 * Rows of one life from short lines. Times in `due`, `retry_at` and `last_seen` count from the first row too.
 * @param {Line[]} lines
 * @returns {Row[]}
 */
export function history(...lines) {
  return lines.map(([ms, kind, key = null, attempt = null, data = null], i) => {
    const moved = data && typeof data === 'object'
      ? Object.fromEntries(Object.entries(data).map(([name, value]) => [name, ['due', 'retry_at', 'last_seen'].includes(name) ? Number(value) + T0 : value]))
      : data;
    return {pos: i + 1, seq: i + 1, life: 1, at: T0 + ms, kind, key, attempt, data: moved === null ? null : JSON.stringify(moved)};
  });
}

/**
 * A step that runs once and completes.
 * @param {string} name
 * @param {number} from
 * @param {number} to
 * @param {number} [n]
 * @returns {Line[]}
 */
export function step(name, from, to, n = 1) {
  return [[from, 'step.started', `do:${name}-${n}`, 1, CONFIG], [to, 'step.completed', `do:${name}-${n}`, 1, {id: name}]];
}

export const recorded = JSON.parse(readFileSync(new URL('../playground/fixtures/order-recorded.json', import.meta.url), 'utf8'));

/** @type {Record<string, Row[]>} */
export const histories = {
  order: recorded.rows,
  retries: history(
    [0, 'started'],
    [10, 'step.started', 'do:charge card-1', 1, CONFIG],
    [1_210, 'step.failed', 'do:charge card-1', 1, {error: {name: 'ValueError', message: 'declined'}, retry_at: 3_210}],
    [3_210, 'step.started', 'do:charge card-1', 2],
    [4_000, 'step.failed', 'do:charge card-1', 2, {error: {name: 'WorkflowTimeoutError', message: 'too slow'}, retry_at: 12_000}],
    [12_000, 'step.started', 'do:charge card-1', 3],
    [13_000, 'step.completed', 'do:charge card-1', 3, {id: 'charge-1'}],
    [13_010, 'completed'],
  ),
  parallel: history(
    [0, 'started'], ...step('plan', 0, 900),
    [910, 'step.started', 'do:left-1', 1, CONFIG], [911, 'step.started', 'do:right-1', 1, CONFIG], [912, 'step.started', 'do:middle-1', 1, CONFIG],
    [1_700, 'step.completed', 'do:right-1', 1, 1], [2_000, 'step.completed', 'do:left-1', 1, 1], [2_400, 'step.completed', 'do:middle-1', 1, 1],
    ...step('join', 2_410, 3_000), [3_010, 'completed'],
  ),
  closedForDays: history(
    [0, 'started'], ...step('invite', 0, 800),
    [810, 'wait.started', 'wait:signature-1', null, {type: 'signed', due: 810 + 7 * DAY, timeout: 7 * DAY}],
    [2 * DAY, 'engine_started', null, null, {epoch: 2, previous: 'clean', last_seen: 5_000}],
    [2 * DAY + 9_000, 'event.received', null, null, {type: 'signed', payload: 'null'}],
    [2 * DAY + 9_000, 'wait.completed', 'wait:signature-1', null, {event: 6}],
    ...step('open account', 2 * DAY + 9_020, 2 * DAY + 10_000), [2 * DAY + 10_010, 'completed'],
  ),
  timedOut: history(
    [0, 'started'], ...step('ask', 0, 500),
    [510, 'wait.started', 'wait:approval-1', null, {type: 'approve', due: 510 + 3 * DAY, timeout: 3 * DAY}],
    [510 + 3 * DAY, 'wait.timed_out', 'wait:approval-1'],
    [520 + 3 * DAY, 'errored', null, null, {error: {name: 'WorkflowTimeoutError', message: 'no approve'}}],
  ),
  twiceKilled: history(
    [0, 'started'], ...step('one', 0, 1_000),
    [1_010, 'step.started', 'do:two-1', 1, CONFIG],
    [2_500, 'engine_started', null, null, {epoch: 2, previous: 'unclean', last_seen: 1_800}],
    [2_500, 'step.failed', 'do:two-1', 1, {error: {name: 'WorkflowInternalError', message: 'cut off'}, interrupted: true}],
    [2_700, 'step.started', 'do:two-1', 2],
    [3_600, 'engine_started', null, null, {epoch: 3, previous: 'unclean', last_seen: 3_000}],
    [3_600, 'step.failed', 'do:two-1', 2, {error: {name: 'WorkflowInternalError', message: 'cut off'}, interrupted: true}],
    [3_800, 'step.started', 'do:two-1', 3], [4_900, 'step.completed', 'do:two-1', 3, 2], [4_910, 'completed'],
  ),
  drip: history(
    [0, 'started'],
    ...Array.from({length: 12}, (_, month) => /** @type {Line[]} */ ([
      ...step('send letter', month * 30 * DAY, month * 30 * DAY + 900, month + 1),
      [month * 30 * DAY + 910, 'sleep.started', `sleep:a month-${month + 1}`, null, {due: (month + 1) * 30 * DAY, duration: 30 * DAY}],
      [(month + 1) * 30 * DAY, 'sleep.completed', `sleep:a month-${month + 1}`],
    ])).flat(),
    [360 * DAY, 'completed'],
  ),
  pages: history(
    [0, 'started'], ...Array.from({length: 240}, (_, i) => step('fetch page', i * 20, i * 20 + 15, i + 1)).flat(), ...step('report', 4_800, 5_600), [5_610, 'completed'],
  ),
  killedAfterNap: history(
    [0, 'started'], ...step('a', 0, 1_000),
    [1_000, 'sleep.started', 'sleep:nap-1', null, {due: 1_400, duration: 400}], [1_400, 'sleep.completed', 'sleep:nap-1'],
    [1_410, 'step.started', 'do:b-1', 1, CONFIG],
    [2_200, 'engine_started', null, null, {epoch: 2, previous: 'unclean', last_seen: 1_700}],
    [2_200, 'step.failed', 'do:b-1', 1, {error: {name: 'WorkflowInternalError', message: 'cut off'}, interrupted: true}],
    [2_300, 'step.started', 'do:b-1', 2], [3_000, 'step.completed', 'do:b-1', 2, 1], [3_010, 'completed'],
  ),
  skippedOnly: history(
    [0, 'started'],
    [5, 'sleep.started', 'sleep:nap-1', null, {due: 5 + DAY, duration: DAY}],
    [1_000, 'time_skipped', null, null, {by: DAY - 995}],
    [1_000, 'sleep.completed', 'sleep:nap-1'], [1_010, 'completed'],
  ),
};

export {T0};
