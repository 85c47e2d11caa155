// @ts-check
// A field for the payload of an event, below the timeline that asked for it.
import {parsePayload, PayloadError} from '../page/code/payload.js';
import {h, say} from '../ui/dom.js';
import {oneLine} from '../ui/text.js';
import {buttons} from '../words/index.js';
import {notebook as words} from '../words/notebook.js';

export class PayloadForm {
  #type = '';
  #field = h('textarea', {class: 'payload', rows: 3, spellcheck: 'false', 'aria-describedby': 'problem', 'aria-label': words.payload});
  #problem = h('p', {id: 'problem', class: 'refused', role: 'alert'});
  #send = h('button', {class: 'button filled', type: 'submit'});

  /** @param {(type: string, payload: unknown) => void} send */
  constructor(send) {
    this.element = h('form', {class: 'event', hidden: true, onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit(send);
    }, onkeydown: (/** @type {KeyboardEvent} */ event) => {
      event.stopPropagation(); // the notebook has shortcuts of single letters
      if (event.key === 'Escape') this.element.hidden = true;
    }}, this.#field, this.#problem, h('div', {class: 'row'},
      h('button', {class: 'button', type: 'button', onclick: () => this.#close()}, buttons.close), this.#send));
  }

  /** @param {string} type of the event */
  open(type) {
    this.#type = type;
    say(this.#send, buttons.send(oneLine(type)));
    say(this.#problem, '');
    this.element.hidden = false;
    this.#field.focus();
  }

  #close() {
    this.element.hidden = true;
  }

  /** @param {(type: string, payload: unknown) => void} send */
  #submit(send) {
    try {
      send(this.#type, parsePayload(this.#field.value));
      this.#close();
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      say(this.#problem, error.message);
      this.#field.focus();
      this.#field.setSelectionRange(error.offset, error.offset + 1);
    }
  }
}
