// @ts-check
// What the first screen does not need: loaded when it is asked for, or when the page has nothing else to do.

/**
 * @template T
 * @param {() => Promise<T>} load
 * @param {(error: unknown) => void} missing told when it could not be loaded; the next use tries again
 * @returns {{(use: (loaded: T) => unknown): void, ahead: () => void}}
 */
export function onDemand(load, missing) {
  /** @type {Promise<T> | null} */ let loading = null;
  const loaded = () => loading ??= load().catch((error) => {
    loading = null;
    throw error;
  });
  /** @param {(loaded: T) => unknown} use */
  const ask = (use) => void loaded().then(use, missing);
  return Object.assign(ask, {ahead: () => void loaded().catch(() => {})});
}
