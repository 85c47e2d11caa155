// @ts-check
// Elements made from data: text becomes text nodes, never markup.
import {visible} from './text.js';

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Make an element. Properties that start with `on` are listeners, the rest attributes.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown> | null} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties ?? {})) set(element, name, value);
  element.append(...nodes(children));
  return element;
}

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Make an SVG element.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...nodes(children));
  return element;
}

/**
 * Wrap text of a user so that its direction stays its own.
 * @param {unknown} text
 */
export function bdi(text) {
  return h('bdi', null, visible(text));
}

/**
 * Build nodes from a sentence with `{name}` placeholders; strings become <bdi>, nodes stay.
 * @param {string} sentence
 * @param {Record<string, Node | string | number>} values
 * @returns {Node[]}
 */
export function fill(sentence, values) {
  return sentence.split(/(\{\w+\})/).filter(Boolean).map((part) => {
    const match = /^\{(\w+)\}$/.exec(part);
    if (!match) return document.createTextNode(part);
    const value = values[match[1]];
    return value instanceof Node ? value : bdi(value);
  });
}

/**
 * Put children in place of what is there, but leave the document alone if nothing changed.
 * @param {Element} parent
 * @param {...(Child | Child[])} children
 */
export function replace(parent, ...children) {
  const fresh = nodes(children);
  const old = Array.from(parent.childNodes);
  if (old.length === fresh.length && old.every((node, i) => node === fresh[i] || node.isEqualNode(asNode(fresh[i])))) {
    return;
  }
  parent.replaceChildren(...fresh);
}

/**
 * Set text only when it differs, so that a screen reader is not told twice.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Find an element that the page is known to have.
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement}
 */
export function $(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return /** @type {HTMLElement} */ (found);
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith('on')) {
    element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
  } else if (name === 'style') {
    /** @type {HTMLElement} */ (element).style.cssText = String(value); // an attribute would need 'unsafe-inline' of the pages that embed us
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** @param {(Child | Child[])[]} children */
function nodes(children) {
  return children.flat().filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/** @param {Node | string} child */
function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(child);
}

/** Whether the page is read from right to left. */
export function isRightToLeft() {
  return getComputedStyle(document.documentElement).direction === 'rtl';
}

/**
 * What has the focus beside an element: inside a shadow root the document knows only its host.
 * @param {Element} element
 * @returns {Element | null}
 */
export function focusBeside(element) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.activeElement : document.activeElement;
}
