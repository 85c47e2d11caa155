// @ts-check
// The examples: the default one is in the page, each of the others is fetched when it is wanted.
import {readPrefs} from '../prefs.js';

/** @typedef {import('../../ui/types.js').Example} Example */
/** @typedef {{name: string, title: string, tenant: string, main: string, of?: string, at: string}} Stub */
/** @typedef {{example?: string | null, tenant?: string | null}} Place */

export class Catalogue {
  /** @type {Example[]} every example; what has not been fetched has empty files */ examples;
  /** @type {Map<Example, string>} where the rest of an example is */ #missing = new Map();

  /** @param {(Example | Stub)[]} given the default example, and of the others what menus need */
  constructor(given) {
    this.examples = given.map((one) => 'at' in one ? this.#blank(one) : one);
  }

  /** @param {Stub} stub @returns {Example} */
  #blank({at, ...stub}) {
    const example = {...stub, line: '', workflow: '', files: {[stub.main]: ''}, payload: {}, story: '', recorded: null};
    this.#missing.set(example, at);
    return example;
  }

  /**
   * Fetch what a place needs: the example it names, and those that stand for its tenant.
   * @param {Place} place
   * @returns {Promise<boolean>} false where they cannot be reached now
   */
  async need({example, tenant}) {
    const last = tenant ? readPrefs().examples[tenant] : null;
    const wanted = [...this.#missing.keys()].filter(({name, tenant: owner}) => name === example || name === last || owner === tenant);
    const arrived = await Promise.all(wanted.map((one) => this.#fetch(one)));
    return arrived.every(Boolean);
  }

  /** @param {Example} example */
  async #fetch(example) {
    try {
      const response = await fetch(new URL(/** @type {string} */ (this.#missing.get(example)), document.baseURI));
      if (!response.ok) return false;
      Object.assign(example, await response.json());
      this.#missing.delete(example);
      return true;
    } catch {
      return false;
    }
  }
}
