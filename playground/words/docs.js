// @ts-check
// The docs.

export const docs = {
  explain: 'Explain',
  explains: (/** @type {string} */ what) => `Explain ${what}, in a new tab`,
  copy: 'Copy',
  copied: 'Copied',
  nothing: 'Nothing was found.',
  unreachable: 'The search could not be loaded.',
};
