// @ts-check
// How long an answer of the outside world takes.

export const DELAY = 1500; // ms that an answer of the outside world takes where nothing is said
const LONGEST_DELAY = 60_000; // ms

/** @param {unknown} asked milliseconds, as a number or as an address has it */
export function delayOf(asked) {
  const delay = typeof asked === 'number' || (typeof asked === 'string' && asked !== '') ? Number(asked) : DELAY;
  return Number.isInteger(delay) && delay >= 0 && delay <= LONGEST_DELAY ? delay : DELAY;
}

/** The delay that the address of this page asks for. */
export function ownDelay() {
  return delayOf(new URLSearchParams(location.search).get('world-delay'));
}
