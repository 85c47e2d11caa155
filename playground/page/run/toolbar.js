// @ts-check
// Run and Kill, at the top of the run and, on a phone, under the thumb.
import {$, h, replace, say} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {attachMenu} from '../../ui/menu.js';
import {armed as armedWords, buttons, verbs} from '../../words/index.js';
import {isLive} from './state.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('../../ui/types.js').CrashPoint} CrashPoint */

/**
 * @typedef {object} Acts
 * @property {() => void} run
 * @property {(target: 'engine' | 'sandbox') => void} kill
 * @property {(point: CrashPoint | null) => void} arm
 * @property {() => import('../../ui/menu.js').Group[]} verbs of the shown run, for the phone's bar
 */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * @param {Session} session
 * @param {Acts} acts
 */
export function attachToolbar(session, acts) {
  const places = [build($('#toolbar'), session, acts, false), build($('#stickybar'), session, acts, true)];
  const update = () => {
    const run = session.shown?.run ?? null;
    const live = run !== null && isLive(run) && session.canRun;
    for (const one of places) {
      replace(one.icon, icon(session.queued ? 'close' : 'play'));
      if (one.keys) one.keys.hidden = session.queued;
      say(one.word, session.queued ? buttons.cancel : run ? buttons.again : buttons.run);
      one.run.setAttribute('aria-disabled', String(session.checking));
      one.kill.setAttribute('aria-disabled', String(!live));
      one.more.setAttribute('aria-disabled', String(!live && !(one.phone && run)));
      for (const button of [one.kill, one.more]) button.title = live || session.killed || run ? '' : buttons.killOff;
    }
  };
  session.addEventListener('change', update);
  update();
}

/**
 * @param {HTMLElement} home
 * @param {Session} session
 * @param {Acts} acts
 * @param {boolean} phone
 */
function build(home, session, acts, phone) {
  const word = h('span', null, buttons.run);
  const mark = h('span', {class: 'mark'}, icon('play'));
  const keys = phone ? null : h('kbd', {'aria-hidden': 'true'}, MAC ? '⌘ ↵' : 'Ctrl ↵');
  const run = h('button', {type: 'button', class: 'button filled run-button', 'data-act': 'run', onclick: () => on(run) && acts.run()},
    mark, word, keys);
  const kill = h('button', {type: 'button', class: 'button', 'data-act': 'kill', 'aria-disabled': 'true', title: buttons.killOff, onclick: () => on(kill) && acts.kill('engine')},
    icon('kill'), h('span', null, phone ? buttons.killShort : buttons.kill));
  const more = h('button', {type: 'button', class: 'button', 'data-act': 'kill-more', 'aria-label': phone ? verbs.bar : buttons.more, 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-disabled': 'true'}, icon('chevron'));
  home.append(run, h('span', {class: 'split'}, kill, more));
  attachMenu(more, () => [...(phone ? acts.verbs() : []), ...(kill.getAttribute('aria-disabled') === 'true' ? [] : killGroups(session, acts))], {end: true});
  return {run, kill, more, word, keys, phone, icon: mark};
}

/** Ways to interrupt: at once, or at a moment that hurts. @param {Session} session @param {Acts} acts @returns {import('../../ui/menu.js').Group[]} */
function killGroups(session, acts) {
  const points = /** @type {[CrashPoint, string][]} */ (Object.entries(armedWords.points));
  return [
    {items: [
      {label: buttons.killSandbox, act: () => acts.kill('sandbox')},
      {label: buttons.reload, act: () => location.reload()},
    ]},
    {caption: verbs.killAt, items: points.map(([point, label]) => ({
      label, checked: session.armed === point, act: () => acts.arm(session.armed === point ? null : point),
    }))},
  ];
}

/** @param {HTMLElement} button */
function on(button) {
  return button.getAttribute('aria-disabled') !== 'true';
}
