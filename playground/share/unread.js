// @ts-check
// A record whose run cannot be read.
import {ShareError} from './errors.js';

/** @typedef {import('../ui/types.js').History} History */

/**
 * Code is worth opening without its run, which a newer version may have written in a way of its own.
 * @param {() => History} read
 * @returns {{run: History | null, unread?: true}}
 */
export function readRun(read) {
  try {
    return {run: read()};
  } catch (error) {
    if (error instanceof ShareError) return {run: null, unread: true};
    throw error;
  }
}
