// @ts-check
// Caches that only spare the network. The runs come first: where they find no room, these go.
import {FREED_LOOK_MS, FREED_MS} from './limits.js';

/**
 * @typedef {object} Spare
 * @property {string} caches how their names begin
 * @property {string} note an empty cache that says that they were given up; whoever fills them looks for it first
 */

/**
 * giveUp deletes the caches that are there for the network's sake, and resolves with whether there was anything in them,
 * once the browser counts their room as free.
 * @param {Spare | undefined} spare
 */
export async function giveUp(spare) {
  if (!spare || typeof caches === 'undefined') return false;
  try {
    const names = (await caches.keys()).filter(name => name.startsWith(spare.caches) && name !== spare.note);
    const before = await usage();
    await caches.open(spare.note);
    const emptied = await Promise.all(names.map(emptiedOf));
    await Promise.all(names.map(name => caches.delete(name)));
    const gone = emptied.some(count => count > 0);
    for (const end = Date.now() + FREED_MS; gone && await usage() >= before && Date.now() < end;) await pause();
    return gone;
  } catch {
    return false; // denied
  }
}

/** Empties a cache: one that a page holds open would keep its room after it was deleted. @param {string} name */
async function emptiedOf(name) {
  const cache = await caches.open(name);
  const requests = await cache.keys();
  await Promise.all(requests.map(request => cache.delete(request)));
  return requests.length;
}

const usage = async () => (await navigator.storage?.estimate?.())?.usage ?? 0;

const pause = () => new Promise(done => setTimeout(done, FREED_LOOK_MS));
