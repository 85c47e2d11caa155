// @ts-check
// About and the list of keys.
import {show} from '../ui/dialog.js';
import {h} from '../ui/dom.js';
import {size} from '../ui/format.js';
import {about as words, buttons, payload as payloadWords, shared} from '../words/index.js';
import {parsePayload, PayloadError} from './code/payload.js';
import {oneLine} from '../ui/text.js';

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
 * Ask for the payload of an event; what is not JSON is told where it stands.
 * @param {string} type
 * @param {(payload: unknown) => void} send
 */
export function askPayload(type, send) {
  const field = h('textarea', {class: 'payload-text', id: 'event-payload', rows: 5, spellcheck: 'false', 'aria-describedby': 'event-problem'});
  const problem = h('p', {id: 'event-problem', class: 'tone-fail', role: 'alert'});
  const dialog = show(buttons.send(oneLine(type)), [h('label', {for: 'event-payload'}, payloadWords.label), field, problem], buttons.sendNow, () => {
    try {
      send(parsePayload(field.value));
      return true;
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      problem.textContent = error.message;
      field.focus();
      field.setSelectionRange(error.offset, error.offset + 1);
      return false;
    }
  });
  dialog.classList.add('event');
  field.focus();
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
