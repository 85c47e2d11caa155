// @ts-check
// What a verb asks before it can begin: an event's type and payload, a date, which code.
import {show} from '../../ui/dialog.js';
import {h} from '../../ui/dom.js';
import {oneLine} from '../../ui/text.js';
import {event as words, jump as jumpWords, payload as payloadWords, restart as restartWords, verbs} from '../../words/index.js';
import {parsePayload, PayloadError} from '../code/payload.js';

/** @typedef {import('../../ui/types.js').Run} Run */

const FARTHEST = Date.UTC(2100, 0, 1);

/**
 * Ask for an event; what is not JSON is told where it stands.
 * @param {string} type filled in
 * @param {{waiting: string[], send: (type: string, payload: unknown) => void}} run the types it waits for now
 */
export function askEvent(type, {waiting, send}) {
  const name = h('input', {id: 'event-type', class: 'text-field', autocomplete: 'off', spellcheck: 'false', maxlength: 100, list: 'event-types', 'aria-describedby': 'event-early', value: type});
  const types = h('datalist', {id: 'event-types'}, waiting.map((one) => h('option', {value: one})));
  const early = h('p', {id: 'event-early', class: 'muted hint'});
  const field = h('textarea', {class: 'payload-text', id: 'event-payload', rows: 5, spellcheck: 'false', 'aria-describedby': 'event-problem'});
  const problem = h('p', {id: 'event-problem', class: 'tone-fail', role: 'alert'});
  const hint = () => {
    early.textContent = name.value && !waiting.includes(name.value) ? words.early : '';
  };
  name.addEventListener('input', hint);
  hint();
  const dialog = show(words.title, [
    h('label', {for: 'event-type'}, words.type), name, types, early,
    h('label', {for: 'event-payload'}, payloadWords.label), field, problem,
  ], words.verb, () => {
    const wrong = refused(name, field);
    problem.textContent = wrong ?? '';
    if (wrong === null) send(name.value, parsePayload(field.value));
    return wrong === null;
  });
  dialog.classList.add('event');
  (type ? field : name).focus();
}

/** What cannot be sent, with the caret where it is wrong. @param {HTMLInputElement} name @param {HTMLTextAreaElement} field */
function refused(name, field) {
  if (!name.value) {
    name.focus();
    return words.noType;
  }
  try {
    parsePayload(field.value);
    return null;
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error;
    field.focus();
    field.setSelectionRange(error.offset, error.offset + 1);
    return error.message;
  }
}

/**
 * Ask for a date of the run's own time.
 * @param {Run} run
 * @param {(to: number) => void} go
 */
export function askJump(run, go) {
  const own = () => Date.now() + run.offset;
  const proposed = Math.max(own() + 60_000, run.next_due === null ? 0 : run.next_due + run.offset);
  const field = h('input', {type: 'datetime-local', id: 'jump-to', class: 'text-field', value: local(proposed), min: local(own()), 'aria-describedby': 'jump-problem'});
  const problem = h('p', {id: 'jump-problem', class: 'tone-fail', role: 'alert'});
  const clock = new Intl.DateTimeFormat(undefined, {dateStyle: 'medium', timeStyle: 'short'}).format(own());
  const dialog = show(jumpWords.title, [
    h('p', {class: 'muted'}, jumpWords.clock(clock)), h('label', {for: 'jump-to'}, jumpWords.label), field, problem, h('p', {class: 'muted'}, jumpWords.what),
  ], jumpWords.verb, () => {
    const to = new Date(field.value).getTime();
    const wrong = Number.isNaN(to) ? jumpWords.none : to <= own() ? jumpWords.past : to >= FARTHEST ? jumpWords.far : '';
    problem.textContent = wrong;
    if (!wrong) go(to);
    else field.focus();
    return !wrong;
  });
  dialog.classList.add('event');
  field.focus();
}

/**
 * Ask which code a restart runs.
 * @param {string | null} step that it begins with; null is the top
 * @param {(edited: boolean) => void} go true is the code in the editor
 */
export function askCode(step, go) {
  const name = step === null ? null : oneLine(step);
  const edited = h('input', {type: 'radio', name: 'code', checked: true});
  const choice = (/** @type {HTMLElement} */ input, /** @type {string} */ label, /** @type {string} */ what) =>
    h('label', {class: 'choice'}, input, h('span', null, label, h('span', {class: 'muted'}, what)));
  const dialog = show(name === null ? verbs.restart : verbs.restartFromStep(name), [
    h('p', null, name === null ? restartWords.all : restartWords.keeps(name)),
    h('fieldset', null, h('legend', null, restartWords.which),
      choice(edited, restartWords.edited, restartWords.editedWhat),
      choice(h('input', {type: 'radio', name: 'code'}), restartWords.own, restartWords.ownWhat)),
  ], verbs.restart, () => {
    go(edited.checked);
    return true;
  });
  dialog.classList.add('restart');
  edited.focus();
}

/** A moment as a date field takes it: the reader's zone, whole minutes, rounded up. @param {number} at */
export function local(at) {
  const up = Math.ceil(at / 60_000) * 60_000;
  return new Date(up - new Date(up).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
