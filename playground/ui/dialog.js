// @ts-check
// Dialogs: a title, a body, Close and at most one more verb.
import {h} from './dom.js';
import {buttons} from '../words/index.js';

/**
 * Show a dialog; the focus goes back where it was when it closes.
 * @param {string} title
 * @param {(Node | null)[]} body
 * @param {string} [verb] of a second button
 * @param {() => boolean} [act] what it does; true closes
 */
export function show(title, body, verb = '', act = () => true) {
  const opener = /** @type {HTMLElement | null} */ (document.activeElement);
  const dialog = h('dialog', {'aria-labelledby': 'dialog-title'}, h('h2', {id: 'dialog-title'}, title), ...body,
    h('form', {method: 'dialog', class: 'row'}, h('button', {class: 'button', autofocus: !verb}, buttons.close),
      verb ? h('button', {type: 'button', class: 'button filled', onclick: () => act() && dialog.close()}, verb) : null));
  dialog.addEventListener('close', () => {
    dialog.remove();
    opener?.focus();
  });
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
