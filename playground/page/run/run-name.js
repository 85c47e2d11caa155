// @ts-check
// The shown run's name: its menu, and renaming where it stands.
import {h, say} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {attachMenu} from '../../ui/menu.js';
import {oneLine} from '../../ui/text.js';
import {runs as names, verbs as words} from '../../words/index.js';
import {latest, verbsOf} from './verbs.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./actions.js').RunActions} RunActions */
/** @typedef {import('./verbs.js').Verb} Verb */

const GROUPS = /** @type {Verb[][]} */ ([
  ['pause', 'resume', 'retry', 'jump', 'send'], ['restart', 'undo', 'terminate'], ['rename', 'copyId', 'remove'],
]);
const NAME_MAX = 100; // characters, as the engine takes them

export class RunName {
  /** @type {Session} */ #session;
  /** @type {RunActions} */ #actions;
  #text = h('bdi', {class: 'name'});
  #button = h('button', {type: 'button', class: 'button plain run-name', 'aria-haspopup': 'menu', 'aria-expanded': 'false'}, this.#text, icon('chevron'));
  element = h('span', {class: 'run-menu', hidden: true}, this.#button);

  /** @param {Session} session @param {RunActions} actions */
  constructor(session, actions) {
    this.#session = session;
    this.#actions = actions;
    attachMenu(this.#button, () => this.groups());
    this.#button.addEventListener('dblclick', () => this.rename());
  }

  /** Show the name of the shown run, or nothing. */
  update() {
    const run = this.#session.shown?.run;
    this.element.hidden = !run;
    const name = run ? oneLine(names.of(run)) : '';
    say(this.#text, name);
    if (run) this.#button.setAttribute('aria-label', words.menu(name));
  }

  /** What applies to the shown run, for its menu and the phone's bar. @returns {import('../../ui/menu.js').Group[]} */
  groups() {
    const {shown} = this.#session;
    if (!shown) return [];
    const applies = new Set(verbsOf(shown.run, latest(shown.rows)));
    return GROUPS.map((verbs) => ({
      items: verbs.filter((verb) => applies.has(verb)).map((verb) => ({label: labelOf(verb, applies), act: () => this.#act(verb)})),
    })).filter(({items}) => items.length);
  }

  /** @param {Verb} verb */
  #act(verb) {
    if (verb === 'rename') this.rename();
    else this.#actions.do(verb);
  }

  /** Put a field where the name stands. Enter and leaving keep what was typed, Escape does not. */
  rename() {
    const run = this.#session.shown?.run;
    if (!run || this.element.querySelector('input')) return;
    const field = h('input', {class: 'text-field run-rename', 'aria-label': words.nameLabel, maxlength: NAME_MAX, autocomplete: 'off', spellcheck: 'false', value: names.of(run), title: words.cancelRename});
    let over = false;
    const leave = (/** @type {boolean} */ keep, /** @type {boolean} */ focus) => {
      if (over) return;
      over = true;
      if (keep && field.value.trim() !== names.of(run)) this.#actions.rename(field.value.trim());
      field.remove();
      this.#button.hidden = false;
      if (focus) this.#button.focus();
    };
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === 'Escape') {
        event.preventDefault();
        leave(event.key === 'Enter', true);
      }
      event.stopPropagation();
    });
    field.addEventListener('blur', () => leave(true, false));
    this.#button.hidden = true;
    this.element.append(field);
    field.focus();
    field.select();
  }
}

/** @param {Verb} verb @param {Set<Verb>} applies */
function labelOf(verb, applies) {
  return verb === 'terminate' && applies.has('undo') ? words.atOnce : words[verb];
}
