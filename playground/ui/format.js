// @ts-check
// Durations, sizes and times as the reader reads them.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Name a length of time: `420 ms`, `12.4 s`, `3 min 20 s`, `5 h 10 min`, `29 d 23 h`, `30 days`.
 * @param {number} ms
 * @returns {string}
 */
export function duration(ms) {
  const length = Math.max(0, ms);
  if (Math.round(length) < SECOND) return `${Math.round(length)} ms`;
  if (length < MINUTE - 50) return `${trim(length / SECOND)} s`;
  if (length < HOUR - SECOND / 2) return pair(length, MINUTE, 'min', SECOND, 's');
  if (length < DAY - MINUTE / 2) return pair(length, HOUR, 'h', MINUTE, 'min');
  const hours = Math.round(length / HOUR);
  if (hours % 24 === 0) return hours === 24 ? '1 day' : `${hours / 24} days`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/**
 * Name an outage: below a minute in seconds, `0.6 s`, because it is read against a clock.
 * @param {number} ms
 */
export function outage(ms) {
  return ms < SECOND ? `${(Math.max(0, ms) / SECOND).toFixed(1)} s` : duration(ms);
}

/**
 * Name what is left until something is due, to the whole second.
 * @param {number} ms
 */
export function countdown(ms) {
  return ms < MINUTE ? `${Math.max(0, Math.ceil(ms / SECOND))} s` : duration(ms);
}

/** @param {number} value */
function trim(value) {
  const text = value.toFixed(1);
  return text.endsWith('.0') ? text.slice(0, -2) : text;
}

/**
 * @param {number} ms
 * @param {number} large
 * @param {string} largeName
 * @param {number} small
 * @param {string} smallName
 */
function pair(ms, large, largeName, small, smallName) {
  const units = Math.round(ms / small);
  const each = large / small;
  const rest = units % each;
  const whole = Math.floor(units / each);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

/**
 * Name a number of bytes in kB, MB or GB of 1,000.
 * @param {number} bytes
 */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  return bytes < 999_500_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/**
 * Name both ends of a download in one unit: `3.1 of 6.3 MB`.
 * @param {number} bytes
 * @param {number} total
 */
export function progress(bytes, total) {
  if (total < 999_500) return `${Math.round(bytes / 1000)} of ${Math.round(total / 1000)} kB`;
  return `${(Math.min(bytes, total) / 1_000_000).toFixed(1)} of ${(total / 1_000_000).toFixed(1)} MB`;
}

/**
 * Name a moment as short as the distance to it allows, in the reader's zone and locale.
 * @param {number} at
 * @param {number} now
 */
export function moment(at, now) {
  const date = new Date(at);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) {
    return new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit'}).format(date);
  }
  /** @type {Intl.DateTimeFormatOptions} */
  const options = {day: 'numeric', month: 'short'};
  if (Math.abs(at - now) > 300 * DAY) options.year = 'numeric';
  return new Intl.DateTimeFormat(undefined, options).format(date);
}

/**
 * Name a moment to the second in the reader's zone and locale, with its date where that is not the date of `near`.
 * @param {number} at
 * @param {number} near
 */
export function clockTime(at, near) {
  const date = new Date(at);
  const options = /** @type {Intl.DateTimeFormatOptions} */ ({hour: '2-digit', minute: '2-digit', second: '2-digit'});
  const other = date.toDateString() !== new Date(near).toDateString();
  return new Intl.DateTimeFormat(undefined, other ? {...options, day: 'numeric', month: 'short'} : options).format(date);
}

/**
 * Write a moment as ISO 8601 with the reader's offset, for titles and copies.
 * @param {number} at
 */
export function iso(at) {
  const date = new Date(at);
  const minutes = -date.getTimezoneOffset();
  const local = new Date(at + minutes * MINUTE).toISOString().slice(0, -1);
  const sign = minutes < 0 ? '-' : '+';
  const two = (/** @type {number} */ n) => String(Math.floor(Math.abs(n))).padStart(2, '0');
  return `${local}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/**
 * Name an age: `now`, `12 s ago`, `3 min ago`, `2 days ago`.
 * @param {number} ms
 */
export function age(ms) {
  if (ms < 5 * SECOND) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  const days = Math.floor(ms / DAY);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}
