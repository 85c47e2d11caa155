// @ts-check
// Print: every step as a sentence where the document holds only the rows in view, from before the page is printed to after it.
import {h} from '../ui/dom.js';
import {sentence} from './sentences.js';

/** @typedef {import('./model.js').Model} Model */
/** @typedef {import('./model.js').Step} Step */

export class Printed {
  /** @type {HTMLElement} */ #timeline;
  /** @type {() => {model: Model | null, keep: ((step: Step) => boolean) | undefined}} */ #shown;
  /** @type {HTMLElement | null} */ #list = null;
  #before = () => this.#write();
  #after = () => this.#erase();

  /** @param {HTMLElement} timeline @param {() => {model: Model | null, keep: ((step: Step) => boolean) | undefined}} shown */
  constructor(timeline, shown) {
    this.#timeline = timeline;
    this.#shown = shown;
  }

  listen() {
    window.addEventListener('beforeprint', this.#before);
    window.addEventListener('afterprint', this.#after);
  }

  forget() {
    window.removeEventListener('beforeprint', this.#before);
    window.removeEventListener('afterprint', this.#after);
    this.#erase();
  }

  #write() {
    this.#erase();
    const {model, keep} = this.#shown();
    const steps = model?.steps.filter(keep ?? (() => true)) ?? [];
    if (!model || steps.length <= this.#timeline.querySelectorAll('.tl-row').length) return; // all of them are there
    this.#list = h('ol', {class: 'tl-print'}, steps.map((step) => h('li', null, sentence(step, model))));
    this.#timeline.append(this.#list);
    this.#timeline.toggleAttribute('data-printed', true);
  }

  #erase() {
    this.#list?.remove();
    this.#list = null;
    this.#timeline.removeAttribute('data-printed');
  }
}
