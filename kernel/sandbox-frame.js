// @ts-check
// The page's end of one sandbox: an opaque-origin frame with a policy that denies the network, and one worker in it.
import {addressOf, findAssets, KEPT} from './assets.js';
import {SandboxUnavailable} from './errors.js';
import {BOOT_MS} from './limits.js';
import {kindOf} from './refusals.js';

/** @typedef {import('./frame.js').Assets & {html: string}} SandboxAssets */
/** @typedef {import('./frame.js').Order} Order */
/** @typedef {import('./frame.js').Report} Report */

/** @typedef {{at: number, before: number[], after: number[]}} Patch bytes of a file, and those that take their place */

/**
 * loadAssets fetches what sandboxes are made of.
 * @param {URL} base
 * @param {import('./assets.js').Assets} [assets]
 * @returns {Promise<SandboxAssets>}
 */
export async function loadAssets(base, assets) {
  const known = assets ?? await findAssets(base);
  /** @param {string} name */
  const get = async name => {
    const response = await fetch(addressOf(base, known, name), KEPT);
    if (!response.ok) throw new SandboxUnavailable(`${name} could not be loaded: status ${response.status}.`);
    return response;
  };
  /** @param {string} name */
  const blob = async name => (await get(name)).blob();
  const [frame, wasm, stdlib, guest, worker] = await Promise.all([
    get('frame.json').then(response => response.json()),
    blob('pyodide.asm.wasm'), blob('python_stdlib.zip'), blob('guest.zip'), blob('sandbox-worker.js'),
  ]);
  return {html: frame.html, wasm: await patched(wasm, frame.memory), stdlib, guest, worker};
}

/**
 * The engine's own binary with the sandboxes' maximum of memory, made of references to its bytes.
 * @param {Blob} binary
 * @param {Patch} patch
 */
async function patched(binary, {at, before, after}) {
  const found = new Uint8Array(await binary.slice(at, at + before.length).arrayBuffer());
  if (before.length !== after.length || String(found) !== String(before)) {
    throw new SandboxUnavailable('pyodide.asm.wasm is not the file that this build was made with: its memory cannot be limited.');
  }
  return new Blob([binary.slice(0, at), new Uint8Array(after), binary.slice(at + after.length)], {type: 'application/wasm'});
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
