// @ts-check
// Deletes what the kernel stores, of every version of the site at this path.
import {CLOSE_MS} from './limits.js';
import {hold} from './locks.js';

/** @typedef {import('./names.js').Names} Names */

/**
 * eraseDatabase waits until no engine has the database open, then deletes it and what earlier versions left.
 * @param {Names} names
 */
export async function eraseDatabase(names) {
  // Every page was told to let go; an engine that does not answer is fenced by the deletion itself.
  const release = await hold(names.engine, {signal: AbortSignal.timeout(2 * CLOSE_MS)}).catch(() => () => {});
  try {
    const known = await indexedDB.databases?.() ?? [];
    const prefix = names.database.slice(0, names.database.lastIndexOf(':') + 1);
    const mine = new Set([names.database, ...known.map(({name}) => String(name)).filter(name => name.startsWith(prefix))]);
    await Promise.all([...mine].map(deleteDatabase));
    localStorage.removeItem(names.farewell);
  } finally {
    release();
  }
}

/**
 * deleteDatabase resolves when a database is gone.
 * @param {string} name
 * @returns {Promise<void>}
 */
export function deleteDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
