// @ts-check
// History rows in, steps and cuts out. Times are milliseconds since the first row: by the run's own clock with what was
// skipped, by the wall clock without. A pause takes its time in both, so that it can be seen.
import {apply, cutAtOutages, newStep, settle, stop} from './steps.js';

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
 * @property {'running' | 'complete' | 'failed' | 'timeout' | 'cut' | 'stopped'} outcome
 * @property {ErrorRecord | null} error
 * @property {number | null} retryAt when the next one is due
 */

/** @typedef {'running' | 'complete' | 'errored' | 'retrying' | 'sleeping' | 'waiting' | 'terminated'} StepState */

/**
 * @typedef {object} Step
 * @property {string} key
 * @property {'do' | 'sleep' | 'wait' | 'rollback'} kind
 * @property {string} name
 * @property {number} count which one of its name it is, from 1
 * @property {number} start
 * @property {number | null} end
 * @property {number} at epoch milliseconds of its first row
 * @property {number | null} until epoch milliseconds of its end
 * @property {number | null} stopped when it was given up with the run
 * @property {StepState} state
 * @property {Attempt[]} attempts
 * @property {number} tries how many attempts its retries allow, 0 if unknown
 * @property {number} due
 * @property {number} length how long it was to sleep or may wait
 * @property {number} skipped
 * @property {string} type
 * @property {boolean} timedOut
 * @property {string | null} value wire text: what it returned, or the payload of its event
 * @property {any} config as the first attempt recorded it
 * @property {ErrorRecord | null} error
 * @property {boolean} kept answered from history after a kill
 * @property {number} reruns how often it started again after it was complete
 */

/** @typedef {{start: number, end: number, clean: boolean, length: number, kept: string[], open: boolean}} Outage */
/** @typedef {{start: number, end: number, by: number}} Skip */
/** @typedef {{start: number, end: number, open: boolean}} Pause */
/** @typedef {{at: number, from: string, recoded: boolean, kept: Set<string>}} Restart what a restart kept of the life before it, and whether it went on with other code */
/** @typedef {{start: number, error: ErrorRecord | null, outcome: string | null, failure: ErrorRecord | null}} Undoing */
/** @typedef {'run' | 'wall'} Clock */

/**
 * @typedef {object} Model
 * @property {number} origin epoch milliseconds of the first row
 * @property {number} offset milliseconds by which the drawn time is ahead of the wall clock
 * @property {Clock} clock
 * @property {number} end
 * @property {boolean} live
 * @property {Step[]} steps
 * @property {Outage[]} outages
 * @property {Skip[]} skips
 * @property {Pause[]} pauses
 * @property {Restart | null} restart
 * @property {Undoing | null} rollback
 */

const ENDS = new Set(['completed', 'errored', 'terminated']);

/**
 * Read a history.
 * @param {readonly Row[]} rows in order
 * @param {{now?: number, killed?: number | null, clock?: Clock}} [view] the wall clock, and the moment of a kill that history does not hold yet
 * @returns {Model}
 */
export function readHistory(rows, {now = 0, killed = null, clock = 'run'} = {}) {
  const life = rows.findLast((row) => row.kind !== 'engine_started')?.life ?? 0; // rows of the engine know no lives
  const kept = inOrder(rows.filter((row) => row.life === life || row.kind === 'engine_started'));
  const reader = new Reader(kept.length ? kept[0].at : now, clock);
  for (const row of kept) reader.take(row);
  return reader.finish(now, killed);
}

/** A restart copies rows of the life before it behind itself, with their times: they come before it. @param {Row[]} rows */
function inOrder(rows) {
  const at = rows.findIndex((row) => row.kind === 'restarted');
  if (at < 0) return rows;
  const restarted = rows[at];
  const started = rows.findIndex((row, i) => i > at && row.kind === 'started');
  const copies = rows.slice(at + 1, started < 0 ? rows.length : started).filter((row) => row.at <= restarted.at && (row.key !== null || row.kind === 'event.received'));
  const moved = new Set(copies);
  return [...copies, ...rows.filter((row) => !moved.has(row))];
}

/** Takes rows in order and builds the steps. */
class Reader {
  /** @type {Map<string, Step>} */ #steps = new Map();
  /** @type {Outage[]} */ #outages = [];
  /** @type {Skip[]} */ #skips = [];
  /** @type {Pause[]} */ #pauses = [];
  /** @type {Map<number, any>} */ #events = new Map();
  /** @type {Restart | null} */ #restart = null;
  /** @type {Undoing | null} */ #rollback = null;
  #skipped = 0;
  #ended = '';
  #last;

