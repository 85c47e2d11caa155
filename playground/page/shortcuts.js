// @ts-check
// Keys that work anywhere on the page.
import {readPrefs} from './prefs.js';

/** @param {{run: () => void, kill: () => void, share: () => void, keys: () => void}} acts */
export function attachShortcuts({run, kill, share, keys}) {
  window.addEventListener('keydown', (event) => {
    const control = event.ctrlKey || event.metaKey;
    if (event.repeat || event.isComposing) return;
    if (control && event.key === 'Enter') run();
    else if (control && event.key === '.') kill();
    else if (control && !event.shiftKey && event.key.toLowerCase() === 's') share();
    else if (event.key === '?' && !control && !typing(event.target) && readPrefs().singleKeys) keys();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, {capture: true});
}

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest('dialog, [role="menu"]') !== null);
}
