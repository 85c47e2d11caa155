// @ts-check
// The gallery: every example with the picture of its recorded run, what it shows, what it uses and how long it is.
import {$, h, replace, s} from '../../ui/dom.js';
import {duration} from '../../ui/format.js';
import {announce} from '../../ui/announce.js';
import {gallery as words} from '../../words/index.js';

/**
 * @typedef {object} GalleryRow
 * @property {string} name
 * @property {string} title
 * @property {string} line
 * @property {string} story
 * @property {string[]} features
 * @property {string} tenant
 * @property {string} [of] the example that it is another tenant of
 * @property {number} lines of code
 * @property {number | null} ms how long its recorded run took, on the run's own clock
 */

/** @typedef {{pictures: string, rows: GalleryRow[]}} Table */
/** @typedef {{open: (name: string) => void, leave: () => void, wanted: () => boolean}} Acts wanted: still, once the table is here */

/**
 * Show the gallery in place of the panes.
 * @param {string} address of its table
 * @param {Acts} acts
 */
export async function showGallery(address, acts) {
  const table = /** @type {Table} */ (await (await fetch(new URL(address, document.baseURI))).json());
  if (!acts.wanted()) return;
  closeGallery();
  const body = h('tbody');
  const section = h('section', {class: 'gallery', id: 'gallery', 'aria-labelledby': 'gallery-title'},
    h('div', {class: 'gallery-head'},
      h('h2', {id: 'gallery-title', tabindex: -1}, words.title), h('p', {class: 'muted'}, words.intro), h('span', {class: 'spacer'}),
      h('button', {type: 'button', class: 'button', onclick: acts.leave}, words.back)),
    filterOf(table, (feature) => fill(body, table, feature, acts)),
    h('table', null, headOf(), body));
  section.addEventListener('keydown', (event) => event.key === 'Escape' && acts.leave());
  fill(body, table, '', acts);
  document.body.dataset.gallery = '';
  $('.main').append(section);
  $('#gallery-title').focus({preventScroll: true});
}

export function closeGallery() {
  delete document.body.dataset.gallery;
  document.querySelector('#gallery')?.remove();
}

function headOf() {
  const columns = [words.picture, words.example, words.uses, words.length];
  return h('thead', null, h('tr', null, columns.map((name) => h('th', {scope: 'col'}, name))));
}

/** @param {Table} table @param {(feature: string) => void} choose */
function filterOf({rows}, choose) {
  const used = new Set(rows.flatMap(({features}) => features));
  const names = ['', ...Object.keys(words.features).filter((name) => used.has(name))];
  const buttons = names.map((name) => h('button', {type: 'button', class: 'chip', 'aria-pressed': String(!name), 'data-feature': name, onclick: () => {
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.feature === name));
    choose(name);
    announce(words.shown(rows.filter((row) => shown(row, rows, name)).length));
  }}, name ? words.features[name] : words.all));
  return h('div', {class: 'chips', role: 'group', 'aria-label': words.filter}, buttons);
}

/** @param {HTMLElement} body @param {Table} table @param {string} feature @param {Acts} acts */
function fill(body, {pictures, rows}, feature, acts) {
  replace(body, rows.filter((row) => shown(row, rows, feature)).map((row) =>
    rowOf(row, rows.filter(({of}) => of === row.name), pictures, acts)));
}

/** A row of its own, with a feature of its own or of another tenant's. @param {GalleryRow} row @param {GalleryRow[]} rows @param {string} feature */
function shown(row, rows, feature) {
  return !row.of && (!feature || [row, ...rows.filter(({of}) => of === row.name)].some(({features}) => features.includes(feature)));
}

/** @param {GalleryRow} row @param {GalleryRow[]} others @param {string} pictures @param {Acts} acts */
function rowOf({name, title, line, story, features, lines, ms}, others, pictures, acts) {
  return h('tr', null,
    h('td', {class: 'picture'}, ms === null ? null : pictureOf(`${pictures}#${name}`)),
    h('th', {scope: 'row'}, linkTo(name, title, acts), h('p', null, line), h('p', {class: 'story'}, story),
      others.map((other) => h('p', null, linkTo(other.name, words.also(other.tenant), acts)))),
    h('td', {class: 'uses'}, features.map((one) => h('span', {class: 'tag'}, words.features[one] ?? one))),
    h('td', {class: 'length'}, h('span', null, words.lines(lines)), ms === null ? null : h('span', null, words.takes(duration(ms)))));
}

/** @param {string} address */
function pictureOf(address) {
  return s('svg', {viewBox: '0 0 232 84', width: 232, height: 84, 'aria-hidden': 'true'}, s('use', {href: new URL(address, document.baseURI).href}));
}

/** @param {string} name @param {string} text @param {Acts} acts */
function linkTo(name, text, acts) {
  return h('a', {href: `?example=${encodeURIComponent(name)}`, onclick: (/** @type {MouseEvent} */ event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    acts.open(name);
  }}, text);
}
