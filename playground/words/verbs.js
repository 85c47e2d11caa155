// @ts-check
// What can be done to a run, and what is said when it is done.
import {count} from './plural.js';

export const verbs = {
  menu: (/** @type {string} */ run) => `What to do with ${run}`,
  bar: 'More for this run',
  pause: 'Pause',
  resume: 'Resume',
  restart: 'Restart',
  restartFrom: 'Restart from here',
  restartFromStep: (/** @type {string} */ step) => `Restart from here: ${step}`,
  terminate: 'Terminate',
  undo: 'Terminate with rollback',
  atOnce: 'Terminate at once',
  remove: 'Delete',
  rename: 'Rename',
  copyId: 'Copy id',
  copyReport: 'Copy report',
  share: 'Share this run',
  send: 'Send event…',
  jump: 'Jump to a date…',
  retry: 'Retry now',
  killAt: 'Kill at…',
  disarm: 'Take back',
  cancelRename: 'Enter keeps the name, Escape does not.',
  nameLabel: 'Name of the run',
};

export const armed = {
  at: (/** @type {string} */ point) => `The engine will be killed ${point}.`,
  points: {
    'before-start': 'before the step starts',
    'after-effect': 'after its effect, before it is stored',
    'after-store': 'after it is stored, before the workflow hears',
    'in-sleep': 'while sleeping',
    'in-event': 'while an event arrives',
    'in-flush': 'while writing to disk',
  },
};

export const jump = {
  title: 'Jump to a date',
  verb: 'Jump',
  label: 'Date and time',
  clock: (/** @type {string} */ when) => `This run's own clock says ${when}.`,
  what: 'Everything that is due on the way happens in its order: sleeps end, waits time out, failed steps are tried again. Other runs keep their clocks.',
  past: 'Choose a time after the one that this run has.',
  far: 'Choose a time before the year 2100.',
  none: 'Choose a date and a time.',
  going: (/** @type {string} */ when) => `Jumping to ${when}.`,
};

export const restart = {
  which: 'Which code runs?',
  edited: 'The code in the editor',
  editedWhat: 'It becomes the code of this run.',
  own: 'The code that the run has',
  ownWhat: 'What you have edited stays in the editor.',
  keeps: (/** @type {string} */ step) => `Steps that were done before "${step}" keep their results. It runs again, and so does what follows.`,
  all: 'Every step runs again.',
};

export const event = {
  title: 'Send event',
  verb: 'Send',
  type: 'Type',
  noType: 'An event has a type: the one that the run waits for.',
  early: 'Nothing waits for this type now. It is kept until something does.',
};

export const deleted = {
  failed: (/** @type {string} */ why) => `Not deleted: ${why}`,
  run: (/** @type {string} */ name) => `${name} is deleted.`,
  runs: (/** @type {number} */ n) => count(n, {one: '{n} run is deleted.', other: '{n} runs are deleted.'}),
};
