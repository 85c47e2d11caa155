// @ts-check
// The kernel of a page of embeds: one for all of them, in a hidden frame of the site, started by the first Run.
import {h} from '../ui/dom.js';
import {embed as words} from '../words/index.js';
import {CONNECT} from './bridge.js';

/** @typedef {import('../ui/types.js').KernelState} KernelState */

const PATIENCE = 20_000; // ms for the frame's page to answer; Python has all the time it needs after that

/** The same face as the kernel's client, from another origin. Events: state, rows, started, deleted. */
export class FramedKernel extends EventTarget {
  /** @type {KernelState} */ state = {stage: 'python'};
  salvage = null;
  #base;
  /** @type {MessagePort | null} */ #port = null;
  /** @type {Map<number, {resolve: (ok: any) => void, reject: (error: Error) => void}>} */ #calls = new Map();
  #count = 0;

  /** @param {string} base address of the site */
  constructor(base) {
    super();
    this.#base = base;
  }

  /**
   * Start Python, unless it was started.
   * @param {number} [worldDelay] milliseconds that an answer of the outside world takes; the first to start decides
   */
  wake(worldDelay) {
    if (this.#port) return;
    const {port1, port2} = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({data}) => this.#take(data);
    const frame = h('iframe', {src: `${this.#base}embed.html`, title: 'Dynamic Workflows', tabindex: -1, 'aria-hidden': 'true'});
    Object.assign(frame.style, {position: 'absolute', width: '0', height: '0', border: '0', visibility: 'hidden'});
    const late = window.setTimeout(() => this.#enter({stage: 'failed', error: {name: 'HostMissing', message: words.noHost(this.#base)}}), PATIENCE);
    this.addEventListener('state', () => window.clearTimeout(late), {once: true});
    frame.addEventListener('load', () => frame.contentWindow?.postMessage({kind: CONNECT, worldDelay}, new URL(this.#base).origin, [port2]), {once: true});
    document.body.append(frame);
  }

  /** @param {string} verb @param {Record<string, unknown>} [args] */
  request(verb, args) {
    return this.#call('request', [verb, args]);
  }

  /** @param {'engine' | 'sandbox'} target @param {object} [of] */
  kill(target, of) {
    return this.#call('kill', [target, of]);
  }

  disarm() {
    return this.#call('disarm', []);
  }

  takeOver() {
    return this.#call('takeOver', []);
  }

  /** @param {string} method @param {any[]} args @returns {Promise<any>} */
  #call(method, args) {
    const call = this.#count += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, {resolve, reject});
      this.#port?.postMessage({call, method, args});
    });
  }

  /** @param {any} said */
  #take(said) {
    if (said.event === 'state') this.#enter(said.detail);
    else if (said.event) this.dispatchEvent(new CustomEvent(said.event, {detail: said.detail}));
    else this.#settle(said);
  }

  /** @param {import('./bridge.js').Answer} answer */
  #settle({call, ok, error}) {
    const pending = this.#calls.get(call);
    this.#calls.delete(call);
    if (error) pending?.reject(Object.assign(new Error(error.message), error));
    else pending?.resolve(ok);
  }

  /** @param {KernelState} state */
  #enter(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', {detail: state}));
  }
}
