// @ts-check
// History rows in, steps and cuts out. Times are the run's own: milliseconds since its first row, skips included.
import {apply, cutAtOutages, newStep, settle} from './steps.js';

/** @typedef {import('../ui/types.js').Row} Row */
/** @typedef {import('../ui/types.js').Run} Run */
/** @typedef {import('../ui/types.js').ErrorRecord} ErrorRecord */

/**
 * @typedef {object} Attempt
 * @property {number} n
 * @property {number} start
 * @property {number | null} end
 * @property {number} at epoch milliseconds
 * @property {number} length milliseconds by the wall clock
 * @property {'running' | 'complete' | 'failed' | 'timeout' | 'cut'} outcome
 * @property {ErrorRecord | null} error
 * @property {number | null} retryAt when the next one is due
 */

/** @typedef {'running' | 'complete' | 'errored' | 'retrying' | 'sleeping' | 'waiting' | 'terminated'} StepState */

/**
 * @typedef {object} Step
 * @property {string} key
 * @property {'do' | 'sleep' | 'wait'} kind
 * @property {string} name
 * @property {number} start
 * @property {number | null} end
 * @property {StepState} state
 * @property {Attempt[]} attempts
 * @property {number} tries how many attempts its retries allow, 0 if unknown
 * @property {number} due
 * @property {number} length how long it was to sleep or may wait
 * @property {number} skipped
 * @property {string} type
 * @property {boolean} timedOut
 * @property {string | null} value
 * @property {ErrorRecord | null} error
 * @property {boolean} kept answered from history after a kill
 * @property {number} reruns how often it started again after it was complete
 */

/** @typedef {{start: number, end: number, clean: boolean, length: number, kept: string[], open: boolean}} Outage */
/** @typedef {{start: number, end: number, by: number}} Skip */

/**
 * @typedef {object} Model
 * @property {number} origin epoch milliseconds of the first row
 * @property {number} offset
 * @property {number} end
 * @property {boolean} live
 * @property {Step[]} steps
 * @property {Outage[]} outages
 * @property {Skip[]} skips
 */

const ENDS = new Set(['completed', 'errored', 'terminated']);

/**
 * Read a history.
 * @param {readonly Row[]} rows of one life, in order
 * @param {{now?: number, killed?: number | null}} [view] the wall clock, and the moment of a kill that history does not hold yet
 * @returns {Model}
 */
export function readHistory(rows, {now = 0, killed = null} = {}) {
  const life = rows.length ? rows[rows.length - 1].life : 0;
  const kept = rows.filter((row) => row.life === life || row.kind === 'engine_started');
  const reader = new Reader(kept.length ? kept[0].at : now);
  for (const row of kept) reader.take(row);
  return reader.finish(now, killed);
}

/** Takes rows in order and builds the steps. */
class Reader {
  /** @type {Map<string, Step>} */ #steps = new Map();
  /** @type {Outage[]} */ #outages = [];
  /** @type {Skip[]} */ #skips = [];
  #offset = 0;
  #ended = '';
  #last;

  /** @param {number} origin */
  constructor(origin) {
    this.origin = origin;
    this.#last = origin;
  }

  /** @param {Row} row */
  take(row) {
    const t = row.at + this.#offset - this.origin;
    const data = parse(row);
    if (row.kind === 'engine_started') this.#outage(row, data);
    else if (row.kind === 'time_skipped') this.#skip(t, Number(data?.by ?? 0));
    else if (ENDS.has(row.kind)) this.#ended = row.kind;
    else if (row.key) this.#step(row, t, data);
    this.#last = Math.max(this.#last, row.at);
  }

  /**
   * @param {number} now
   * @param {number | null} killed
   * @returns {Model}
   */
  finish(now, killed) {
    const live = this.#ended === '';
    const wall = live ? Math.max(now, this.#last) : this.#last;
    const end = wall + this.#offset - this.origin;
    if (live && killed !== null) {
      const start = Math.max(killed, this.#last) + this.#offset - this.origin;
      this.#outages.push({start, end: Math.max(start, end), clean: false, length: 0, kept: [], open: true});
    }
    const steps = [...this.#steps.values()];
    for (const step of steps) {
      cutAtOutages(step, this.#outages);
      settle(step, this.#ended, end);
    }
    for (const outage of this.#outages) markKept(outage, steps);
    return {origin: this.origin, offset: this.#offset, end, live, steps, outages: this.#outages, skips: this.#skips};
  }

  /** @param {Row} row @param {any} data */
  #outage(row, data) {
    if (row.at <= this.origin) return; // the engine that began the run
    const seen = Math.min(row.at, Math.max(this.#last, Number(data?.last_seen ?? this.#last)));
    const shift = this.#offset - this.origin;
    this.#outages.push({
      start: seen + shift, end: row.at + shift, clean: data?.previous === 'clean', length: row.at - seen, kept: [], open: false,
    });
  }

  /** @param {number} t @param {number} by */
  #skip(t, by) {
    this.#skips.push({start: t, end: t + by, by});
    this.#offset += by;
    for (const step of this.#steps.values()) if (step.end === null) step.skipped += by;
  }

  /** @param {Row} row @param {number} t @param {any} data */
  #step(row, t, data) {
    const key = /** @type {string} */ (row.key);
    let step = this.#steps.get(key);
    if (!step) {
      step = newStep(key, t);
      this.#steps.set(key, step);
    }
    apply(step, row, t, data, this.origin);
  }
}

/** @param {Outage} outage @param {Step[]} steps */
function markKept(outage, steps) {
  if (outage.open) return;
  for (const step of steps) {
    if (step.end === null || step.end > outage.start) continue;
    outage.kept.push(step.key);
    step.kept = true;
  }
}

/** @param {Row} row */
function parse(row) {
  if (row.data === null || row.kind === 'step.completed' || row.kind === 'completed') return null;
  try {
    return JSON.parse(row.data);
  } catch {
    return null;
  }
}

/**
 * The stretch of time a step takes on the page.
 * @param {Step} step
 * @param {number} end of what is drawn
 */
export function extent(step, end) {
  const last = step.attempts.at(-1);
  return {from: step.start, to: step.end ?? (last && last.end !== null && last.retryAt === null ? last.end : end)};
}

/**
 * Which steps run at once: groups of neighbours whose bars overlap in time, as [first, last] indexes.
 * @param {Step[]} steps
 * @param {number} end
 * @returns {[number, number][]}
 */
export function parallel(steps, end) {
  /** @type {[number, number][]} */
  const groups = [];
  let first = 0;
  let reach = -1;
  steps.forEach((step, i) => {
    const {from, to} = extent(step, end);
    if (i > 0 && from >= reach - 1) {
      if (i - first > 1) groups.push([first, i - 1]);
      first = i;
      reach = to;
    } else {
      reach = Math.max(reach, to);
    }
  });
  if (steps.length - first > 1) groups.push([first, steps.length - 1]);
  return groups;
}
