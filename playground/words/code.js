// @ts-check
// The code and its payload.

export const code = {
  error: (/** @type {string} */ file, /** @type {number} */ line, /** @type {string} */ what) => `${file}, line ${line}: ${what}`,
  noEntrypoint: (/** @type {string} */ file) => `${file} has no class based on WorkflowEntrypoint.`,
  empty: (/** @type {string} */ file) => `${file} is empty.`,
  line: (/** @type {number} */ n) => `line ${n}`,
};

export const payload = {
  label: 'Payload',
  earlier: 'Earlier payloads',
  at: (/** @type {number} */ line, /** @type {number} */ column, /** @type {string} */ what) =>
    `Payload, line ${line}, column ${column}: ${what}`,
  comma: 'expected a comma.',
  colon: 'expected a colon.',
  value: 'expected a value.',
  key: 'expected a key in double quotes.',
  noTrailing: 'a comma is not allowed before the end.',
  quote: 'the text is not closed.',
  escape: 'unknown escape in a text.',
  control: 'a text may not hold a line end or control character.',
  number: 'this is not a number in JSON.',
  word: 'expected true, false, null, a number or a text in double quotes.',
  single: 'texts need double quotes.',
  end: 'expected the end.',
  deep: 'nested too deep.',
};

export const saved = {yes: 'Saved', saving: 'Saving', no: 'Not saved'};
