// @ts-check
// The tab tells the state: its title and its icon.
import {$} from '../../ui/dom.js';
import {iconPath} from '../../ui/icons.js';
import {title as write, viewTitle as view} from '../../words/index.js';

// Title glyphs only: a document title holds text, nothing else.
const GLYPHS = {
  queued: '○', running: '◐', sleeping: '☾', waiting: '✉', retrying: '↻', paused: '‖', complete: '✓', errored: '✕', terminated: '■',
};
const COLOURS = {
  queued: '#767d8a', running: '#0b62c4', sleeping: '#6b3fb8', waiting: '#9a6400', retrying: '#b3221c', paused: '#767d8a',
  complete: '#146c3a', errored: '#b3221c', terminated: '#59616e',
};

/**
 * Show a run's state in the title and the icon, or the plain name of the page, or that of one of its views.
 * @param {{name: string, state: keyof typeof GLYPHS, word: string} | string | null} shown
 */
export function showInTab(shown) {
  const run = typeof shown === 'string' ? null : shown;
  document.title = typeof shown === 'string' ? view(shown) : run ? `${GLYPHS[run.state]} ${write(run.name, run.word.toLowerCase())}` : 'Dynamic Workflows';
  const path = run ? iconPath(run.state) : 'M8 1.25 14.75 8 8 14.75 1.25 8Z M4.6 8h2l1.2-2.7 1.4 5 1-2.3h1.2';
  const colour = run ? COLOURS[run.state] : '#3046c9';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#fff"/><path d="${path}" fill="none" stroke="${colour}" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  const link = /** @type {HTMLLinkElement} */ ($('#favicon'));
  const href = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  if (link.href !== href) link.href = href;
}
