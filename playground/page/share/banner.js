// @ts-check
// The bar above a project that was sent: where it is from, what its sender said, and how to keep it.
import {$, bdi, h, replace} from '../../ui/dom.js';
import {announce} from '../../ui/announce.js';
import {icon} from '../../ui/icons.js';
import {hiddenIn, visible} from '../../ui/text.js';
import {shared as words} from '../../words/index.js';

/** @typedef {import('./sharing.js').Guest} Guest */

/** @type {HTMLElement | null} */
let banner = null;
/** @type {Guest | null} */
let said = null;

/**
 * Show the bar of what was sent; null takes it away.
 * @param {Guest | null} guest
 * @param {{ran: boolean, version: string, keep: () => void}} page
 */
export function showBanner(guest, {ran, version, keep}) {
  if (!guest) {
    banner?.remove();
    banner = said = null;
    return;
  }
  if (!banner) {
    const button = h('button', {type: 'button', class: 'button small', onclick: keep}, words.keep);
    banner = h('section', {class: 'notice shared tone-accent', 'data-notice': 'shared'}, icon('link'), h('div', {class: 'what'}), button);
    $('#notices').append(banner);
  }
  banner.setAttribute('aria-label', words[guest.kind]);
  replace($('.what', banner), ...lines(guest, ran, version), quote(guest));
  if (said === guest) return;
  said = guest;
  announce(words[guest.kind]);
}

/** @param {Guest} guest @param {boolean} ran @param {string} version */
function lines({shared, kind, tenant}, ran, version) {
  const more = [
    isNewer(shared.version, version) ? words.newer(shared.version, version) : shared.unread ? words.runUnread : '',
    ...Object.entries(shared.files).map(([file, text]) => {
      const line = hiddenIn(text);
      return line ? words.hidden(visible(file), line) : '';
    }),
  ].filter(Boolean);
  return [h('p', null, ran ? words.ran(tenant) : words[kind]), ...more.map((text) => h('p', {class: 'tone-wait'}, text))];
}

/** What a person typed is theirs: between quotation marks, never beside our own words. @param {Guest} guest */
function quote({shared: {title, note}}) {
  if (!title && !note) return null;
  return h('figure', {class: 'quote'}, h('figcaption', null, words.quote),
    h('blockquote', {tabindex: note.length > 200 ? 0 : null}, title ? h('p', {class: 'title'}, bdi(title)) : null, note ? h('p', null, bdi(note)) : null));
}

/** Whether one version is later than another. @param {string} theirs @param {string} ours */
export function isNewer(theirs, ours) {
  return theirs.localeCompare(ours, 'en', {numeric: true}) > 0;
}
