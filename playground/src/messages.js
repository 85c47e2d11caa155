// @ts-check
// Every sentence of the page, with placeholders. Nothing is assembled from fragments elsewhere.
import {duration} from './format.js';

const plural = new Intl.PluralRules('en');

/**
 * Pick the form for a number and put the number in it.
 * @param {number} n
 * @param {{one: string, other: string}} forms
 */
function count(n, forms) {
  return forms[plural.select(n) === 'one' ? 'one' : 'other'].replace('{n}', String(n));
}

export const kernel = {
  python: (/** @type {string} */ progress) => `Starting Python, ${progress}`,
  pythonUnknown: 'Starting Python',
  engine: 'Starting engine',
  ready: 'Ready',
  follower: 'Connected through another tab.',
  killed: 'Restarting engine',
  silent: 'The other tab does not answer.',
  failed: 'Python could not start.',
};

export const failure = {
  noWasm: 'Python could not start: WebAssembly is blocked here.',
  missing: 'Python could not start: its files did not arrive.',
  newer: 'A newer version of this page has stored runs in this browser. They are untouched.',
  storage: (/** @type {string} */ why) => `The browser's storage fails: ${why.replace(/[.\s]*$/, '')}. What was stored is not lost.`,
  other: (/** @type {string} */ why) => `Python could not start: ${why.replace(/[.\s]*$/, '')}.`,
  still: 'The code, the links and the recorded run still work.',
};

export const buttons = {
  run: 'Run',
  again: 'Run again',
  cancel: 'Cancel run',
  kill: 'Kill the engine',
  killShort: 'Kill',
  killSandbox: 'Kill the sandbox',
  reload: 'Reload this page',
  killOff: 'Press Run first',
  more: 'More ways to interrupt',
  send: (/** @type {string} */ type) => `Send "${type}"`,
  sendNow: 'Send',
  editPayload: 'Edit payload…',
  skip: (/** @type {number} */ ms) => `Skip ${duration(ms)}`,
  copy: 'Copy',
  copied: 'Copied',
  undo: 'Undo',
  showCode: 'Show that code',
  backToCode: 'Back to yours',
  openGlobex: 'Open globex',
  takeOver: 'Take over here',
  tryAgain: 'Try again',
  reloadNow: 'Reload',
  freeSpace: 'Free space…',
  export: 'Export',
  exportAll: 'Export everything',
  exportTenant: (/** @type {string} */ tenant) => `Export ${tenant}`,
  import: 'Import…',
  putBack: 'Put it back',
  erase: 'Erase everything…',
  eraseNow: 'Erase everything',
  startAnew: 'Start anew',
  askAgain: 'Ask again',
  close: 'Close',
};

export const status = {
  recorded: 'Recorded run. Press Run to make your own.',
  noRuns: 'No runs yet. Press Run: steps appear here as they are stored.',
  queuedPython: (/** @type {string} */ progress) => `Run queued. Python is starting, ${progress}`,
  queuedStart: 'Run queued. Python is starting.',
  queuedEngine: 'Run queued. The engine is starting.',
  checking: 'Checking the code.',
  killed: 'Engine killed.',
  killedOthers: (/** @type {number} */ n) => count(n, {
    one: 'Engine killed. {n} other run was interrupted.', other: 'Engine killed. {n} other runs were interrupted.',
  }),
  sandboxKilled: 'Sandbox killed.',
  sandboxKilledOthers: (/** @type {number} */ n) => count(n, {
    one: 'Sandbox killed. {n} other run was interrupted.', other: 'Sandbox killed. {n} other runs were interrupted.',
  }),
  loading: 'Reading the run from this browser.',
  elsewhere: 'This run lives in another browser.',
  earlier: 'This run uses an earlier version.',
  thatCode: '{run} ran this code. It is read-only.',
  next: 'Now run the same order as globex: same workflow name, other code.',
};

export const words = {
  queued: 'Queued',
  running: 'Running',
  runningStep: (/** @type {number} */ n) => `Running, step ${n}`,
  runningSteps: (/** @type {number} */ n) => count(n, {one: 'Running {n} step', other: 'Running {n} steps at once'}),
  sleeping: 'Sleeping',
  sleepingUntil: (/** @type {string} */ when) => `Sleeping until ${when}`,
  waiting: 'Waiting',
  waitingFor: (/** @type {string} */ type) => `Waiting for "${type}"`,
  retrying: 'Retrying',
  retryingIn: (/** @type {string} */ length) => `Retrying in ${length}`,
  attemptOf: (/** @type {number} */ n, /** @type {number} */ of, /** @type {string} */ length) =>
    `Attempt ${n} of ${of} in ${length}`,
  paused: 'Paused',
  complete: 'Complete',
  errored: 'Errored',
  terminated: 'Terminated',
};

