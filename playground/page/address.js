// @ts-check
// Addresses make history entries, so that Back and Forward work; typing never does.

/** @typedef {{example: string | null, tenant: string | null, run: string | null, view: string | null}} Place */

const NAMES = /** @type {const} */ (['example', 'tenant', 'run', 'view']);

/** @type {Set<() => void>} */
const movers = new Set();

/** @returns {Place} */
export function place() {
  const query = new URLSearchParams(location.search);
  return {example: query.get('example'), tenant: query.get('tenant'), run: query.get('run'), view: query.get('view')};
}

/**
 * Go to a place: a new history entry, unless it is where the page is.
 * @param {Partial<Place>} to
 * @param {unknown} [state] what the entry remembers
 */
export function goTo(to, state = null) {
  const url = new URL(location.href);
  url.hash = '';
  for (const name of NAMES) {
    const value = to[name];
    if (value) url.searchParams.set(name, value);
    else if (name !== 'view' || !url.searchParams.has('embed')) url.searchParams.delete(name); // a frame keeps its own
  }
  if (url.href === location.href) return;
  history.pushState(state, '', url);
  for (const moved of movers) moved();
}

/** @param {() => void} listener told when the reader travels */
export function onTravel(listener) {
  window.addEventListener('popstate', listener);
}

/** @param {() => void} listener told of every change of place, the page's own too */
export function onMove(listener) {
  movers.add(listener);
  window.addEventListener('popstate', listener);
}
