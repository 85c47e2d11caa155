// @ts-check
// Why something that was shared cannot be opened: a reason and its numbers. The page has the sentences.

/** @typedef {'cut' | 'damaged' | 'newer' | 'foreign' | 'large'} Reason */

export class ShareError extends Error {
  /**
   * @param {Reason} reason cut: characters are missing; damaged: others arrived than were sent; newer: a format this page
   *   does not know; foreign: not one of ours; large: over a limit
   * @param {Record<string, number | string>} [facts]
   */
  constructor(reason, facts = {}) {
    super(`${reason} ${JSON.stringify(facts)}`);
    this.name = 'ShareError';
    this.reason = reason;
    this.facts = facts;
  }
}

/**
 * Refuse what breaks a limit.
 * @param {string} what is limited
 * @param {number} found
 * @param {number} most
 */
export function atMost(what, found, most) {
  if (found > most) throw new ShareError('large', {what, found, most});
}
