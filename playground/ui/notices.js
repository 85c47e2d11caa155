// @ts-check
// Bars under the header: what happened and what to do.
import {$, h, say} from './dom.js';
import {announce} from './announce.js';
import {icon} from './icons.js';
import {buttons} from '../words/index.js';

/**
 * @typedef {object} Notice
 * @property {string} text
 * @property {'accent' | 'wait' | 'fail'} [tone]
 * @property {{label: string, act: () => void}[]} [actions]
 * @property {number} [for] milliseconds until it leaves by itself
 * @property {boolean} [kept] it stays until its cause is gone
 */

/** @type {Map<string, {element: HTMLElement, timer: number}>} */
const shown = new Map();

/**
 * Show a notice; the same name again changes its words.
 * @param {string} name
 * @param {Notice} notice
 */
export function notify(name, notice) {
  const known = shown.get(name);
  if (known && $('p', known.element).textContent === notice.text && !notice.for) return;
  const {text, tone = 'accent', actions = [], kept = false} = notice;
  const element = h('div', {class: `notice tone-${tone}`, 'data-notice': name, role: 'group', 'aria-label': text},
    tone === 'accent' ? null : icon(tone === 'fail' ? 'errored' : 'queued'),
    h('p', null, text),
    actions.map(({label, act}) => h('button', {type: 'button', class: 'button small', onclick: () => {
      if (!kept) dismiss(name);
      act();
    }}, label)),
    kept ? null : h('button', {type: 'button', class: 'button plain small icon-only', 'aria-label': buttons.close, onclick: () => dismiss(name)}, icon('close')));
  if (known) known.element.replaceWith(element);
  else $('#notices').append(element);
  window.clearTimeout(known?.timer);
  const timer = notice.for ? window.setTimeout(() => dismiss(name), notice.for) : 0;
  shown.set(name, {element, timer});
  announce(text);
}

/** Put other words into a notice that stands, without saying them aloud: how far something is. @param {string} name @param {string} text */
export function retell(name, text) {
  const known = shown.get(name);
  if (!known) return;
  say($('p', known.element), text);
  known.element.setAttribute('aria-label', text);
}

/** @param {string} name */
export function dismiss(name) {
  const known = shown.get(name);
  if (!known) return;
  window.clearTimeout(known.timer);
  known.element.remove();
  shown.delete(name);
}

/**
 * Copy a text and say so on the button for two seconds.
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copy(button, text) {
  await navigator.clipboard.writeText(text);
  say(button, buttons.copied);
  window.setTimeout(() => say(button, buttons.copy), 2000);
}
