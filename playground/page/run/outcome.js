// @ts-check
// How the shown run ended: its error first, what it came to, and what can be done next.
import {errorOf} from '../../timeline/details.js';
import {$, h, replace, say} from '../../ui/dom.js';
import {oneLine} from '../../ui/text.js';
import {verbs as words} from '../../words/index.js';
import {isLive} from './state.js';
import {summarise} from './summary.js';
import {culprit} from './verbs.js';

/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {import('../../timeline/model.js').Model} Model */

/**
 * @typedef {object} Next
 * @property {(key: string | null) => void} restart from a step on, or from the top
 * @property {(() => void) | null} report copies one, where there are reports
 * @property {(() => void) | null} share opens the dialog, where there is one
 */

export class Outcome {
  #error = h('div');
  #restart = h('button', {type: 'button', class: 'button small'});
  #report = h('button', {type: 'button', class: 'button small'}, words.copyReport);
  #share = h('button', {type: 'button', class: 'button'}, words.share);
  /** @type {string | null} */ #culprit = null;

  /** @param {Next} next */
  constructor({restart, report, share}) {
    this.#restart.addEventListener('click', () => restart(this.#culprit));
    if (report) this.#report.addEventListener('click', report);
    if (share) this.#share.addEventListener('click', share);
    const acts = h('div', {class: 'acts'}, this.#restart, report ? this.#report : null);
    $('#failure').append(h('div', {class: 'box'}, this.#error, acts));
    $('#share-run').append(this.#share);
    this.shares = share !== null;
  }

  /**
   * @param {History | null} history
   * @param {Model | null} model
   * @param {boolean} recorded nothing can be done with it
   */
  show(history, model, recorded) {
    this.#showFailure(history, model, recorded);
    const over = history && model && history.rows.length && !isLive(history.run);
    $('#share-run').hidden = !(over && this.shares && !recorded && history.run.status === 'complete');
    if (!over) {
      replace($('#summary'));
      return;
    }
    const {state, facts} = summarise(history.run, model, history.ledger);
    replace($('#summary'), h('span', {class: `state tone-${history.run.status}`}, state), ` ${facts.join(' ')}`);
  }

  /** @param {History | null} history @param {Model | null} model @param {boolean} recorded */
  #showFailure(history, model, recorded) {
    const error = history?.run.status === 'errored' ? history.run.error : null;
    $('#failure').hidden = !error;
    replace(this.#error, error ? errorOf(error) : []);
    if (!error || !model) return;
    this.#culprit = culprit(model);
    const step = model.steps.find(({key}) => key === this.#culprit);
    say(this.#restart, step ? words.restartFrom : words.restart);
    this.#restart.setAttribute('aria-label', step ? words.restartFromStep(oneLine(step.name)) : words.restart);
    this.#restart.hidden = this.#report.hidden = recorded;
  }
}
