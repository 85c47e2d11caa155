// @ts-check
// How much of the page's memory the runs may take; an address may say less.

/** @returns {number | undefined} bytes */
export function storageBudget() {
  const asked = Number(new URLSearchParams(location.search).get('storage-budget') ?? NaN);
  return Number.isInteger(asked) && asked > 0 ? asked : undefined;
}