export const summary = {
  complete: 'Complete.',
  errored: 'Errored.',
  terminated: 'Terminated.',
  killed: (/** @type {number} */ n) => n === 1 ? 'Killed once.' : count(n, {one: 'Killed {n} time.', other: 'Killed {n} times.'}),
  again: (/** @type {number} */ n) => count(n, {one: '{n} finished step ran again.', other: '{n} finished steps ran again.'}),
  once: 'Every outside call was done once.',
  repeated: (/** @type {string} */ method, /** @type {number} */ n) => count(n, {
    one: `\`${method}\` was done {n} time: it had no key.`, other: `\`${method}\` was done {n} times: it had no key.`,
  }),
};

export const timeline = {
  label: 'Steps of the run',
  step: 'Step',
  what: 'What happened',
  killed: (/** @type {string} */ length) => `killed, back after ${length}`,
  killedRail: (/** @type {string} */ length) => `killed, back in ${length}`,
  killing: 'killed',
  closed: (/** @type {string} */ length) => `page closed, back after ${length}`,
  attempt: (/** @type {number} */ n) => `attempt ${n}`,
  inDelay: (/** @type {string} */ length) => `in ${length}`,
  ordinal: (/** @type {number} */ n) => {
    const rule = new Intl.PluralRules('en', {type: 'ordinal'}).select(n);
    return `${n}${{one: 'st', two: 'nd', few: 'rd', other: 'th', zero: 'th', many: 'th'}[rule]}`;
  },
  gotIt: (/** @type {string} */ length) => `got it ${length}`,
  timedOut: (/** @type {string} */ length) => `none in ${length}`,
  group: (/** @type {string} */ name, /** @type {number} */ n) => `${name} ×${n}`,
  more: (/** @type {number} */ n) => count(n, {one: 'and {n} more step', other: 'and {n} more steps'}),
  cut: 'Cut off',
  timeout: 'Timed out',
  keys: 'Arrow keys move, Enter opens, c copies.',
  traceback: (/** @type {number} */ n) => count(n, {one: '{n} engine frame', other: '{n} engine frames'}),
};

// One sentence for each row of the timeline, as a screen reader tells it and as `c` copies it.
export const sentences = {
  running: '{name}: running, attempt {n}.',
  complete: '{name}: complete in {length}.',
  completeAfter: (/** @type {number} */ n) => count(n, {
    one: '{name}: complete in {length}, after {n} attempt that did not finish.',
    other: '{name}: complete in {length}, after {n} attempts that did not finish.',
  }),
  kept: 'Kept over the kill.',
  cut: (/** @type {number} */ n) => count(n, {one: '{n} attempt was cut off.', other: '{n} attempts were cut off.'}),
  retrying: '{name}: attempt {n} failed with {error}; the next one starts in {length}.',
  failed: '{name}: failed with {error}.',
  cutOpen: '{name}: attempt {n} was cut off and is tried again.',
  sleeping: '{name}: sleeping until {when}.',
  slept: '{name}: slept {length}.',
  skipped: '{name}: slept {length}, of which {skipped} were skipped.',
  waiting: '{name}: waiting for "{type}".',
  got: '{name}: got "{type}" after {length}.',
  timedOut: '{name}: no "{type}" came in {length}.',
  killed: 'The engine was killed and was back after {length}.',
  closed: 'The page was closed and the engine was back after {length}.',
  group: (/** @type {number} */ done, /** @type {number} */ n) => `{name}: ${done} of ${n} complete.`,
};

