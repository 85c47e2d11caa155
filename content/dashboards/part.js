// @ts-check
// A part of a dashboard: markup that Python writes. Where it changes only what differs is touched, so that the focus,
// what was typed and what was opened stay; what the reader does goes back as a message.
import {greet} from './greet.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @typedef {{html: string, source: string, data: any, send_msg: (message: object) => void, on: (name: string, heard: (answer: any) => void) => void}} Model */

/** @param {{model: Model, el: HTMLElement}} context */
export function render({model, el}) {
  const root = document.createElement('div');
  root.className = 'part';
  const unfollow = followTheme(/** @type {ShadowRoot} */ (el.getRootNode()).host ?? el);
  const put = (/** @type {string} */ html) => morph(root, parsed(html));
  const tick = window.setInterval(() => root.isConnected && writeTimes(root), SECOND);
  root.addEventListener('click', (event) => clicked(event, model));
  root.addEventListener('submit', (event) => submitted(event, model));
  model.on('html', () => put(model.html));
  model.on('remove', () => {
    window.clearInterval(tick);
    unfollow();
  });
  put(model.html);
  greet(model, ({html}) => put(html));
  return root;
}

/** @param {string} html */
function parsed(html) {
  const template = document.createElement('template');
  template.innerHTML = html; // written by html.py, which escapes all that is not markup of its own
  writeTimes(template.content);
  return template.content;
}

/** Write the times in the reader's zone, and those that are near as lengths. @param {ParentNode} root */
function writeTimes(root) {
  const now = Date.now();
  for (const time of /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll('time[data-at]'))) {
    const text = timeOf(Number(time.dataset.at), now, time.dataset);
    if (time.textContent !== text) time.textContent = text;
    time.title ||= new Date(Number(time.dataset.at)).toISOString();
  }
}

/** @param {number} at @param {number} now @param {DOMStringMap} words how it is shown, and the words around a length */
function timeOf(at, now, {show, past = '{}', ahead = '{}', now: present = ''}) {
  if (show === 'clock') return new Date(at).toLocaleTimeString(undefined, {hour: '2-digit', minute: '2-digit', second: '2-digit'});
  if (show === 'minute') return new Date(at).toLocaleTimeString(undefined, {hour: '2-digit', minute: '2-digit'});
  const length = Math.abs(at - now);
  if (length < (at > now ? SECOND : 5 * SECOND)) return present;
  if (at > now && length > DAY) return new Date(at).toLocaleDateString(undefined, {day: 'numeric', month: 'short', year: length > 300 * DAY ? 'numeric' : undefined});
  return (at > now ? ahead : past).replace('{}', lengthOf(length));
}

/** The largest unit of a length. @param {number} ms */
function lengthOf(ms) {
  const [unit, size] = ms < MINUTE ? ['s', SECOND] : ms < HOUR ? ['min', MINUTE] : ms < DAY ? ['h', HOUR] : ['d', DAY];
  return `${Math.floor(ms / Number(size))} ${unit}`;
}

/** @param {Event} event @param {Model} model */
function clicked(event, model) {
  const target = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('[data-act]'));
  const {ctrlKey, metaKey, shiftKey} = /** @type {MouseEvent} */ (event);
  if (!target || target instanceof HTMLFormElement || ctrlKey || metaKey || shiftKey) return;
  event.preventDefault();
  model.send_msg({...target.dataset});
}

/** @param {Event} event @param {Model} model */
function submitted(event, model) {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  model.send_msg({...form.dataset, ...Object.fromEntries(new FormData(form))});
}

/**
 * Make the children of a node like those of another one.
 * @param {Node} node
 * @param {Node} wanted
 */
function morph(node, wanted) {
  const [old, fresh] = [[...node.childNodes], [...wanted.childNodes]];
  fresh.forEach((child, at) => {
    const known = old[at];
    if (!known) node.appendChild(child);
    else if (known.nodeName !== child.nodeName) node.replaceChild(child, known);
    else if (known instanceof Element) morphElement(known, /** @type {Element} */ (child));
    else if (known.nodeValue !== child.nodeValue) known.nodeValue = child.nodeValue;
  });
  for (const gone of old.slice(fresh.length)) node.removeChild(gone);
}

/** @param {Element} known @param {Element} wanted */
function morphElement(known, wanted) {
  for (const {name} of [...known.attributes]) if (!wanted.hasAttribute(name) && name !== 'open') known.removeAttribute(name);
  for (const {name, value} of wanted.attributes) if (known.getAttribute(name) !== value) known.setAttribute(name, value);
  if (known.localName !== 'input') morph(known, wanted);
}

/** In a notebook the theme is JupyterLab's, elsewhere the reader's. @param {Element} host */
function followTheme(host) {
  const told = () => document.body.dataset.jpThemeLight;
  const put = () => {
    if (told()) host.setAttribute('data-theme', told() === 'false' ? 'dark' : 'light');
  };
  put();
  const observer = new MutationObserver(put);
  observer.observe(document.body, {attributeFilter: ['data-jp-theme-light']});
  return () => observer.disconnect();
}
