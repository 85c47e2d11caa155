// @ts-check
// About and the list of keys.
import {show} from '../ui/dialog.js';
import {h} from '../ui/dom.js';
import {size} from '../ui/format.js';
import {about as words, shared} from '../words/index.js';

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const CONTROL = MAC ? '⌘' : 'Ctrl';

/** @type {[string, string][]} */
const KEYS = [
  [`${CONTROL} Enter`, 'Run'],
  [`${CONTROL} .`, 'Kill the engine'],
  [`${CONTROL} S`, 'Share'],
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
 * @param {() => void} report
 */
export function showAbout(version, storage, report) {
  const used = h('p', null, words.storageUnknown);
  const dialog = show('About', [
    h('p', null, words.promise), h('p', null, words.rule),
    h('p', null, words.version(version)), used,
    h('p', {class: 'muted'}, words.licences), h('p', {class: 'muted'}, words.independent),
    h('button', {type: 'button', class: 'button', onclick: () => {
      dialog.close();
      report();
    }}, shared.copyReport),
  ]);
  storage().then(({bytes}) => {
    used.textContent = words.storage(size(bytes));
  }, () => {});
}