export const payload = {
  label: 'Payload',
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

export const code = {
  error: (/** @type {string} */ file, /** @type {number} */ line, /** @type {string} */ what) => `${file}, line ${line}: ${what}`,
  noEntrypoint: (/** @type {string} */ file) => `${file} has no class based on WorkflowEntrypoint.`,
  empty: (/** @type {string} */ file) => `${file} is empty.`,
  line: (/** @type {number} */ n) => `line ${n}`,
};

export const ledger = {
  empty: 'Outside calls appear here.',
  times: (/** @type {number} */ n) => `${n}×`,
  row: (/** @type {number} */ asked, /** @type {number} */ done) => `asked ${asked}×, done ${done}×`,
  noKey: (/** @type {number} */ n) => `done ${n}×, it had no key`,
};

export const output = {none: 'None yet', nothing: 'None', copied: 'Output copied.'};

export const runs = {
  button: (/** @type {number} */ n) => `Runs ${n}`,
  title: 'Runs in this browser',
  none: 'No runs yet.',
  wakes: (/** @type {string} */ when) => `wakes ${when}`,
  of: (/** @type {import('./types.js').Run} */ run) => `${(run.entrypoint ?? run.workflow).toLowerCase()} · ${run.number}`,
};

export const notices = {
  due: (/** @type {number} */ n) => count(n, {
    one: '{n} run was due while this page was closed. It is running now.',
    other: '{n} runs were due while this page was closed. They are running now.',
  }),
  denied: 'This window cannot store runs. They last until you close it.',
  full: (/** @type {number} */ n) => count(n, {
    one: 'Could not store {n} step: the disk is full. Runs are paused and lose nothing.',
    other: 'Could not store {n} steps: the disk is full. Runs are paused and lose nothing.',
  }),
  fullNow: 'Could not store the run: the disk is full. Runs are paused and lose nothing.',
  lost: 'The browser could not store the last change. The engine went back to what is stored.',
  erased: "This site's storage was emptied from outside this page. What ran here is still in memory.",
  erasedGone: "This site's storage was emptied from outside this page, and the runs with it.",
  blocked: "Another tab keeps this site's storage busy. Close the other tabs of this site.",
  elsewhere: 'This run lives in another browser.',
  replaced: 'Your earlier text is kept.',
  opened: (/** @type {string} */ title) => `${title} is open. Your earlier text is kept.`,
  draftsOff: 'This window cannot keep your text. Copy it before you close the page.',
  noExample: (/** @type {string} */ name) => `There is no example called ${name}.`,
};

export const storage = {
  title: 'Storage',
  runs: 'Runs',
  browser: 'This site',
  keeping: 'Kept',
  used: (/** @type {string} */ used, /** @type {string} */ limit) => `${used} in use; the browser names ${limit} as the limit.`,
  full: (/** @type {string} */ used) =>
    `${used} in use, and the browser refuses more. Free space on this device or delete what other sites store, then press Try again.`,
  unknown: 'The browser does not say.',
  kept: 'The browser keeps this until you delete it.',
  notKept: 'The browser may remove this when the disk is short.',
  inMemory: 'Only until you close this window.',
  durability: 'A step counts as stored',
  strict: 'when it is on the disk (strict)',
  relaxed: 'when the browser has it: faster, but a power cut can take the last seconds (relaxed)',
  durabilityUnknown: 'This browser does not say which of the two it does.',
  imported: (/** @type {number} */ added, /** @type {number} */ kept) => kept
    ? count(added, {one: '{n} run was imported.', other: '{n} runs were imported.'}) + ` ${count(kept, {one: '{n} was here already and stays as it is.', other: '{n} were here already and stay as they are.'})}`
    : count(added, {one: '{n} run was imported.', other: '{n} runs were imported.'}),
  newerFile: 'The file was not imported: a newer version of this page wrote it. Nothing has changed.',
  eraseTitle: 'Erase everything',
  eraseList: 'This goes, for good:',
  eraseRuns: (/** @type {number} */ runs, /** @type {number} */ tenants) =>
    `${count(runs, {one: '{n} run', other: '{n} runs'})}, ${count(tenants, {one: 'of {n} tenant', other: 'of {n} tenants'})}`,
  eraseCode: 'your code and its earlier versions',
  eraseRest: 'the settings of this page and what it keeps to work offline',
  eraseAdvice: 'Export first if you may want the runs again.',
  erased: 'Everything is erased.',
  erasedElsewhere: 'Everything was erased in another tab.',
  nothingLeft: 'Nothing of this page is stored in this browser.',
};

export const saved = {yes: 'Saved', saving: 'Saving', no: 'Not saved'};

export const title = (/** @type {string} */ run, /** @type {string} */ word) => `${run}, ${word} · Dynamic Workflows`;

export const about = {
  promise: 'Each finished step is stored in this browser, so a run survives crashes, sleeps for months and waits for people.',
  rule: 'A finished step never runs again; a step cut off by a kill is tried again; a keyed outside call is done once.',
  version: (/** @type {string} */ version) => `Dynamic Workflows for Python ${version}`,
  storage: (/** @type {string} */ used) => `Browser storage in use: ${used}`,
  storageUnknown: 'Browser storage in use: not known yet',
  licences: 'MIT licence. Includes Pyodide (MPL-2.0), CPython (PSF), SQLite (public domain), sqlite-utils (Apache-2.0) and CodeMirror (MIT).',
  independent: 'Independent project, not affiliated with Cloudflare.',
};
