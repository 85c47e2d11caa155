// @ts-check
// Schedules: what the clock starts.
import {duration} from '../ui/format.js';

export const schedules = {
  label: 'Cron expression, in UTC',
  title: 'Schedule',
  start: 'Start schedule',
  stop: 'Stop',
  next: (/** @type {string} */ when) => `Next run ${when}`,
  skip: (/** @type {number} */ ms) => `Skip ${duration(ms)}`,
  waiting: 'The engine is starting.',
  started: 'The schedule has started.',
  stopped: 'The schedule has stopped. Its runs go on.',
};