  /** @param {number} origin @param {Clock} clock */
  constructor(origin, clock) {
    this.origin = origin;
    this.clock = clock;
    this.#last = origin;
  }

  /** By how much the drawn time is ahead of the wall clock. */
  get #offset() {
    return this.clock === 'run' ? this.#skipped : 0;
  }

  /** @param {Row} row */
  take(row) {
    const t = row.at + this.#offset - this.origin;
    const data = parse(row);
    if (row.kind === 'engine_started') this.#outage(row, data);
    else if (row.key) this.#step(row, t, data);
    else this.#about(row, t, data);
    this.#last = Math.max(this.#last, row.at);
  }

  /** A row about the run itself. @param {Row} row @param {number} t @param {any} data */
  #about(row, t, data) {
    if (row.kind === 'time_skipped') this.#skip(t, Number(data?.by ?? 0));
    else if (row.kind === 'event.received') this.#events.set(row.seq, data);
    else if (row.kind === 'paused') this.#pauses.push({start: t, end: t, open: true});
    else if (row.kind === 'resumed') this.#resume(t);
    else if (row.kind === 'restarted') this.#restart = {at: t, from: String(data?.from ?? ''), recoded: Boolean(data?.version), kept: new Set(this.#steps.keys())};
    else if (row.kind === 'rollback.started') this.#undo(t, data);
    else if (row.kind === 'rollback.ended' && this.#rollback) Object.assign(this.#rollback, {outcome: data?.outcome ?? null, failure: data?.error ?? null});
    else if (ENDS.has(row.kind)) {
      this.#ended = row.kind;
      this.#resume(t);
    }
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
    for (const pause of this.#pauses) if (pause.open) pause.end = end;
    const steps = [...this.#steps.values()];
    const late = this.#standstill();
    for (const step of steps) {
      fromOwn(step, late);
      cutAtOutages(step, this.#outages);
      settle(step, this.#ended, end);
    }
    for (const outage of this.#outages) markKept(outage, steps);
    return {
      origin: this.origin, offset: this.#offset, clock: this.clock, end, live, steps, outages: this.#outages, skips: this.#skips,
      pauses: this.#pauses, restart: this.#restart, rollback: this.#rollback,
    };
  }

  /** From the run's own time, in which pauses take none, to the time that is drawn. */
  #standstill() {
    const paused = this.#pauses.reduce((sum, one) => sum + one.end - one.start, 0);
    return this.clock === 'run' ? paused : paused - this.#skipped;
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
    this.#skips.push({start: t, end: this.clock === 'run' ? t + by : t, by});
    this.#skipped += by;
    for (const step of this.#steps.values()) if (step.end === null) step.skipped += by;
  }

  /** @param {number} t */
  #resume(t) {
    const pause = this.#pauses.at(-1);
    if (pause?.open) Object.assign(pause, {end: t, open: false});
  }

  /** @param {number} t @param {any} data */
  #undo(t, data) {
    this.#resume(t);
    this.#rollback = {start: t, error: data?.error ?? null, outcome: null, failure: null};
    for (const step of this.#steps.values()) stop(step, t);
  }

  /** @param {Row} row @param {number} t @param {any} data */
  #step(row, t, data) {
    const key = /** @type {string} */ (row.key);
    let step = this.#steps.get(key);
    if (!step) {
      step = newStep(key, t, row.at);
      this.#steps.set(key, step);
    }
    apply(step, row, t, data, this.origin);
    if (step.end !== null) step.until ??= row.at;
    if (row.kind === 'wait.completed') step.value = this.#events.get(data?.event)?.payload ?? null;
  }
}

/** @param {Step} step @param {number} late */
function fromOwn(step, late) {
  step.due += late;
  for (const attempt of step.attempts) if (attempt.retryAt !== null) attempt.retryAt += late;
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

/** @type {WeakMap<Row, any>} rows never change, so each is parsed once */
const parsed = new WeakMap();

/** @param {Row} row */
function parse(row) {
  if (row.data === null || row.kind === 'step.completed' || row.kind === 'completed') return null;
  if (!parsed.has(row)) parsed.set(row, json(row.data));
  return parsed.get(row);
}

/** @param {string} text */
function json(text) {
  try {
    return JSON.parse(text);
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
  return {from: step.start, to: step.end ?? step.stopped ?? (last && last.end !== null && last.retryAt === null ? last.end : end)};
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
