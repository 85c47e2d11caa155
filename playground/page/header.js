// @ts-check
// The header: examples, the kernel's state in words and bytes, and the page's own menu.
import {$, h, say} from '../ui/dom.js';
import {progress} from '../ui/format.js';
import {attachMenu} from '../ui/menu.js';
import {buttons, files, gallery as galleryWords, kernel as words} from '../words/index.js';
import {readPrefs, writePrefs} from './prefs.js';

/** @typedef {import('./run/session.js').Session} Session */
/** @typedef {import('../ui/types.js').Example} Example */
/** @typedef {import('../ui/types.js').KernelState} KernelState */

const TONES = {python: 'run', engine: 'run', ready: 'done', follower: 'done', killed: 'fail', silent: 'wait', failed: 'fail'};
const FULL = new Set(['ready', 'follower', 'killed', 'failed']);

/** @param {Session} session */
export function attachKernelState(session) {
  const home = $('#kernel-state');
  const update = () => {
    const {stage} = session.kernel.stage !== 'ready' && session.killed?.target === 'engine' ? {stage: /** @type {const} */ ('killed')} : session.kernel;
    home.className = `kernel-state tone-${TONES[stage]}`;
    home.dataset.stage = stage;
    $('.dot', home).classList.toggle('full', FULL.has(stage));
    say($('.words', home), stage === 'killed' ? words.killed : kernelWords(session.kernel));
  };
  session.addEventListener('change', update);
  update();
}

/** @param {KernelState} state */
export function kernelWords({stage, bytes = 0, total = 0, leads = false, error}) {
  if (stage === 'silent' && leads) return words.silentHere;
  if (stage === 'failed' && error?.name.startsWith('Store')) return words.stopped;
  if (stage === 'failed' && error?.name === 'Fenced') return words.elsewhere;
  if (stage === 'python') return total ? words.python(progress(bytes, total)) : words.pythonUnknown;
  return words[stage];
}

/**
 * The examples by title, and the way to all of them with their pictures.
 * @param {Example[]} examples
 * @param {{current: () => string, choose: (name: string) => void, gallery: () => void}} acts
 */
export function attachExamples(examples, acts) {
  attachMenu($('#examples-button'), () => [{items: [galleryItem(acts.gallery)]}, exampleGroup(examples, acts)]);
}

/** @param {() => void} act @returns {import('../ui/menu.js').Item} */
export function galleryItem(act) {
  return {label: galleryWords.every, act};
}

/** @param {Example[]} examples @param {{current: () => string, choose: (name: string) => void}} acts @returns {import('../ui/menu.js').Group} */
function exampleGroup(examples, {current, choose}) {
  return {items: examples.map(({name, title}) => ({label: title, current: name === current(), act: () => choose(name)}))};
}

/**
 * The tenants, and what can be done with the code of the one that is shown.
 * @param {() => string[]} tenants
 * @param {() => string} current
 * @param {{choose: (name: string) => void, groups: () => import('../ui/menu.js').Group[]}} acts
 */
export function attachTenants(tenants, current, {choose, groups}) {
  attachMenu($('#tenant-button'), () => [...groups(), {caption: files.tenants, items: tenants().map((tenant) => ({
    label: [h('bdi', null, tenant)], checked: tenant === current(), act: () => choose(tenant),
  }))}]);
}

/**
 * The page's own menu; on a phone it also holds what the header has no room for.
 * @param {{about: () => void, keys: () => void, storage: () => void, open: import('../ui/menu.js').Item, notebook: import('../ui/menu.js').Item, dashboards: import('../ui/menu.js').Item, extra: () => import('../ui/menu.js').Group[]}} acts
 */
export function attachMore({about, keys, storage, open, notebook, dashboards, extra}) {
  attachMenu($('#more-button'), () => {
    const prefs = readPrefs();
    const theme = (/** @type {import('./prefs.js').Prefs['theme']} */ name, /** @type {string} */ label) => ({
      label, checked: prefs.theme === name, act: () => setTheme(name),
    });
    const narrow = matchMedia('(max-width: 719px)').matches;
    return [
      ...(narrow ? extra() : []),
      {caption: 'Theme', items: [theme('', 'As the system'), theme('light', 'Light'), theme('dark', 'Dark')]},
      {caption: 'Keyboard', items: [
        {label: 'Show shortcuts', end: '?', act: keys},
        {label: 'Single keys on', checked: prefs.singleKeys, act: () => writePrefs({singleKeys: true})},
        {label: 'Single keys off', checked: !prefs.singleKeys, act: () => writePrefs({singleKeys: false})},
      ]},
      {items: [open, notebook, dashboards, {label: buttons.docs, act: showDocs}, {label: 'Storage…', act: storage}, {label: 'About', act: about}]},
    ];
  }, {end: true});
}

/** In a tab of its own: what is typed and run here stays. */
function showDocs() {
  window.open(new URL('docs/index.html', document.baseURI), '_blank', 'noopener');
}

/** @param {import('./prefs.js').Prefs['theme']} theme */
function setTheme(theme) {
  writePrefs({theme});
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}
