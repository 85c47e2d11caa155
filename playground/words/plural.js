// @ts-check
// Sentences that depend on a number.

const plural = new Intl.PluralRules('en');

/**
 * Pick the form for a number and put the number in it.
 * @param {number} n
 * @param {{one: string, other: string}} forms
 * @param {string} [written] how the number is written
 */
export function count(n, forms, written = String(n)) {
  return forms[plural.select(n) === 'one' ? 'one' : 'other'].replace('{n}', written);
}
