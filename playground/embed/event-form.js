// @ts-check
// The payload of an event, typed below the row that waits for it.
import {parsePayload, PayloadError} from '../page/code/payload.js';
import {h} from '../ui/dom.js';
import {oneLine} from '../ui/text.js';
import {buttons, embed as words} from '../words/index.js';

/**
 * @param {string} type
 * @param {(payload: unknown) => void} send
 */
export function eventForm(type, send) {
  const field = h('textarea', {class: 'code', rows: 3, spellcheck: 'false', id: 'event', 'aria-describedby': 'event-problem'});
  const problem = h('p', {id: 'event-problem', class: 'problem', role: 'alert'});
  const form = h('form', {class: 'event', onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      send(parsePayload(field.value));
      form.remove();
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      problem.textContent = error.message;
      field.focus();
    }
  }}, h('label', {for: 'event'}, words.event(oneLine(type))), field, problem, h('button', {class: 'button'}, buttons.sendNow));
  window.setTimeout(() => field.focus());
  return form;
}
