// @ts-check
// What the browser says of this site's storage. Chromium names a limit that is not the real one (usage + 10 GiB).

/**
 * @typedef {object} Quota
 * @property {number | null} usage bytes of the whole origin
 * @property {number | null} quota bytes the browser names as the limit
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
