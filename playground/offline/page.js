// @ts-check
// The page's side of working offline: it registers the service worker, holds on to its build, and offers a new one.
import {dismiss, notify} from '../ui/notices.js';
import {buttons, offline as words} from '../words/index.js';
import {lockOf, spareOf} from './names.js';

const SCRIPT = 'offline.js';
const LOOK_MS = 3_600_000; // between two looks for a new build
const NOTICE = 'update';

/**
 * Keep the site for when there is no network. Where service workers are refused (http, a private window) nothing happens.
 * @param {string} build of this page
 */
export async function keepOffline(build) {
  const container = navigator.serviceWorker;
  if (!container) return;
  const scope = new URL('./', document.baseURI).href;
  void navigator.locks?.request(lockOf(scope, build), {mode: 'shared'}, () => new Promise(() => {})).catch(() => {});
  try {
    const registration = await container.register(new URL(SCRIPT, scope), {scope, updateViaCache: 'none'});
    new Updates(container, registration, build).watch();
  } catch {
    // Refused: everything works, with the network.
  }
}

/** @typedef {'kept' | 'given up' | 'refused'} Kept whether the page opens without a network */

/** @returns {Promise<Kept>} */
export async function keptOffline() {
  try {
    if (await caches.has(note())) return 'given up';
    return await registered() ? 'kept' : 'refused';
  } catch {
    return 'refused'; // a window that stores nothing
  }
}

/** Keep everything again that was given up for the runs. @returns {Promise<Kept>} */
export async function keepAgain() {
  await caches.delete(note());
  const worker = (await registered())?.active;
  if (worker) await asked(worker, {kind: 'fill'});
  return keptOffline();
}

const here = () => new URL('./', document.baseURI).href;
const note = () => spareOf(here()).note;
const registered = () => navigator.serviceWorker?.getRegistration(here());

/** Tells of a newer build, and goes over to it when the reader wishes. */
class Updates {
  /** @param {ServiceWorkerContainer} container @param {ServiceWorkerRegistration} registration @param {string} build */
  constructor(container, registration, build) {
    this.container = container;
    this.registration = registration;
    this.build = build;
  }

  watch() {
    const {container, registration} = this;
    if (registration.waiting) void this.#offer(registration.waiting);
    this.#follow(registration.installing);
    registration.addEventListener('updatefound', () => this.#follow(registration.installing));
    // Another page went over to a newer build, or this one was loaded from the network after its service worker had changed.
    container.addEventListener('controllerchange', () => container.controller && void this.#offer(container.controller));
    if (container.controller) void this.#offer(container.controller);
    const look = () => void registration.update().catch(() => {});
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && look());
    setInterval(look, LOOK_MS);
  }

  /** @param {ServiceWorker | null} worker that is being installed */
  #follow(worker) {
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && this.container.controller) void this.#offer(worker);
      if (worker.state === 'redundant') dismiss(NOTICE);
    });
  }

  /** @param {ServiceWorker} worker */
  async #offer(worker) {
    if (await buildOf(worker) === this.build) return;
    notify(NOTICE, {text: words.update, kept: true, actions: [{label: buttons.reloadNow, act: () => this.#goOver(worker)}]});
  }

  /** @param {ServiceWorker} worker */
  #goOver(worker) {
    if (worker.state === 'activated') return location.reload();
    worker.addEventListener('statechange', () => worker.state === 'activated' && location.reload());
    worker.postMessage({kind: 'activate'});
  }
}

/** @param {ServiceWorker} worker @returns {Promise<string>} */
const buildOf = worker => asked(worker, {kind: 'which'});

/** @param {ServiceWorker} worker @param {import('./names.js').Wish} wish @returns {Promise<any>} its answer */
function asked(worker, wish) {
  const {port1, port2} = new MessageChannel();
  return new Promise(resolve => {
    port1.onmessage = ({data}) => resolve(data);
    worker.postMessage(wish, [port2]);
  });
}
