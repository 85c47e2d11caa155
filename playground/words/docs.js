// @ts-check
// The docs.

export const docs = {
  nothing: 'Nothing was found.',
  unreachable: 'The search could not be loaded.',
};
