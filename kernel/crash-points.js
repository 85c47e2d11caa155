// @ts-check
// The moments in which the engine can be told to end, for tests and for the Kill menu. What each means to the engine
// says `host/history/crash_points.py`.

/** @typedef {keyof typeof CRASH_POINTS} CrashPoint */

/** Crash points with the words that people read. */
export const CRASH_POINTS = {
  'before-start': 'before the step starts',
  'after-effect': 'after its effect, before it is stored',
  'after-store': 'after it is stored, before the workflow hears',
  'in-sleep': 'while sleeping',
  'in-event': 'while an event arrives',
  'in-flush': 'while writing to disk',
};
