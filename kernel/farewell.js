// @ts-check
// A page that leads leaves word when it goes: there is no time for an orderly end then, but a reload is not a crash.

/** When and how the engine before this one ended, as far as its page knows. @typedef {{at: number, clean: boolean}} Ended */

/** Keeps the word of a leaving page where the next one finds it. Without storage nobody finds any. */
export class Farewell {
  #leave = () => this.#write(Date.now());

  /** @param {string} name key in localStorage */
  constructor(name) {
    this.name = name;
  }

  /** Leaves word when this page goes. */
  watch() {
    addEventListener('pagehide', this.#leave);
  }

  /** Stops leaving word: this page no longer leads. */
  unwatch() {
    removeEventListener('pagehide', this.#leave);
  }

  /**
   * Takes the word a page has left, once.
   * @returns {Ended | null}
   */
  take() {
    try {
      const at = Number(localStorage.getItem(this.name));
      localStorage.removeItem(this.name);
      return at ? {at, clean: true} : null;
    } catch {
      return null;
    }
  }

  /** @param {number} at epoch milliseconds */
  #write(at) {
    try {
      localStorage.setItem(this.name, String(at));
    } catch {
      // storage is denied: the next page knows of no farewell, and calls it a crash
    }
  }
}
