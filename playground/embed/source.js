// @ts-check
// What an embed is given: its attributes, the code inside it, a recorded run or a share link.
import {checked} from '../share/check.js';
import {ShareError} from '../share/errors.js';
import {decode} from '../share/link.js';

/** @typedef {import('../share/types.js').Shared} Shared */

/**
 * Read what an element holds. Its own code comes before the link's, so that what can be read without a script is what runs.
 * @param {HTMLElement} element
 * @returns {Promise<Shared>}
 */
export async function sourceOf(element) {
  const {hash} = new URL(element.getAttribute('href') ?? '', document.baseURI);
  const linked = hash.length > 1 ? await decode(hash) : null;
  const code = codeIn(element);
  if (!linked && code === null) throw new ShareError('foreign');
  const main = element.getAttribute('file') ?? linked?.main ?? 'workflow.py';
  const files = {...linked?.files, ...(code === null ? {} : {[main]: code})};
  const run = linked?.run ?? await recordedFor(element);
  const name = element.getAttribute('name') ?? linked?.name ?? main.replace(/\.py$/, '');
  return checked({
    version: linked?.version ?? '', tenant: element.getAttribute('tenant') ?? linked?.tenant ?? 'embed', name, title: linked?.title ?? '', note: '', main,
    files, payload: element.getAttribute('payload') ?? linked?.payload ?? '{}', settings: linked?.settings ?? {}, run,
  });
}

/** The text of the <pre><code>, without the line ends that markup brings. @param {HTMLElement} element */
function codeIn(element) {
  const code = element.querySelector('pre code') ?? element.querySelector('pre');
  return code ? (code.textContent ?? '').replace(/^\n/, '').trimEnd() : null;
}

/** A recorded run: as JSON inside the element, or at an address. @param {HTMLElement} element */
async function recordedFor(element) {
  const inside = element.querySelector('script[type="application/json"]')?.textContent;
  if (inside) return JSON.parse(inside);
  const address = element.getAttribute('recorded');
  if (!address) return null;
  const response = await fetch(new URL(address, document.baseURI));
  const found = await response.json();
  return found.recorded ?? found;
}
