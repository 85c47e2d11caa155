// @ts-check
// What goes from the playground to a notebook: a tenant's code, its payload and the run that is shown. It lies in this
// browser's storage for a moment and never in an address: no link can put code into a notebook.

/**
 * @typedef {object} Order
 * @property {string} tenant
 * @property {Record<string, string>} files
 * @property {string} main
 * @property {unknown} payload
 * @property {{workflow: string, id: string} | null} run
 */

const KEY = 'dynamic-workflows.handover';
const MARK = '#from-playground';

/**
 * Put an order down and return the address that takes it up.
 * @param {URL} site
 * @param {Order} order
 * @throws {DOMException} where nothing can be stored
 */
export function put(site, order) {
  localStorage.setItem(KEY, JSON.stringify(order));
  return new URL(`lab/index.html${MARK}`, site);
}

/**
 * Take up what was put down for this page.
 * @returns {Order | null}
 */
export function take() {
  if (location.hash !== MARK) return null;
  history.replaceState(null, '', location.pathname + location.search);
  const text = localStorage.getItem(KEY);
  localStorage.removeItem(KEY);
  return text === null ? null : JSON.parse(text);
}
