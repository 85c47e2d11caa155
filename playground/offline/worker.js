// @ts-check
// The service worker: after the first visit the site opens without a network. An address whose content never changes is
// answered from the cache, whichever build asks; what has a fixed address comes from this worker's build.
import {offline as words} from '../words/offline.js';
import {giveUp, Headroom, mayKeep, withHeadroom} from './headroom.js';
import {assetsOf, buildOf, lockOf, visitedOf} from './names.js';

/** @typedef {{path: string, sha256: string}} Fixed */
/** @typedef {{build: string, kept: string[], fixed: Fixed[]}} Listing */
/** @typedef {Event & {waitUntil(work: Promise<unknown>): void}} Lasting */
/** @typedef {Lasting & {request: Request, respondWith(answer: Promise<Response>): void}} Fetching */
/** @typedef {{condition: {urlPattern: {pathname: string}}, source: {cacheName: string}}} Route answers without this worker */
/** @typedef {Lasting & {addRoutes?: (routes: Route[]) => Promise<void>}} Installing */
/** @typedef {Lasting & {data: import('./names.js').Wish, ports: MessagePort[]}} Told */

const worker = /** @type {any} */ (self); // the types of service workers and of pages do not go together
const scope = /** @type {string} */ (worker.registration.scope);
const listing = /** @type {Listing} */ (worker.BUILD);
const LIST = 'files'; // in each build's cache: what it keeps
const AT_ONCE = 6; // downloads
const headroom = new Headroom(scope);

worker.addEventListener('install', (/** @type {Installing} */ event) => {
  event.waitUntil(Promise.all([bypass(event), install()]));
});
worker.addEventListener('activate', (/** @type {Lasting} */ event) => event.waitUntil(tidy().then(() => worker.clients.claim())));
worker.addEventListener('message', (/** @type {Told} */ {data, ports}) => {
  if (data.kind === 'activate') worker.skipWaiting();
  else if (data.kind === 'which') ports[0].postMessage(listing.build);
  else if (data.kind === 'fill') void install().catch(() => {}).then(() => ports[0].postMessage(null));
});
worker.addEventListener('fetch', (/** @type {Fetching} */ event) => {
  const {request} = event;
  if (request.method !== 'GET' || !request.url.startsWith(scope) || request.headers.has('range')) return;
  const path = new URL(request.url).pathname.slice(new URL(scope).pathname.length);
  if (request.mode === 'navigate') event.waitUntil(tidy());
  event.respondWith(answer(path, event));
});

/**
 * Lets the browser itself answer what never changes from the cache, where it can: then a page's files also come when this
 * worker does not answer, because the tab whose process it lives in stands still.
 * @param {Installing} event
 */
async function bypass(event) {
  const {pathname} = new URL(scope);
  const folders = ['page/*', 'kernel/*', 'runtime/*/*', 'examples/*'];
  const source = {cacheName: assetsOf(scope)};
  await event.addRoutes?.(folders.map(folder => ({condition: {urlPattern: {pathname: pathname + folder}}, source}))).catch(() => {});
}

/** Keeps this build's files, unless the runs need the room. */
async function install() {
  if (!await mayKeep(scope)) return;
  try {
    await withHeadroom(scope, fill);
  } catch (error) {
    if (/** @type {Error} */ (error).name !== 'QuotaExceededError') throw error;
    await giveUp(scope);
  }
}

/** Fetches what is missing; a file that is not of this build makes the installation fail, and it is tried again later. */
async function fill() {
  const assets = await caches.open(assetsOf(scope));
  const own = await caches.open(buildOf(scope, listing.build));
  const missing = [];
  for (const path of listing.kept) if (!await assets.match(addressOf(path))) missing.push(path);
  await each(missing, async path => assets.put(addressOf(path), await fetched(path, {cache: 'force-cache'})));
  await each(listing.fixed, async ({path, sha256}) => own.put(addressOf(path), await fetched(path, {cache: 'no-cache', integrity: `sha256-${sha256}`})));
  await own.put(addressOf(LIST), Response.json(listing.kept));
}

/** @param {string} path @param {RequestInit} options */
async function fetched(path, options) {
  const response = await fetch(addressOf(path), options);
  if (!response.ok) throw new Error(`${path} could not be loaded: status ${response.status}.`);
  return response;
}

/**
 * @template T
 * @param {T[]} all
 * @param {(one: T) => Promise<unknown>} work
 */
async function each(all, work) {
  const left = [...all];
  await Promise.all(Array.from({length: AT_ONCE}, async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  }));
}

/** Deletes what only builds had that no page is open of. */
async function tidy() {
  const names = (await caches.keys()).filter(name => name.startsWith(buildOf(scope, '')));
  const {held = []} = await navigator.locks.query();
  const open = new Set(held.map(({name}) => name));
  const waiting = [worker.registration.installing, worker.registration.waiting].filter(one => one && one.scriptURL !== undefined);
  const past = names.filter(name => name !== buildOf(scope, listing.build) && !open.has(lockOf(scope, name.slice(buildOf(scope, '').length))));
  if (!past.length || waiting.length) return; // one that is being installed fills its cache right now
  const kept = new Set();
  for (const name of names.filter(one => !past.includes(one))) {
    const list = await (await caches.open(name)).match(addressOf(LIST));
    for (const path of await list?.json() ?? []) kept.add(addressOf(path));
  }
  const assets = await caches.open(assetsOf(scope));
  for (const request of await assets.keys()) if (!kept.has(request.url)) await assets.delete(request);
  await Promise.all(past.map(name => caches.delete(name)));
}

/** @param {string} path @param {Fetching} event */
async function answer(path, event) {
  const address = addressOf(path);
  const kept = await found(buildOf(scope, listing.build), path === 'index.html' ? addressOf('') : address) ?? await found(assetsOf(scope), address);
  return kept ?? visited(event);
}

/** Looks into a cache without making it where it was given up. @param {string} cacheName @param {string} address */
function found(cacheName, address) {
  return caches.match(address, {cacheName});
}

/** What is not of the page itself: from the network, and kept for when there is none. @param {Fetching} event */
async function visited(event) {
  const {request} = event;
  const address = request.url.split('#')[0];
  try {
    const response = await fetch(request);
    if (response.status === 200 && response.type === 'basic') event.waitUntil(keep(address, response.clone()).catch(() => {}));
    return response;
  } catch (error) {
    const before = await found(visitedOf(scope), address);
    if (before) return before;
    if (request.mode === 'navigate') return await visitedPage(request) ?? missing();
    throw error;
  }
}

/** For later only: without room for it and for some runs it is not kept. @param {string} address @param {Response} response */
async function keep(address, response) {
  const {size} = await response.clone().blob();
  if (await headroom.take(size)) await (await caches.open(visitedOf(scope))).put(address, response);
}

/** A page that reads what it shows from its address is one file, whatever is asked of it. @param {Request} request */
function visitedPage(request) {
  return caches.match(request.url, {cacheName: visitedOf(scope), ignoreSearch: true});
}

/** A page that was never visited, without a network. */
function missing() {
  const style = 'body{font:16px/24px system-ui,sans-serif;margin:20vh auto;max-width:40ch;padding:0 16px;color-scheme:light dark}';
  const text = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${words.notYet}</title>`
    + `<style>${style}</style><h1 style="font-size:20px">${words.notYet}</h1><p><a href="${scope}">${words.back}</a></p>`;
  return new Response(text, {status: 503, headers: {'Content-Type': 'text/html; charset=utf-8'}});
}

/** @param {string} path */
function addressOf(path) {
  return new URL(path, scope).href;
}
