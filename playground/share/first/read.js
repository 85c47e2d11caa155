// @ts-check
// Checked reading: a value is what it has to be, or the record is damaged.
import {ShareError} from '../errors.js';

/** @param {string} what @returns {never} */
export function wrong(what) {
  throw new ShareError('damaged', {what});
}

/** @param {unknown} value @returns {number} */
export function integer(value) {
  return Number.isSafeInteger(value) ? /** @type {number} */ (value) : wrong('number');
}

/** @param {unknown} value @returns {string} */
export function text(value) {
  return typeof value === 'string' ? value : wrong('text');
}

/** @param {unknown} value @returns {string | null} */
export function textOrNull(value) {
  return value === null ? null : text(value);
}

/**
 * @template [T=any]
 * @param {unknown} value
 * @param {(one: any) => T} [each]
 * @returns {T[]}
 */
export function list(value, each = (one) => one) {
  return Array.isArray(value) ? value.map((one) => each(one)) : wrong('list');
}

/** @param {unknown} value @returns {Record<string, any>} */
export function record(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : wrong('record');
}
