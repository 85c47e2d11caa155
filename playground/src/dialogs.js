// @ts-check
// About and the list of keys.
import {h} from './dom.js';
import {size} from './format.js';
import {about as words, buttons} from './messages.js';

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

/** @param {string} title @param {(Node | null)[]} body */
function show(title, body) {
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  const dialog = h('dialog', {'aria-labelledby': 'dialog-title'}, h('h2', {id: 'dialog-title'}, title), ...body,
    h('form', {method: 'dialog', class: 'row'}, h('button', {class: 'button', autofocus: true}, buttons.close)));
  dialog.addEventListener('close', () => {
    dialog.remove();
    opener?.focus();
  });
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

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
