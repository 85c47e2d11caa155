// @ts-check
// The dashboards themselves: a Bokeh document whose other half is Python in a worker. Each half sends the other patches.

/** @typedef {import('./protocol.js').Places} Places */
/** @typedef {import('./protocol.js').ToPage} ToPage */
/** @typedef {import('./protocol.js').ToWorker} ToWorker */
/** @typedef {{on_change: (heard: (event: any) => void, isBatch: boolean) => void, create_json_patch: (events: any[]) => unknown, apply_json_patch: (patch: unknown, buffers: Map<string, ArrayBuffer>) => void}} BokehDocument */

/** What the window has once Bokeh's scripts have run. @returns {any} */
const bokeh = () => /** @type {any} */ (window).Bokeh;

/** Events: `stage`, whose detail is what is being loaded; `live`; `failed` with `{message, loaded}`. */
export class LiveView extends EventTarget {
  /** @type {BokehDocument | null} */ #document = null;
  #patching = 0;
  #live = false;
  /** @type {Worker} */ #worker;
  /** @type {Promise<void>} */ #scripts;

  /**
   * @param {HTMLElement} element where the dashboards go
   * @param {URL} site
   * @param {Places} places
   */
  constructor(element, site, places) {
    super();
    this.element = element;
    this.#worker = new Worker(new URL(places.worker, site), {type: 'module', name: 'dashboards'});
    this.#worker.onmessage = ({data}) => this.#hear(data);
    this.#worker.onerror = (event) => this.#fail(event.message ?? '', false);
    this.#tell({kind: 'open', pyodide: new URL(places.pyodide, site).href, lock: new URL(places.lock, site).href, address: addressOf(location)});
    this.#scripts = inOrder(places.scripts.map((path) => new URL(path, site)));
    this.#scripts.catch((error) => this.#fail(String(error.message), false));
  }

  /** @param {ToWorker} message */
  #tell(message) {
    this.#worker.postMessage(message);
  }

  /** @param {ToPage} message */
  #hear(message) {
    if (message.kind === 'stage') this.dispatchEvent(new CustomEvent('stage', {detail: message.stage}));
    else if (message.kind === 'document') void this.#embed(message.text).catch((error) => this.#fail(String(error.message), true));
    else if (message.kind === 'patch') this.#patch(message.patch, message.buffers);
    else this.#fail(message.message, message.loaded);
  }

  /** Before there is anything to see the reader is told; afterwards the dashboards say themselves what they lack. @param {string} message @param {boolean} loaded */
  #fail(message, loaded) {
    if (this.#live) return console.error(message);
    this.#worker.terminate();
    this.dispatchEvent(new CustomEvent('failed', {detail: {message, loaded}}));
  }

  /** @param {string} text */
  async #embed(text) {
    const {documents, items} = JSON.parse(text);
    await this.#scripts;
    this.element.replaceChildren(...Object.values(items[0].roots).map((id) => {
      const place = document.createElement('div');
      place.id = String(id);
      return place;
    }));
    const [views] = await bokeh().embed.embed_items(documents, items);
    const [root] = views.roots.values();
    this.#document = /** @type {BokehDocument} */ (root.model.document);
    this.#document.on_change((event) => this.#changed(event), false);
    this.#tell({kind: 'shown'});
    this.#whenDrawn(() => {
      this.#live = true;
      this.dispatchEvent(new Event('live'));
    });
  }

  /** The document is there before the engine has answered what is drawn in it. @param {() => void} act */
  #whenDrawn(act) {
    const observer = new ResizeObserver(() => {
      if (!this.element.offsetHeight) return;
      observer.disconnect();
      act();
    });
    observer.observe(this.element);
  }

  /** What the reader changed; what Python changed is known there. @param {any} event */
  #changed(event) {
    if (this.#patching || !this.#document) return;
    this.#tell({kind: 'changed', patch: this.#document.create_json_patch([event])});
  }

  /** @param {unknown} patch @param {Map<string, ArrayBuffer>} buffers */
  #patch(patch, buffers) {
    this.#patching += 1;
    try {
      this.#document?.apply_json_patch(patch, buffers);
    } finally {
      this.#patching -= 1;
    }
  }
}

/** Load classic scripts one after the other: each adds to what the one before defined. @param {URL[]} addresses */
async function inOrder(addresses) {
  await Promise.all(addresses.map((address) => new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.async = false; // loaded at once, run in this order
    script.src = address.href;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address.pathname} could not be loaded.`));
    document.head.append(script);
  })));
}

/** @param {Location} at */
function addressOf({href, hostname, pathname, protocol, port, search, hash}) {
  return JSON.stringify({href, hostname, pathname, protocol, port, search, hash});
}
