// @ts-check
// The docs.

export const docs = {
  copy: 'Copy',
  copied: 'Copied',
  nothing: 'Nothing was found.',
  unreachable: 'The search could not be loaded.',
};
