// @ts-check
// Recorded runs: the default's is in the page, the others are fetched when their example is opened.

/** @typedef {import('../../ui/types.js').Example} Example */
/** @typedef {import('../../ui/types.js').History} History */

export class Recordings {
  /** @type {Map<string, History | null>} */ #known = new Map();

  /**
   * @param {Example[]} examples
   * @param {() => void} arrived
   */
  constructor(examples, arrived) {
    this.arrived = arrived;
    for (const {name, recorded} of examples) if (recorded) this.#known.set(name, recorded);
  }

  /**
   * The recorded run of an example, as soon as it is here.
   * @param {Example} example
   * @returns {History | null}
   */
  of(example) {
    const known = this.#known.get(example.name);
    if (known !== undefined) return known;
    this.#known.set(example.name, null);
    void this.#fetch(example.name);
    return null;
  }

  /** @param {string} name */
  async #fetch(name) {
    try {
      const response = await fetch(new URL(`examples/${encodeURIComponent(name)}.json`, document.baseURI));
      const {recorded} = /** @type {Example} */ (await response.json());
      if (!recorded) return;
      this.#known.set(name, recorded);
      this.arrived();
    } catch {
      // Without it the page says that there is no run yet, which is true.
    }
  }
}
