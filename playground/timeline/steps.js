// @ts-check
// What the rows of one step say of its attempts, its state and its end.

/** @typedef {import('./model.js').Step} Step */
/** @typedef {import('./model.js').Attempt} Attempt */
/** @typedef {import('./model.js').Outage} Outage */
/** @typedef {import('../ui/types.js').Row} Row */
/** @typedef {import('../ui/types.js').ErrorRecord} ErrorRecord */

/**
 * A step that was seen for the first time.
 * @param {string} key
 * @param {number} start
 * @param {number} at
 * @returns {Step}
 */
export function newStep(key, start, at) {
  const kind = /** @type {Step['kind']} */ (key.slice(0, key.indexOf(':')));
  const name = key.slice(kind.length + 1).replace(/-\d+$/, '');
  return {
    key, kind, name, count: Number(key.slice(kind.length + name.length + 2)) || 1, start, at, end: null, until: null, stopped: null, state: 'running',
    attempts: [], tries: 0, due: 0, length: 0, skipped: 0, type: '', timedOut: false, value: null, config: null, error: null, kept: false, reruns: 0,
  };
}

/**
 * Take one row of a step.
 * @param {Step} step
 * @param {Row} row
 * @param {number} t
 * @param {any} data
 * @param {number} origin
 */
export function apply(step, row, t, data, origin) {
  switch (row.kind) {
    case 'step.started':
      if (step.value !== null) step.reruns += 1;
      step.config ??= data?.config ?? null;
      if (data?.config?.retries) step.tries = Number(data.config.retries.limit) + 1;
      step.attempts.push({
        n: row.attempt ?? step.attempts.length + 1, start: t, end: null, at: row.at, length: 0, outcome: 'running', error: null, retryAt: null,
      });
      return;
    case 'step.completed':
      close(step, row, t, 'complete');
      step.end = t;
      step.value = row.data;
      return;
    case 'step.failed':
      fail(step, row, t, data, origin);
      return;
    case 'sleep.started':
    case 'wait.started':
      step.due = Number(data?.due ?? 0) - origin;
      step.length = Number(data?.duration ?? data?.timeout ?? step.due - t);
      step.type = String(data?.type ?? '');
      return;
    case 'wait.timed_out':
      step.timedOut = true;
      step.end = t;
      return;
    case 'sleep.completed':
    case 'wait.completed':
      step.end = t;
  }
}

/** @param {Step} step @param {Row} row @param {number} t @param {any} data @param {number} origin */
function fail(step, row, t, data, origin) {
  const error = data?.error ?? null;
  const attempt = close(step, row, t, data?.interrupted ? 'cut' : isTimeout(error) ? 'timeout' : 'failed');
  if (attempt) {
    attempt.error = error;
    attempt.retryAt = data?.retry_at === undefined || data.retry_at === null ? null : Number(data.retry_at) - origin;
  }
  if (data?.final) {
    step.end = t;
    step.error = error;
  }
}

/** @param {ErrorRecord | null} error */
function isTimeout(error) {
  return error !== null && /Timeout/.test(error.name);
}

/**
 * End the attempt that a row speaks of.
 * @param {Step} step
 * @param {Row} row
 * @param {number} t
 * @param {Attempt['outcome']} outcome
 */
function close(step, row, t, outcome) {
  const attempt = step.attempts.findLast((one) => one.end === null && (row.attempt === null || one.n === row.attempt));
  if (!attempt) return null;
  attempt.end = t;
  attempt.length = row.at - attempt.at;
  attempt.outcome = outcome;
  return attempt;
}

/**
 * History learns of a cut-off attempt when the engine is back; the attempt itself ended with the engine.
 * @param {Step} step
 * @param {Outage[]} outages
 */
export function cutAtOutages(step, outages) {
  for (const attempt of step.attempts) {
    if (attempt.outcome !== 'cut' && attempt.outcome !== 'running') continue;
    const outage = outages.find((one) => one.start >= attempt.start && (attempt.end === null ? one.open : one.start <= attempt.end));
    if (!outage) continue;
    attempt.length = attempt.end === null ? outage.start - attempt.start : Math.max(0, attempt.length - (attempt.end - outage.start));
    attempt.end = outage.start;
    attempt.outcome = 'cut';
  }
}

/**
 * Give a step up that is open when the run begins to undo.
 * @param {Step} step
 * @param {number} t
 */
export function stop(step, t) {
  if (step.end !== null) return;
  step.stopped = t;
  const last = step.attempts.at(-1);
  if (last) last.retryAt = null;
  if (last && last.end === null) Object.assign(last, {end: t, outcome: 'stopped'});
}

/**
 * Decide what state a step is in, when all rows are read.
 * @param {Step} step
 * @param {string} ended
 * @param {number} now
 */
export function settle(step, ended, now) {
  const last = step.attempts.at(-1);
  if (ended && last && last.end === null) Object.assign(last, {end: now, outcome: 'stopped'});
  if (step.error) step.state = 'errored';
  else if (step.end !== null) step.state = step.timedOut ? 'errored' : 'complete';
  else if (ended || step.stopped !== null) step.state = 'terminated';
  else if (step.kind === 'sleep') step.state = 'sleeping';
  else if (step.kind === 'wait') step.state = 'waiting';
  else if (last && last.retryAt !== null && last.retryAt > now) step.state = 'retrying';
  else step.state = 'running';
}
