// @ts-check
// Run and Kill, at the top of the run and, on a phone, under the thumb.
import {$, h, replace, say} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {attachMenu} from '../../ui/menu.js';
import {buttons} from '../../words/index.js';
import {isLive} from './state.js';

/** @typedef {import('./session.js').Session} Session */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * @param {Session} session
 * @param {{run: () => void, kill: (target: 'engine' | 'sandbox') => void}} acts
 */
export function attachToolbar(session, acts) {
  const places = [build($('#toolbar'), acts, false), build($('#stickybar'), acts, true)];
  const update = () => {
    const run = session.shown?.run ?? null;
    const live = run !== null && isLive(run) && session.canRun;
    for (const one of places) {
      replace(one.icon, icon(session.queued ? 'close' : 'play'));
      if (one.keys) one.keys.hidden = session.queued;
      say(one.word, session.queued ? buttons.cancel : run ? buttons.again : buttons.run);
      one.run.setAttribute('aria-disabled', String(session.checking));
      for (const button of [one.kill, one.more]) {
        button.setAttribute('aria-disabled', String(!live));
        button.title = live || session.killed ? '' : buttons.killOff;
      }
    }
  };
  session.addEventListener('change', update);
  update();
}

/**
 * @param {HTMLElement} home
 * @param {{run: () => void, kill: (target: 'engine' | 'sandbox') => void}} acts
 * @param {boolean} phone
 */
function build(home, acts, phone) {
  const word = h('span', null, buttons.run);
  const mark = h('span', {class: 'mark'}, icon('play'));
  const keys = phone ? null : h('kbd', {'aria-hidden': 'true'}, MAC ? '⌘ ↵' : 'Ctrl ↵');
  const run = h('button', {type: 'button', class: 'button filled run-button', 'data-act': 'run', onclick: () => on(run) && acts.run()},
    mark, word, keys);
  const kill = h('button', {type: 'button', class: 'button', 'data-act': 'kill', 'aria-disabled': 'true', title: buttons.killOff, onclick: () => on(kill) && acts.kill('engine')},
    icon('kill'), h('span', null, phone ? buttons.killShort : buttons.kill));
  const more = h('button', {type: 'button', class: 'button', 'data-act': 'kill-more', 'aria-label': buttons.more, 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-disabled': 'true'}, icon('chevron'));
  home.append(run, h('span', {class: 'split'}, kill, more));
  attachMenu(more, () => [{items: [
    {label: buttons.killSandbox, act: () => acts.kill('sandbox')},
    {label: buttons.reload, act: () => location.reload()},
  ]}], {end: true});
  return {run, kill, more, word, keys, icon: mark};
}

/** @param {HTMLElement} button */
function on(button) {
  return button.getAttribute('aria-disabled') !== 'true';
}
