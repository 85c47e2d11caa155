// @ts-check
// Runs in a notebook, and the ways between notebook and playground.

export const notebook = {
  label: 'Workflow run',
  inPlayground: 'Open in the playground',
  inNotebook: 'Open in a notebook',
  starting: 'The engine is starting.',
  output: 'Output',
  payload: 'Payload of the event, as JSON',
  noStorage: 'This window cannot store anything, so a notebook would not find the code. Copy the code by hand.',
};
