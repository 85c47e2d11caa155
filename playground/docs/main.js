// @ts-check
// What a page of the docs does by itself: the search, and the heading that is being read.
import {$, h, replace} from '../ui/dom.js';
import {docs as words} from '../words/docs.js';
import {addCopyButtons} from './copy.js';

/** @typedef {import('minisearch').default} Index */
/** @typedef {{title: string, section: string, address: string}} Found */

const up = document.body.dataset.up ?? '';
const field = /** @type {HTMLInputElement} */ ($('#search'));
const list = $('#found');
const MOST = 8;

/** @type {Promise<Index> | null} */
let index = null;
let chosen = -1;

/** The index, once somebody searches. */
function load() {
  index ??= Promise.all([import('minisearch'), fetch(`${up}docs/search.json`).then((answer) => answer.json())])
    .then(([{default: MiniSearch}, {options, index: stored}]) => MiniSearch.loadJS(stored, options));
  return index;
}

async function search() {
  const asked = field.value.trim();
  if (!asked) return close();
  let found;
  try {
    found = /** @type {any[]} */ ((await load()).search(asked, {prefix: true, fuzzy: 0.15, boost: {title: 4, section: 2}}));
  } catch {
    index = null;
    show([h('li', {class: 'none'}, words.unreachable)]);
    return;
  }
  if (field.value.trim() !== asked) return;
  chosen = -1;
  show(found.length ? found.slice(0, MOST).map(entry) : [h('li', {class: 'none'}, words.nothing)]);
}

/** @param {Found} found @param {number} n */
function entry({title, section, address}, n) {
  return h('li', {role: 'option', id: `found-${n}`, 'aria-selected': 'false'},
    h('a', {href: `${up}docs/${address}`, tabindex: -1}, section || title, h('span', null, section ? title : '')));
}

/** @param {HTMLElement[]} entries */
function show(entries) {
  replace(list, ...entries);
  list.hidden = false;
  field.setAttribute('aria-expanded', 'true');
}

function close() {
  list.hidden = true;
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
}

/** @param {number} by */
function choose(by) {
  const entries = [...list.querySelectorAll('[role="option"]')];
  if (!entries.length) return;
  entries[chosen]?.setAttribute('aria-selected', 'false');
  chosen = (chosen + by + entries.length + (chosen < 0 && by < 0 ? 1 : 0)) % entries.length;
  entries[chosen].setAttribute('aria-selected', 'true');
  entries[chosen].scrollIntoView({block: 'nearest'});
  field.setAttribute('aria-activedescendant', entries[chosen].id);
}

field.addEventListener('input', () => void search());
field.addEventListener('focus', () => field.value && void search());
field.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    field.value = '';
    close();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') choose(event.key === 'ArrowDown' ? 1 : -1);
  else if (event.key === 'Enter') /** @type {HTMLElement | null} */ (list.querySelector('[aria-selected="true"] a') ?? list.querySelector('a'))?.click();
  else return;
  event.preventDefault();
});
document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element) || !event.target.closest('.docs-search')) close();
});
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof Element && event.target.closest('input, textarea, [contenteditable], .cm-editor');
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  field.focus();
});

/** Marks the heading that is being read. */
function follow() {
  const links = new Map([...document.querySelectorAll('.docs-toc a')].map((link) => [decodeURIComponent(link.getAttribute('href')?.slice(1) ?? ''), link]));
  if (!links.size) return;
  const observer = new IntersectionObserver((entries) => {
    const first = entries.find((one) => one.isIntersecting);
    if (!first) return;
    for (const link of links.values()) link.removeAttribute('aria-current');
    links.get(first.target.id)?.setAttribute('aria-current', 'true');
  }, {rootMargin: '-56px 0px -70% 0px'});
  for (const id of links.keys()) {
    const heading = document.getElementById(id);
    if (heading) observer.observe(heading);
  }
}

// On a wide window the contents are always open; on a narrow one they open when asked.
const contents = /** @type {HTMLDetailsElement} */ ($('#contents'));
const wide = matchMedia('(min-width: 761px)');
const fit = () => { contents.open = wide.matches; };
wide.addEventListener('change', fit);
fit();
contents.querySelector('[aria-current="page"]')?.scrollIntoView({block: 'nearest'});
follow();
addCopyButtons(document);
