// @ts-check
// What is on the page of sharing: the ways to it, and what arrived by a link or a file.

const number = /* @__PURE__ */ new Intl.NumberFormat('en');
const n = (/** @type {number} */ value) => number.format(value);

export const shared = {
  share: 'Share',
  copyReport: 'Copy report',
  open: 'Open file…',
  link: 'From a link. It has not run here.',
  file: 'From a file. It has not run here.',
  report: 'From a report. It has not run here.',
  ran: (/** @type {string} */ tenant) => `It runs as ${tenant}, a tenant of its own, and reaches nothing of yours.`,
  keep: 'Keep a copy',
  kept: (/** @type {string} */ tenant) => `Kept as ${tenant}. It is yours now.`,
  quote: 'The sender wrote:',
  cut: (/** @type {number} */ arrived, /** @type {number} */ of) => `This link is cut off: ${n(arrived)} of ${n(of)} characters arrived.`,
  cutShort: (/** @type {number} */ arrived) => `This link is cut off: only ${n(arrived)} characters arrived.`,
  damaged: 'This link is damaged: its characters were changed on the way. Ask for it again.',
  damagedFile: (/** @type {string} */ name) => `${name} is damaged and was not opened. Your own work is untouched.`,
  foreign: (/** @type {string} */ name) => `${name} is no workflow file and no report.`,
  newerFormat: (/** @type {string} */ format) => `This was made by a newer version of this page, in format ${format}. Reload this page, or open it where it was made.`,
  newer: (/** @type {string} */ theirs, /** @type {string} */ ours) => `Made by version ${theirs}; this is ${ours}. Code opens, the run may not.`,
  large: 'This is larger than this page opens, and was left alone.',
  runUnread: 'The run in it could not be read. The code could.',
  hidden: (/** @type {string} */ file, /** @type {number} */ line) => `${file} holds characters that are not seen, the first in line ${line}. Read the code with care.`,
};
