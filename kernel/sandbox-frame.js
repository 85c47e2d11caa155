// @ts-check
// The page's end of one sandbox: an opaque-origin frame with a policy that denies the network, and one worker in it.
import {SandboxUnavailable} from './errors.js';
import {BOOT_MS} from './limits.js';
import {kindOf} from './refusals.js';

/** @typedef {import('./frame.js').Assets & {html: string}} SandboxAssets */
/** @typedef {import('./frame.js').Order} Order */
/** @typedef {import('./frame.js').Report} Report */

/**
 * loadAssets fetches what sandboxes are made of.
 * @param {URL} base
 * @returns {Promise<SandboxAssets>}
 */
export async function loadAssets(base) {
  /** @param {string} name */
  const get = async name => {
    const response = await fetch(new URL(`runtime/${name}`, base));
    if (!response.ok) throw new SandboxUnavailable(`${name} could not be loaded: status ${response.status}.`);
    return response;
  };
  /** @param {string} name */
  const blob = async name => (await get(name)).blob();
  const [frame, wasm, stdlib, guest, worker] = await Promise.all([
    get('frame.json').then(response => response.json()),
    blob('sandbox.wasm'), blob('python_stdlib.zip'), blob('guest.zip'), blob('sandbox-worker.js'),
  ]);
  return {html: frame.html, wasm, stdlib, guest, worker};
}

/** A sandbox for one loader id; never used for a second one. */
export class SandboxFrame {
  #element = document.createElement('iframe');
  /** @type {(event: MessageEvent) => void} */ #listener;
  /** @type {() => void} */ #abandon;
  #pings = 0;
  /** When the frame was last heard, in milliseconds of performance.now(). */
  heard = performance.now();
  /** What the frame refused, by receiver. @type {Record<string, number>} */
  refused = {};
  /** Told of a message of the frame that makes no sense. */
  onrefused = () => {};
  /** Whether the frame's document runs: before that its silence means nothing. */
  loaded = false;
  /** Resolves when Python waits for its port. @type {Promise<void>} */
  ready;

  /** @param {SandboxAssets} assets */
  constructor(assets) {
    const {html, ...parts} = assets;
    const element = this.#element;
    this.#listener = this.#abandon = () => {};
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new SandboxUnavailable('A sandbox did not start in time.')), BOOT_MS);
      this.#abandon = () => {
        clearTimeout(timer);
        reject(new SandboxUnavailable('The sandbox was removed while it started.'));
      };
      this.#listener = event => {
        if (event.source !== element.contentWindow) return;
        this.heard = performance.now();
        const report = /** @type {Report} */ (event.data);
        if (!kindOf(report)) return this.onrefused();
        switch (report.kind) {
          case 'hello':
            this.loaded = true;
            return this.#order({kind: 'boot', assets: parts});
          case 'ready':
            clearTimeout(timer);
            return resolve();
          case 'failed':
            clearTimeout(timer);
            return reject(new SandboxUnavailable(`A sandbox could not start: ${report.message}`));
          case 'pong':
            this.refused = report.refused;
            return;
          default: return this.onrefused();
        }
      };
    });
    this.ready.catch(() => {});
    addEventListener('message', this.#listener);
    element.setAttribute('sandbox', 'allow-scripts');
    element.setAttribute('aria-hidden', 'true');
    element.hidden = true;
    element.srcdoc = html;
    document.body.append(element);
  }

  /**
   * Joins the worker to the other end of a port that the engine holds.
   * @param {MessagePort} port
   */
  connect(port) {
    this.#order({kind: 'connect', port}, [port]);
  }

  /**
   * Whether a message comes from this frame.
   * @param {MessageEventSource | null} source
   */
  sent(source) {
    return source !== null && source === this.#element.contentWindow;
  }

  /** Asks the frame for a sign of life. */
  ping() {
    this.#order({kind: 'ping', number: ++this.#pings});
  }

  /** Terminates the worker; the frame stays and keeps the compiled code alive. */
  kill() {
    this.#order({kind: 'kill'});
  }

  /** Removes the frame, and with it its worker. */
  remove() {
    this.#abandon();
    removeEventListener('message', this.#listener);
    this.#element.remove();
  }

  /**
   * @param {Order} order
   * @param {Transferable[]} [transfer]
   */
  #order(order, transfer = []) {
    this.#element.contentWindow?.postMessage(order, '*', transfer); // '*' because an opaque origin cannot be named
  }
}
