// @ts-check
// The versions of the project: a list, each beside what is in the editor, and back with one of them.
import {h, replace} from '../../ui/dom.js';
import {moment} from '../../ui/format.js';
import {notify} from '../../ui/notices.js';
import {buttons, versions as words} from '../../words/index.js';
import {CodeView} from './code-view.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./versions.js').Version} Version */

/** @param {Workspace} workspace */
export async function showVersions(workspace) {
  const versions = await workspace.versions();
  /** @type {Version | undefined} */ let chosen = versions[0];
  const list = h('ul', {class: 'version-list', role: 'listbox', 'aria-label': words.title, tabindex: 0, 'aria-activedescendant': 'version-0', onkeydown: (/** @type {KeyboardEvent} */ event) => move(event)});
  const restore = h('button', {type: 'button', class: 'button small filled', disabled: !chosen, onclick: () => chosen && back(chosen)}, words.restore);
  const view = new CodeView({title: words.title, className: 'versions', side: list, verbs: chosen ? [restore] : []});

  /** @param {Version} version */
  function show(version) {
    chosen = version;
    const at = versions.indexOf(version);
    list.setAttribute('aria-activedescendant', `version-${at}`);
    replace(list, versions.map((one, i) => h('li', {id: `version-${i}`, role: 'option', 'aria-selected': String(one === version), onclick: () => show(one)},
      h('span', {class: 'when'}, moment(one.at, Date.now())), h('bdi', {class: 'why'}, whyOf(one)))));
    list.children[at]?.scrollIntoView({block: 'nearest'});
    view.show(version, {against: workspace.files, label: moment(version.at, Date.now()), file: workspace.file, fold: true});
  }

  /** @param {Version} version */
  function back(version) {
    view.close();
    const undo = workspace.restoreVersion(version);
    notify('undo', {text: words.restored(moment(version.at, Date.now())), actions: [{label: buttons.undo, act: undo}], for: 10_000});
  }

  /** @param {KeyboardEvent} event */
  function move(event) {
    const at = chosen ? versions.indexOf(chosen) : 0;
    /** @type {Record<string, number>} */
    const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: versions.length - 1};
    if (event.key === 'Enter' && chosen) back(chosen);
    else if (versions[to[event.key]]) show(versions[to[event.key]]);
    else return;
    event.preventDefault();
  }

  if (chosen) {
    show(chosen);
    list.focus();
  } else {
    replace(list, h('li', {class: 'nothing'}, words.none));
  }
}

/** @param {Version} version */
function whyOf({why, runs}) {
  const last = runs.at(-1)?.name;
  return last ? words.runs(runs.length, last) : words.why[why];
}
