// @ts-check
// The divider between the panes and, on a phone, the three views.
import {$, isRightToLeft} from '../ui/dom.js';
import {readPrefs, writePrefs} from './prefs.js';

const LEAST = 30; // per cent of the width; the code needs room for its line numbers, the timeline for its labels
const MOST = 70;

export function attachDivider() {
  const divider = $('#divider');
  const root = document.documentElement;
  const set = (/** @type {number} */ percent, /** @type {boolean} */ keep) => {
    const split = Math.max(LEAST, Math.min(MOST, Math.round(percent * 10) / 10));
    root.style.setProperty('--split', `${split}%`);
    divider.setAttribute('aria-valuenow', String(Math.round(split)));
    if (keep) writePrefs({split});
  };
  const now = () => Number.parseFloat(root.style.getPropertyValue('--split')) || 52;
  set(readPrefs().split, false);
  divider.addEventListener('pointerdown', (event) => {
    divider.setPointerCapture(event.pointerId);
    divider.classList.add('dragging');
    event.preventDefault();
  });
  divider.addEventListener('pointermove', (event) => {
    if (divider.hasPointerCapture(event.pointerId)) set(((isRightToLeft() ? innerWidth - event.clientX : event.clientX) / innerWidth) * 100, false);
  });
  divider.addEventListener('lostpointercapture', () => {
    divider.classList.remove('dragging');
    set(now(), true);
  });
  divider.addEventListener('keydown', (event) => {
    /** @type {Record<string, number>} */
    const moves = {[isRightToLeft() ? 'ArrowRight' : 'ArrowLeft']: now() - 2, [isRightToLeft() ? 'ArrowLeft' : 'ArrowRight']: now() + 2, Home: LEAST, End: MOST};
    if (!(event.key in moves)) return;
    event.preventDefault();
    set(moves[event.key], true);
  });
}

/** @typedef {'run' | 'code' | 'payload'} View */

export function attachSegments() {
  const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.segments [role="tab"]')]);
  for (const tab of tabs) {
    tab.addEventListener('click', () => showView(/** @type {View} */ (tab.dataset.view)));
    tab.addEventListener('keydown', (event) => {
      const step = (event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0) * (isRightToLeft() ? -1 : 1);
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      showView(/** @type {View} */ (next.dataset.view));
      next.focus();
    });
  }
}

/** @param {View} view */
export function showView(view) {
  document.body.dataset.view = view;
  for (const tab of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.segments [role="tab"]'))) {
    const mine = tab.dataset.view === view;
    tab.setAttribute('aria-selected', String(mine));
    tab.tabIndex = mine ? 0 : -1;
  }
}
