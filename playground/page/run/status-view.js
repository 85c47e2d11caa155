// @ts-check
// The line above the timeline: the run's state, its name with its menu, and what else is worth a word.
import {announce} from '../../ui/announce.js';
import {bdi, h, replace} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {armed as armedWords, buttons, status as words, verbs} from '../../words/index.js';

/** @typedef {import('./status.js').Line} Line */
/** @typedef {import('../../ui/types.js').CrashPoint} CrashPoint */

export class StatusView {
  #line = h('span', {class: 'state-line'});
  #doing = h('span', {class: 'quiet'});
  #armed;
  #armedWords = h('span');
  #earlier;
  #spoken = '';

  /**
   * @param {HTMLElement} home
   * @param {{name: import('./run-name.js').RunName, showCode: () => void, disarm: () => void}} parts
   */
  constructor(home, {name, showCode, disarm}) {
    this.name = name;
    this.#armed = h('span', {class: 'armed'}, icon('kill'), this.#armedWords,
      h('button', {type: 'button', class: 'button small', onclick: disarm}, verbs.disarm));
    this.#earlier = h('span', {class: 'earlier'}, h('span', {class: 'quiet'}, words.earlier),
      h('button', {type: 'button', class: 'button small', onclick: showCode}, buttons.showCode));
    home.append(this.#line, name.element);
  }

  /**
   * @param {Line} line
   * @param {{earlier: boolean, armed: CrashPoint | null, jumping: string}} facts
   */
  show({state, name, words: text, quiet}, {earlier, armed, jumping}) {
    replace(this.#line, state
      ? h('span', {class: `state tone-${state.name}`}, icon(state.name), h('bdi', null, text))
      : h('span', {class: quiet ? 'quiet' : 'state tone-fail'}, text));
    this.name.update();
    replace(this.#doing, bdi(jumping));
    replace(this.#armedWords, armed ? armedWords.at(armedWords.points[armed]) : '');
    this.#place([[this.#doing, jumping !== ''], [this.#armed, armed !== null], [this.#earlier, earlier]]);
    this.#speak(name && text ? `${name}: ${text}.`.replace('..', '.') : text);
  }

  /** What has nothing to say is not in the document; what stays keeps its place, and the focus. @param {[HTMLElement, boolean][]} parts */
  #place(parts) {
    /** @type {Element} */
    let after = this.name.element;
    for (const [part, shown] of parts) {
      if (!shown) part.remove();
      else if (!part.isConnected) after.after(part);
      if (shown) after = part;
    }
  }

  /** Numbers that count are not told again. @param {string} sentence */
  #speak(sentence) {
    const stable = sentence.replace(/\d+(\.\d+)? (of [\d.]+ [kM]B|s\b)/, '');
    if (stable === this.#spoken) return;
    this.#spoken = stable;
    announce(sentence);
  }
}
