// @ts-check
// The moments in which the engine can be told to end, for tests and for the Kill menu. What each means to the engine
// says `host/history/crash_points.py`.

/** @typedef {typeof CRASH_POINTS[number]} CrashPoint */

/** Their names. */
export const CRASH_POINTS = /** @type {const} */ (['before-start', 'after-effect', 'after-store', 'in-sleep', 'in-event', 'in-flush']);
