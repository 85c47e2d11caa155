// @ts-check
// Icons: 16 px, 1.5 px stroke, each with an outline of its own in greyscale.
import {s} from './dom.js';

/** @typedef {keyof typeof PATHS} IconName */

// Strokes unless the path is in FILLED.
const PATHS = {
  logo: 'M8 1.5 14.5 8 8 14.5 1.5 8Z M5.2 8h1.6l1.2-2.6 1.6 5.2L10.8 8',
  queued: 'M8 3.25a4.75 4.75 0 1 0 0 9.5a4.75 4.75 0 1 0 0-9.5',
  running: 'M8 2.75a5.25 5.25 0 1 0 5.25 5.25 M8 2.75v5.25h5.25',
  complete: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5 M5.1 8.2l2 2 3.8-4.2',
  sleeping: 'M12.9 9.6A5.4 5.4 0 0 1 6.4 3.1a5.4 5.4 0 1 0 6.5 6.5Z',
  waiting: 'M2 4h12v8.5H2Z M2.3 4.4 8 9l5.7-4.6',
  retrying: 'M13 6.2A5.3 5.3 0 1 0 13.2 9 M13.3 2.9v3.5H9.8',
  errored: 'M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4Z M5.8 5.8l4.4 4.4 M10.2 5.8l-4.4 4.4',
  terminated: 'M3.25 3.25h9.5v9.5h-9.5Z',
  paused: 'M5.5 3.5v9 M10.5 3.5v9',
  kept: 'M3.2 6.4A5.2 5.2 0 1 1 3 9 M2.7 3.1v3.5h3.5',
  kill: 'M9.2 1.5 3.8 8.6h3.6L6.6 14.5 12.2 7H8.6Z',
  play: 'M4.5 2.8v10.4L13 8Z',
  chevron: 'M4.5 6.5 8 10l3.5-3.5',
  more: 'M3.2 8h.1 M7.95 8h.1 M12.7 8h.1',
  close: 'M4 4l8 8 M12 4l-8 8',
  copy: 'M5.5 5.5h8v8h-8Z M10.5 5.5v-3h-8v8h3',
  check: 'M3.5 8.5l3 3 6-7',
  undo: 'M6 3 2.8 6.2 6 9.4 M3 6.2h6a3.6 3.6 0 0 1 0 7.2H6.5',
  away: 'M1.8 3.2h12.4v8H1.8Z M5.5 13.8h5 M6 5.6l4 3.2 M10 5.6 6 8.8',
  add: 'M8 3v10 M3 8h10',
  file: 'M3.75 1.75h5l3.5 3.5v9h-8.5Z M8.5 2v3.5h3.5',
  warning: 'M8 2.25 14.5 13.5h-13Z M8 6.5v3.2 M8 11.6v.1',
  hint: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11 M8 7.3v3.4 M8 5.2v.1',
  link: 'M6.6 9.4l2.8-2.8 M7.2 4.6l1.3-1.3a2.9 2.9 0 0 1 4.1 4.1l-1.3 1.3 M8.8 11.4l-1.3 1.3a2.9 2.9 0 0 1-4.1-4.1l1.3-1.3',
  share: 'M8 10V2 M5 4.8 8 1.8l3 3 M3 8.5V14h10V8.5',
  skip: 'M3 4l4 4-4 4 M8.5 4l4 4-4 4',
  clock: 'M8 1.75a6.25 6.25 0 1 0 0 12.5a6.25 6.25 0 1 0 0-12.5 M8 4.5V8l2.5 1.5',
};

const FILLED = new Set(['play']);

/**
 * Draw an icon; it is decoration, the word beside it says what it means.
 * @param {IconName} name
 * @returns {SVGElement}
 */
export function icon(name) {
  return s('svg', {class: `icon icon-${name}`, viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true'},
    s('path', {d: PATHS[name], class: FILLED.has(name) ? 'filled' : null}));
}

/**
 * The path data of an icon, for drawings and the favicon.
 * @param {IconName} name
 */
export function iconPath(name) {
  return PATHS[name];
}
