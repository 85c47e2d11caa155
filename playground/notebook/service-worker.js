// @ts-check
// The service worker of the notebooks' folder: JupyterLite's own, which serves files to the kernel, and before it a memory
// of what was fetched, for when there is no network. The playground has another one, for the site; what that one keeps is
// found here too.

import {Headroom} from '../offline/headroom.js';
import {prefixOf} from '../offline/names.js';

/** @typedef {Event & {waitUntil(work: Promise<unknown>): void}} Lasting */
/** @typedef {Lasting & {request: Request, respondWith(answer: Promise<Response>): void}} Fetching */
/** @typedef {Lasting & {data: {kind: 'keep', urls: string[]}, ports: MessagePort[]}} Told */

const worker = /** @type {any} */ (self); // the types of service workers and of pages do not go together
const scope = /** @type {string} */ (worker.registration.scope);
const site = new URL('..', scope).href;
const CACHE = `${prefixOf(site)} notebooks`; // erased with the site's others
const headroom = new Headroom(site);
const AT_ONCE = 6; // downloads
const JUPYTERLITE = /\/api\/(drive|stdin|service-worker-heartbeat)/;

worker.addEventListener('fetch', (/** @type {Fetching} */ event) => {
  const {request} = event;
  const {origin, pathname} = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin || JUPYTERLITE.test(pathname) || request.headers.has('range')) return;
  event.stopImmediatePropagation();
  event.respondWith(answer(request));
});
worker.addEventListener('message', (/** @type {Told} */ event) => {
  if (event.data?.kind === 'keep') event.waitUntil(keep(event.data.urls).then(() => event.ports[0].postMessage('kept')));
});
worker.importScripts('jupyterlite-worker.js');

/**
 * From the network, and kept; without one, as it was.
 * @param {Request} request
 * @returns {Promise<Response>}
 */
async function answer(request) {
  try {
    const response = await fetch(request);
    if (response.status === 200 && response.type === 'basic') void put(request.url, response.clone());
    return response;
  } catch (error) {
    const before = await caches.match(plain(request.url), {ignoreVary: true}) ?? await caches.match(plain(request.url), {ignoreSearch: true, ignoreVary: true});
    if (before) return before;
    throw error;
  }
}

/**
 * Fetches what a page was made of before this worker heard its requests.
 * @param {string[]} urls
 */
async function keep(urls) {
  const cache = await caches.open(CACHE);
  const left = [...new Set(urls.map(plain))].filter(url => url.startsWith(location.origin));
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    for (let url = left.shift(); url !== undefined; url = left.shift()) {
      if (await cache.match(url)) continue;
      const response = await fetch(url, {cache: 'force-cache'}).catch(() => null);
      if (response?.status === 200) await put(url, response);
    }
  }));
}

/** @param {string} url @param {Response} response */
async function put(url, response) {
  const {size} = await response.clone().blob();
  if (!await headroom.take(size)) return; // it was for later only
  await (await caches.open(CACHE)).put(plain(url), response).catch(() => {});
}

/** @param {string} url */
function plain(url) {
  return url.split('#')[0];
}
