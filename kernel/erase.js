// @ts-check
// Deletes what the kernel stores, of every version of the site at this path.
import {EraseBlocked} from './errors.js';
import {CLOSE_MS} from './limits.js';
import {hold} from './locks.js';

/** @typedef {import('./names.js').Names} Names */

/**
 * eraseDatabase waits until no engine has the database open, then deletes it and what earlier versions left. A page
 * that is frozen keeps its connection: then the databases are emptied now and go when that page wakes or is closed.
 * @param {Names} names
 */
export async function eraseDatabase(names) {
  // Every page was told to let go; an engine that does not answer is fenced by what is deleted.
  const release = await hold(names.engine, {signal: AbortSignal.timeout(2 * CLOSE_MS)}).catch(() => () => {});
  try {
    for (const key of [names.farewell, names.marker]) forget(key);
    await Promise.all((await databases(names)).map(name => eraseOne(name)));
  } finally {
    release();
  }
}

/** @param {string} key in localStorage */
function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // denied: then nothing was put there
  }
}

/**
 * The names of our databases; none where the browser denies storage.
 * @param {Names} names
 */
async function databases(names) {
  try {
    const known = await indexedDB.databases?.() ?? [];
    const prefix = names.database.slice(0, names.database.lastIndexOf(':') + 1);
    return [...new Set([names.database, ...known.map(({name}) => String(name)).filter(name => name.startsWith(prefix))])];
  } catch {
    return [];
  }
}

/** @param {string} name */
async function eraseOne(name) {
  if (await late(emptyDatabase(name))) throw new EraseBlocked();
  await late(deleteDatabase(name));
}

/** Whether something takes longer than another page needs to let go. @param {Promise<void>} work */
async function late(work) {
  let timer = 0;
  const limit = new Promise(resolve => {
    timer = self.setTimeout(resolve, CLOSE_MS, true);
  });
  try {
    return await Promise.race([work, limit]) === true;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * emptyDatabase clears every store; it needs nobody else to close the database.
 * @param {string} name
 * @returns {Promise<void>}
 */
function emptyDatabase(name) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const stores = [...database.objectStoreNames];
      const done = () => {
        database.close();
        resolve();
      };
      if (!stores.length) return done(); // there was none, or it is empty
      const transaction = database.transaction(stores, 'readwrite', {durability: 'strict'});
      for (const store of stores) transaction.objectStore(store).clear();
      transaction.oncomplete = done;
      transaction.onabort = () => reject(transaction.error);
    };
  });
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
