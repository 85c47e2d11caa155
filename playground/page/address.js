// @ts-check
// Addresses make history entries, so that Back and Forward work; typing never does.

/** @typedef {{example: string | null, tenant: string | null, run: string | null, view: string | null}} Place */

/** @returns {Place} */
export function place() {
  const query = new URLSearchParams(location.search);
  return {example: query.get('example'), tenant: query.get('tenant'), run: query.get('run'), view: query.get('view')};
}

/**
 * Go to a place: a new history entry, unless it is where the page is.
 * @param {Partial<Place>} to
 */
export function goTo(to) {
  const url = new URL(location.href);
  url.hash = '';
  for (const name of /** @type {const} */ (['example', 'tenant', 'run', 'view'])) {
    const value = to[name];
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  if (url.href !== location.href) history.pushState(null, '', url);
}

/** @param {() => void} listener */
export function onTravel(listener) {
  window.addEventListener('popstate', listener);
}
