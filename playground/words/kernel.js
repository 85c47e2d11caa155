// @ts-check
// The kernel in the header, and why it could not start.

export const kernel = {
  python: (/** @type {string} */ progress) => `Starting Python, ${progress}`,
  pythonUnknown: 'Starting Python',
  engine: 'Starting engine',
  ready: 'Ready',
  follower: 'Connected through another tab.',
  killed: 'Restarting engine',
  silent: 'The other tab does not answer.',
  silentHere: 'The engine does not answer.',
  failed: 'Python could not start.',
  stopped: 'The engine has stopped.',
  elsewhere: 'Another tab has the runs.',
};

export const failure = {
  noWasm: 'Python could not start: WebAssembly is blocked here.',
  missing: 'Python could not start: its files did not arrive.',
  newer: 'A newer version of this page has stored runs in this browser. They are untouched.',
  fenced: 'Another tab has opened these runs. This one stores nothing more.',
  storage: (/** @type {string} */ why) => `The browser's storage fails: ${why.replace(/[.\s]*$/, '')}. What was stored is not lost.`,
  other: (/** @type {string} */ why) => `Python could not start: ${why.replace(/[.\s]*$/, '')}.`,
  still: 'The code, the links and the recorded run still work.',
};
