// @ts-check
// Sentences that depend on a number.

const plural = new Intl.PluralRules('en');

/**
 * Pick the form for a number and put the number in it.
 * @param {number} n
 * @param {{one: string, other: string}} forms
 */
export function count(n, forms) {
  return forms[plural.select(n) === 'one' ? 'one' : 'other'].replace('{n}', String(n));
}
