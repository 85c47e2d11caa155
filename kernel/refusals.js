// @ts-check
// Messages that nobody expected. They are refused and counted, so that a page can say so and a test can prove it.

/** What one realm refused. */
export class Refusals {
  /** @type {Record<string, number>} by receiver */ #counts = {};

  /**
   * Counts a message that its receiver refuses.
   * @param {string} receiver
   */
  count(receiver) {
    this.#counts[receiver] = (this.#counts[receiver] ?? 0) + 1;
  }

  /** How many by receiver; those without any are left out. */
  get counts() {
    return {...this.#counts};
  }
}

/**
 * Returns the kind of a message, or '' for what is no message at all.
 * @param {unknown} message
 */
export function kindOf(message) {
  const kind = message !== null && typeof message === 'object' ? /** @type {{kind?: unknown}} */ (message).kind : '';
  return typeof kind === 'string' ? kind : '';
}
