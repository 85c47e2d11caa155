// @ts-check
// About.

export const about = {
  promise: 'Each finished step is stored in this browser, so a run survives crashes, sleeps for months and waits for people.',
  rule: 'A finished step never runs again; a step cut off by a kill is tried again; a keyed outside call is done once.',
  version: (/** @type {string} */ version) => `Dynamic Workflows for Python ${version}`,
  storage: (/** @type {string} */ used) => `Browser storage in use: ${used}`,
  storageUnknown: 'Browser storage in use: not known yet',
  licences: 'MIT licence. Includes Pyodide (MPL-2.0), CPython (PSF), SQLite (public domain), sqlite-utils (Apache-2.0) and CodeMirror (MIT).',
  independent: 'Independent project, not affiliated with Cloudflare.',
};
