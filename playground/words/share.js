// @ts-check
// The Share dialog.
import {count} from './plural.js';

const number = /* @__PURE__ */ new Intl.NumberFormat('en');
const n = (/** @type {number} */ value) => number.format(value);

export const share = {
  title: 'Share',
  saved: 'Already saved in this browser.',
  inside: 'What is inside',
  file: (/** @type {string} */ characters) => `${characters} characters`,
  characters: n,
  include: (/** @type {string} */ run, /** @type {number} */ steps) => count(steps, {one: `Include ${run}, {n} step`, other: `Include ${run}, {n} steps`}),
  recorded: 'the recorded run',
  ownVersion: 'The code is the version this run used, not what the editor holds now.',
  payload: 'Payload',
  output: 'Output of the run',
  event: (/** @type {string} */ type) => `Event "${type}"`,
  redacted: (/** @type {number} */ sealed) => count(sealed, {
    one: '{n} output is sensitive and is left out.', other: '{n} outputs are sensitive and are left out.',
  }),
  public: 'Whoever has the link can read all of this.',
  quote: 'Shown as a quotation. The page cannot know who wrote it.',
  titleLabel: 'Title',
  noteLabel: 'Note',
  formats: {link: 'Link', markdown: 'Markdown', embed: 'Embed', file: 'File'},
  format: 'Share as',
  text: 'Text to copy',
  short: (/** @type {number} */ length, /** @type {number} */ most) => `${n(length)} of ${n(most)} characters: chats and mail carry it whole.`,
  long: (/** @type {number} */ length, /** @type {number} */ most) => `${n(length)} of ${n(most)} characters: some chats and mail programs cut links this long.`,
  tooLong: (/** @type {number} */ length, /** @type {number} */ most) => `${n(length)} characters, over ${n(most)}: send the file instead.`,
  noLink: 'This is too large for a link: send the file instead.',
  size: (/** @type {string} */ size) => `${size}, readable text. Drop it on this page to open it.`,
  local: 'This link opens only on this computer.',
  address: 'Public address of this page',
  badAddress: 'An address begins with https:// or http://.',
  save: 'Save file',
  copied: 'Copied.',
  outside: 'Outside calls',
  delay: 'An outside answer takes',
  schedule: 'Schedule',
  look: 'Timeline',
  looks: {table: 'as a table', toScale: 'to scale', wallClock: 'by the wall clock'},
};
