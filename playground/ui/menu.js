// @ts-check
// Menus: a button, a list of items, arrows to move, Escape to leave.
import {h, isRightToLeft} from './dom.js';
import {icon} from './icons.js';

/**
 * @typedef {object} Item
 * @property {string | Node[]} label
 * @property {() => void} [act]
 * @property {boolean} [checked] shown as a choice when given
 * @property {string} [end] a word at the far end
 * @property {Node} [content] in place of the label
 * @property {boolean} [current]
 */

/** @typedef {{caption?: string, items: Item[]}} Group */

/** @type {{menu: HTMLElement, button: HTMLElement} | null} */
let open = null;

/**
 * Give a button a menu whose groups are made each time it opens.
 * @param {HTMLElement} button
 * @param {() => Group[]} groups
 * @param {{className?: string, end?: boolean}} [look]
 */
export function attachMenu(button, groups, look = {}) {
  const toggle = (/** @type {boolean} */ keyboard) => {
    const mine = open?.button === button;
    closeMenu(false);
    if (!mine) openMenu(button, groups(), look, keyboard);
  };
  button.addEventListener('click', (event) => {
    if (button.getAttribute('aria-disabled') === 'true') return;
    toggle(event.detail === 0);
  });
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'ArrowDown' || open || button.getAttribute('aria-disabled') === 'true') return;
    event.preventDefault();
    toggle(true);
  });
}

/** @param {HTMLElement} button @param {Group[]} groups @param {{className?: string, end?: boolean}} look @param {boolean} keyboard */
function openMenu(button, groups, look, keyboard) {
  const menu = h('div', {class: `menu ${look.className ?? ''}`, role: 'menu', 'aria-label': button.getAttribute('aria-label') ?? button.textContent});
  for (const group of groups) {
    menu.append(h('div', {role: 'group', 'aria-label': group.caption ?? null},
      group.caption ? h('div', {class: 'caption', 'aria-hidden': 'true'}, group.caption) : null,
      group.items.map((item) => itemOf(item))));
  }
  button.after(menu);
  button.setAttribute('aria-expanded', 'true');
  open = {menu, button};
  place(menu, button, look.end ?? false);
  menu.addEventListener('keydown', moved);
  const first = /** @type {HTMLElement | null} */ (menu.querySelector('[aria-checked="true"], [role^="menuitem"]'));
  if (!first) return;
  first.focus({focusVisible: keyboard, preventScroll: true});
  first.scrollIntoView({block: 'nearest'}); // within the menu: it lies in the window whole
}

/** @param {Item} item */
function itemOf(item) {
  const choice = item.checked !== undefined;
  const parts = item.content ? [item.content] : typeof item.label === 'string' ? [h('span', null, item.label)] : item.label;
  return h('button', {
    type: 'button', tabindex: -1, role: choice ? 'menuitemradio' : 'menuitem', 'aria-checked': choice ? String(item.checked) : null,
    'aria-current': item.current ? 'true' : null, onclick: () => {
      closeMenu(true);
      item.act?.();
    },
  }, choice ? icon('check') : null, ...parts, item.end ? h('span', {class: 'end'}, item.end) : null);
}

/** @param {HTMLElement} menu @param {HTMLElement} button @param {boolean} end */
function place(menu, button, end) {
  const box = button.getBoundingClientRect();
  const width = menu.offsetWidth;
  const left = end !== isRightToLeft() ? box.right - width : box.left;
  const room = {below: innerHeight - box.bottom - 12, above: box.top - 12};
  const below = menu.offsetHeight <= room.below || room.below >= room.above;
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  if (below) menu.style.top = `${box.bottom + 4}px`;
  else menu.style.bottom = `${innerHeight - box.top + 4}px`;
  menu.style.maxBlockSize = `${below ? room.below : room.above}px`; // what has no room is scrolled to
}

/** Close the open menu. @param {boolean} focus whether its button is where the reader goes on */
export function closeMenu(focus) {
  if (!open) return;
  const {menu, button} = open;
  open = null;
  const inside = menu.contains(document.activeElement);
  menu.remove();
  button.setAttribute('aria-expanded', 'false');
  if (focus && inside) button.focus({preventScroll: true});
}

/** @param {KeyboardEvent} event */
function moved(event) {
  const menu = /** @type {HTMLElement} */ (event.currentTarget);
  const items = /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role^="menuitem"]')]);
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  /** @type {Record<string, number>} */
  const moves = {ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1};
  if (event.key in moves) items[moves[event.key]]?.focus();
  else if (event.key === 'Escape') closeMenu(true);
  else if (event.key === 'Tab') closeMenu(true);
  else if (event.key.length === 1 && event.key !== ' ') {
    const from = items.slice(at + 1).concat(items.slice(0, at + 1));
    from.find((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  } else return;
  if (event.key !== 'Tab') event.preventDefault();
  event.stopPropagation();
}

document.addEventListener('pointerdown', (event) => {
  const target = /** @type {Node} */ (event.target);
  if (open && !open.menu.contains(target) && !open.button.contains(target)) closeMenu(false);
});
window.addEventListener('resize', () => closeMenu(false));
