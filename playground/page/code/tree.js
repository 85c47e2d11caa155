// @ts-check
// The tree of files, beside the editor from the second file on: arrows move, Enter opens, F2 renames, Delete deletes.
import {h, replace} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {visible} from '../../ui/text.js';
import {files as words} from '../../words/index.js';

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {{path: string, name: string, level: number, folder: boolean}} Row */
/** @typedef {{add: () => void, rename: (path: string, closed?: (path: string) => void) => void, remove: (path: string) => void, problems: (path: string) => number}} Acts */

export class FileTree {
  /** @type {Workspace} */ #workspace;
  /** @type {HTMLElement} */ #home;
  /** @type {HTMLElement} */ #list;
  /** @type {Acts} */ #acts;
  /** @type {Set<string>} folders */ #closed = new Set();
  #current = '';

  /** @param {HTMLElement} home @param {Workspace} workspace @param {Acts} acts */
  constructor(home, workspace, acts) {
    this.#home = home;
    this.#workspace = workspace;
    this.#acts = acts;
    this.#list = h('ul', {class: 'tree', role: 'tree', 'aria-label': words.tree, onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event)});
    const add = h('button', {type: 'button', class: 'button plain small icon-only', 'aria-label': words.addShort, onclick: acts.add}, icon('add'));
    home.replaceChildren(h('header', null, h('h2', null, words.tree), add), this.#list);
    this.update();
  }

  update() {
    const {files, file} = this.#workspace;
    const rows = rowsOf(Object.keys(files)).filter(({path}) => ![...this.#closed].some((folder) => path.startsWith(`${folder}/`)));
    if (!rows.some(({path}) => path === this.#current)) this.#current = file;
    const focused = this.#list.contains(document.activeElement);
    replace(this.#list, rows.map((row) => this.#row(row)));
    this.#home.hidden = Object.keys(files).length < 2;
    if (focused) this.#item(this.#current)?.focus();
  }

  /** Go on at a file, its folders open. @param {string} path */
  focus(path) {
    for (const folder of this.#closed) if (path.startsWith(`${folder}/`)) this.#closed.delete(folder);
    this.#current = path;
    this.update();
    this.#item(this.#current)?.focus();
  }

  /** @param {Row} row */
  #row({path, name, level, folder}) {
    const {file, main} = this.#workspace;
    const open = folder ? !this.#closed.has(path) : null;
    const problems = folder ? 0 : this.#acts.problems(path);
    const note = problems ? h('span', {class: 'count'}, problems) : path === main ? h('span', {class: 'main', title: words.main}, icon('play')) : null;
    return h('li', {
      role: 'treeitem', class: 'tree-row', style: `--level: ${level}`, 'data-path': path, 'aria-level': level + 1, tabindex: path === this.#current ? 0 : -1,
      'aria-expanded': open === null ? null : String(open), 'aria-selected': String(path === file), 'aria-label': path === main ? `${visible(name)}, ${words.main}` : visible(name),
      onclick: () => this.#open(path, folder),
    }, icon(folder ? 'chevron' : 'file'), h('bdi', null, visible(name)), note);
  }

  /** @param {string} path @param {boolean} folder */
  #open(path, folder) {
    this.#current = path;
    if (!folder) this.#workspace.show(path);
    else if (!this.#closed.delete(path)) this.#closed.add(path);
    this.update();
    this.#item(path)?.focus();
  }

  /** @param {string} path */
  #item(path) {
    return /** @type {HTMLElement | undefined} */ ([...this.#list.children].find((item) => /** @type {HTMLElement} */ (item).dataset.path === path));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const items = /** @type {HTMLElement[]} */ ([...this.#list.children]);
    const at = items.findIndex((item) => item.dataset.path === this.#current);
    const folder = items[at]?.hasAttribute('aria-expanded') ?? false;
    const open = items[at]?.getAttribute('aria-expanded') === 'true';
    /** @type {Record<string, () => void>} */
    const acts = {
      ArrowDown: () => this.#move(items[at + 1]), ArrowUp: () => this.#move(items[at - 1]), Home: () => this.#move(items[0]), End: () => this.#move(items.at(-1)),
      ArrowRight: () => (folder && !open ? this.#open(this.#current, true) : this.#move(items[at + 1])),
      ArrowLeft: () => (folder && open ? this.#open(this.#current, true) : this.#move(this.#item(this.#current.split('/').slice(0, -1).join('/')))),
      Enter: () => this.#open(this.#current, folder), ' ': () => this.#open(this.#current, folder),
      F2: () => folder || this.#acts.rename(this.#current, (path) => this.focus(path)), Delete: () => folder || this.#acts.remove(this.#current),
    };
    if (!(event.key in acts) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  /** @param {HTMLElement | undefined} item */
  #move(item) {
    if (!item?.dataset.path) return;
    this.#current = item.dataset.path;
    for (const other of /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll('[role="treeitem"]'))) other.tabIndex = other === item ? 0 : -1;
    item.focus();
  }
}

/**
 * Folders before files, each in the order of names.
 * @param {string[]} paths
 * @param {string} [inside]
 * @param {number} [level]
 * @returns {Row[]}
 */
export function rowsOf(paths, inside = '', level = 0) {
  const below = paths.filter((path) => path.startsWith(inside));
  const folders = [...new Set(below.map((path) => path.slice(inside.length)).filter((rest) => rest.includes('/')).map((rest) => rest.split('/')[0]))];
  const here = below.map((path) => path.slice(inside.length)).filter((rest) => !rest.includes('/'));
  const sorted = (/** @type {string[]} */ names) => names.sort((one, other) => one.localeCompare(other, 'en'));
  return [
    ...sorted(folders).flatMap((name) => [{path: `${inside}${name}`, name, level, folder: true}, ...rowsOf(paths, `${inside}${name}/`, level + 1)]),
    ...sorted(here).map((name) => ({path: `${inside}${name}`, name, level, folder: false})),
  ];
}
