// @ts-check
// What can be done with the selected runs. A verb that applies to none of them is absent.
import {h, replace, say} from '../../ui/dom.js';
import {runs as words, verbs} from '../../words/index.js';
import {isLive} from '../run/state.js';

/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {'pause' | 'resume' | 'terminate' | 'remove'} Many */

const ALL = /** @type {Many[]} */ (['pause', 'resume', 'terminate', 'remove']);

/**
 * The verbs that apply to some of many runs; to runs that have not been read, any may.
 * @param {readonly (Run | null)[]} runs
 * @returns {Many[]}
 */
export function verbsOfMany(runs) {
  const held = (/** @type {Run} */ run) => run.status === 'paused' || run.status === 'waitingForPause';
  /** @type {Record<Many, (run: Run) => boolean>} */
  const applies = {pause: (run) => isLive(run) && !held(run), resume: held, terminate: isLive, remove: () => true};
  return ALL.filter((verb) => runs.some((run) => run === null || applies[verb](run)));
}

export class RunsBar {
  #count = h('span', {class: 'count'});
  #acts = h('span', {class: 'acts', role: 'group'});
  /** @type {Record<string, HTMLElement>} */ #buttons = {};
  element = h('div', {class: 'runs-bar', hidden: true}, this.#count, this.#acts);

  /** @param {(act: Many | 'clear') => void} act */
  constructor(act) {
    for (const verb of ALL) this.#buttons[verb] = h('button', {type: 'button', class: 'button', 'data-act': verb, onclick: () => act(verb)}, verbs[verb]);
    this.#buttons.clear = h('button', {type: 'button', class: 'button plain', 'data-act': 'clear', onclick: () => act('clear')}, words.clear);
  }

  /**
   * @param {readonly (Run | null)[]} selected
   * @param {string} doing what is under way with them
   */
  show(selected, doing) {
    this.element.hidden = !selected.length && !doing;
    if (this.element.hidden) return;
    say(this.#count, doing || words.selected(selected.length));
    replace(this.#acts, doing ? [] : [...verbsOfMany(selected), 'clear'].map((verb) => this.#buttons[verb]));
  }
}
