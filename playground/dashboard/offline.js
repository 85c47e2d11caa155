// @ts-check
// Keeps this page for when there is no network: what it and its worker consist of, beside what the site's worker keeps.
import {visitedOf} from '../offline/names.js';

/** @typedef {import('./protocol.js').Places} Places */

const AT_ONCE = 6; // downloads

/**
 * Keep the page, its packages and the site. Where service workers are refused nothing happens.
 * @param {URL} site
 * @param {Places} places
 * @returns {Promise<boolean>} whether everything is kept
 */
export async function keepOffline(site, places) {
  const container = navigator.serviceWorker;
  if (!container) return false;
  try {
    await container.register(new URL('offline.js', site), {scope: site.href, updateViaCache: 'none'});
    await container.ready;
    const folder = new URL('dashboard/', site).href;
    await keep(site, [folder, `${folder}index.html`, ...loaded(), ...await packages(site, places)]);
    return true;
  } catch {
    return false; // refused: everything works, with the network
  }
}

/** What this page has loaded so far. */
function loaded() {
  return performance.getEntriesByType('resource').map(({name}) => name.split('#')[0]);
}

/** What the worker's Python consists of: its loader's folder, and every package that the lock names. @param {URL} site @param {Places} places */
async function packages(site, {pyodide, lock, worker}) {
  const {assets} = await (await fetch(new URL('runtime/manifest.json', site))).json();
  const folder = pyodide.replace(/[^/]*$/, '');
  const python = /** @type {{path: string}[]} */ (Object.values(assets)).map(({path}) => path).filter((path) => path.startsWith(folder));
  const listed = await (await fetch(new URL(lock, site))).json();
  const needed = closure(listed.packages, ['micropip', 'dynamic-workflows-dashboards']);
  const wheels = needed.map((name) => new URL(listed.packages[name].file_name, new URL(lock, site)).href);
  return [...[worker, lock, ...python].map((path) => new URL(path, site).href), ...wheels];
}

/** @param {Record<string, {depends: string[]}>} packages @param {string[]} wanted */
function closure(packages, wanted) {
  const found = new Set(wanted);
  for (const name of found) for (const need of packages[name].depends) found.add(need);
  return [...found];
}

/** @param {URL} site @param {string[]} addresses */
async function keep(site, addresses) {
  const cache = await caches.open(visitedOf(site.href));
  const left = [...new Set(addresses)].filter((address) => address.startsWith(site.href));
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    for (let address = left.shift(); address !== undefined; address = left.shift()) {
      if (await caches.match(address)) continue;
      const response = await fetch(address, {cache: 'force-cache'});
      if (response.status === 200) await cache.put(address, response);
    }
  }));
}
