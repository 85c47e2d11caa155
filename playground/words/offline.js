// @ts-check
// Without a network, and when a new build has come.

export const offline = {
  notYet: 'Not available offline yet.',
  back: 'Open the playground',
  update: 'A new version is ready.',
};
