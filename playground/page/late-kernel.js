// @ts-check
// The kernel as the page holds it from the start: its code arrives behind the first screen, and what is asked waits for it.

/** @typedef {import('../ui/types.js').Kernel} Kernel */
/** @typedef {import('../ui/types.js').KernelState} KernelState */
/** @typedef {Parameters<typeof import('../../kernel/client.js').openKernel>[0]} Options */

const EVENTS = ['state', 'rows', 'started', 'leaving', 'left', 'replaced'];

export class LateKernel extends EventTarget {
  /** @type {KernelState} */ state = {stage: 'python', bytes: 0, total: 0, storage: 'indexeddb', epoch: 0};
  /** @type {Promise<Kernel>} */ arrived;

  /** @param {Options} options */
  constructor(options) {
    super();
    this.arrived = import('../../kernel/client.js').then(({openKernel}) => this.#adopt(openKernel(options)));
    this.arrived.catch((/** @type {Error} */ {name, message}) => this.#enter({...this.state, stage: 'failed', error: {name, message}}));
  }

  /** @param {Kernel} kernel */
  #adopt(kernel) {
    for (const name of EVENTS) {
      kernel.addEventListener(name, (event) => {
        this.state = kernel.state;
        this.dispatchEvent(new CustomEvent(name, {detail: /** @type {CustomEvent} */ (event).detail}));
      });
    }
    this.#enter(kernel.state);
    return kernel;
  }

  /** @param {KernelState} state */
  #enter(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', {detail: state}));
  }

  /** @type {Kernel['request']} */
  async request(verb, args) {
    return (await this.arrived).request(verb, args);
  }

  /** @type {Kernel['storage']} */
  async storage(verb, args) {
    return (await this.arrived).storage(verb, args);
  }

  /** @type {Kernel['kill']} */
  async kill(target, of) {
    return (await this.arrived).kill(target, of);
  }

  async disarm() {
    await (await this.arrived).disarm();
  }

  async close() {
    await (await this.arrived).close();
  }

  async takeOver() {
    await (await this.arrived).takeOver?.();
  }

  reopen() {
    void this.arrived.then((kernel) => kernel.reopen());
  }

  /** @type {Kernel['erase']} */
  async erase(more) {
    await (await this.arrived).erase(more);
  }

  async quota() {
    return (await this.arrived).quota();
  }

  async askToKeep() {
    return (await this.arrived).askToKeep();
  }
}
