// @ts-check
// What the browser allows this site to store, and whether it promises to keep it.
import {ROOM_BYTES} from './limits.js';

/**
 * @typedef {object} Quota
 * @property {number | null} usage bytes of the whole origin
 * @property {number | null} quota bytes the browser allows
 * @property {boolean | null} persisted whether the browser promised not to remove it by itself; null where it does not say
 */

const storage = /** @type {StorageManager | undefined} */ (globalThis.navigator?.storage);

/** @returns {Promise<Quota>} */
export async function quota() {
  /** @type {StorageEstimate} */
  const estimate = await storage?.estimate?.().catch(() => ({})) ?? {};
  return {usage: estimate.usage ?? null, quota: estimate.quota ?? null, persisted: await storage?.persisted?.().catch(() => null) ?? null};
}

/** Asks the browser to keep what is stored. @returns {Promise<boolean | null>} its answer */
export async function askToKeep() {
  return await storage?.persist?.().catch(() => null) ?? null;
}

/** Whether there is enough room to go on. */
export async function hasRoom() {
  const {usage, quota: allowed} = await quota();
  return usage !== null && allowed !== null && allowed - usage > ROOM_BYTES;
}
