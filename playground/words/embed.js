// @ts-check
// The embed: <dynamic-workflow> on pages of others.

export const embed = {
  label: (/** @type {string} */ name) => `Workflow ${name}`,
  open: 'Open in playground',
  code: 'Python code',
  file: 'File',
  payload: 'Payload',
  output: 'Output',
  runHere: 'Press Run: steps appear here as they are stored.',
  memory: 'This window cannot store runs. They last until you close it.',
  noHost: (/** @type {string} */ address) => `Python did not start: ${address} did not answer.`,
  noSource: 'This embed has no code. Put a <pre><code> in it, or a link into its href.',
  event: (/** @type {string} */ type) => `Payload of "${type}", JSON`,
};
