// @ts-check
// About and the list of keys.
import {show} from '../ui/dialog.js';
import {h} from '../ui/dom.js';
import {size} from '../ui/format.js';
import {about as words} from '../words/index.js';

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const CONTROL = MAC ? '⌘' : 'Ctrl';

/** @type {[string, string][]} */
const KEYS = [
  [`${CONTROL} Enter`, 'Run'],
  [`${CONTROL} .`, 'Kill the engine'],
  ['Esc, then Tab', 'Leave the editor'],
  ['↑ ↓', 'Move in the timeline'],
  ['Enter', 'Open a row'],
  ['c', 'Copy a row'],
  ['?', 'Show these keys'],
];

export function showKeys() {
  show('Keyboard', [h('dl', null, ...KEYS.flatMap(([keys, what]) => [h('dt', null, keys), h('dd', null, what)]))]);
}

/**
 * @param {string} version
 * @param {() => Promise<{bytes: number}>} storage
 */
export function showAbout(version, storage) {
  const used = h('p', null, words.storageUnknown);
  show('About', [
    h('p', null, words.promise), h('p', null, words.rule),
    h('p', null, words.version(version)), used,
    h('p', {class: 'muted'}, words.licences), h('p', {class: 'muted'}, words.independent),
  ]);
  storage().then(({bytes}) => {
    used.textContent = words.storage(size(bytes));
  }, () => {});
}
