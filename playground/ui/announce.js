// @ts-check
// The one polite live region: at most one sentence in three seconds, the newest wins.
import {$, say} from './dom.js';

const QUIET = 3000; // ms between two sentences

let waiting = '';
let last = -QUIET;
let timer = 0;

/**
 * Tell a screen reader a sentence, now or when it is quiet again.
 * @param {string} sentence
 */
export function announce(sentence) {
  if (!sentence || sentence === waiting) return;
  waiting = sentence;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    last = performance.now();
    say($('#live'), waiting);
    waiting = '';
  }, Math.max(0, last + QUIET - performance.now()));
}
