// @ts-check
// The page of the dashboards: it hosts the engine or follows the tab that does, shows real figures at once, and Panel's
// dashboards as soon as their Python is there.
import {openKernel} from '../../kernel/client.js';
import {$, h, replace, say} from '../ui/dom.js';
import {icon} from '../ui/icons.js';
import {visible} from '../ui/text.js';
import {dashboard as words} from '../words/index.js';
import {FirstView} from './first-view.js';
import {LiveView} from './live-view.js';
import {keepOffline} from './offline.js';

/** @typedef {import('../ui/types.js').Kernel} Kernel */
/** @typedef {import('./protocol.js').Stage} Stage */

const began = performance.now();
const site = new URL('../', document.baseURI);
const places = JSON.parse(/** @type {string} */ ($('#places').textContent));
const kernel = openKernel({base: site, worldDelay: worldDelay()});
const first = new FirstView($('#first'), /** @type {Kernel} */ (/** @type {unknown} */ (kernel)));
const live = new LiveView($('#roots'), site, places);
/** @type {{kernel: object, live: number | null, kept: Promise<boolean> | null}} `live`: ms until the dashboards were */
const told = {kernel, live: null, kept: null};
window.dynamicWorkflows = told; // for the console, as in the playground

/** @param {'run' | 'fail'} tone @param {string} text */
function state(tone, text) {
  $('#state').className = `dash-state tone-${tone}`;
  say($('#state .words'), text);
}

live.addEventListener('stage', (event) => state('run', words.stages[/** @type {Stage} */ (/** @type {CustomEvent} */ (event).detail)]));
live.addEventListener('live', () => {
  first.leave();
  $('#state').hidden = true; // from here on the dashboards say themselves whether they are live
  told.live = performance.now() - began;
  told.kept = keepOffline(site, places);
});
live.addEventListener('failed', (event) => {
  const {message, loaded} = /** @type {CustomEvent} */ (event).detail;
  state('fail', words.title);
  const said = loaded && message ? h('details', null, h('summary', null, words.details), h('pre', {class: 'code'}, visible(message))) : null;
  replace($('#problem'), icon('errored'), h('div', null, h('p', null, words.failed), h('p', null, loaded ? null : words.missing), said),
    h('button', {type: 'button', class: 'button', onclick: () => location.reload()}, words.reload));
  $('#problem').hidden = false;
});

/** How long an answer of the outside world takes, as on the page; tests shorten it. */
function worldDelay() {
  const asked = Number(new URLSearchParams(location.search).get('world-delay') ?? 1500);
  return Number.isInteger(asked) && asked >= 0 && asked <= 60_000 ? asked : 1500;
}
