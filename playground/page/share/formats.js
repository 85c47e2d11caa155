// @ts-check
// A link as it is pasted: alone, in Markdown, as an embed with the code inside.

/** @typedef {import('../../share/types.js').Shared} Shared */

/**
 * The address that others open.
 * @param {string} base of the page
 * @param {string} text of the link
 */
export function linkOf(base, text) {
  return `${base}#${text}`;
}

/** @param {string} title @param {string} link */
export function markdownOf(title, link) {
  return `[${title.replace(/\s+/g, ' ').replace(/[\\[\]`*_<>&]/g, '\\$&')}](${link})`;
}

/**
 * The markup of an embed: the code can be read where no script runs.
 * @param {string} base
 * @param {string} link
 * @param {Shared} shared
 */
export function embedOf(base, link, {files, main}) {
  return `<script async src="${escaped(base)}embed.js"></script>
<dynamic-workflow href="${escaped(link)}">
  <pre><code>${escaped(files[main].replace(/\n$/, ''))}</code></pre>
</dynamic-workflow>
`;
}

/** Whether an address opens only where it was made. @param {string} address */
export function isLocal(address) {
  const {protocol, hostname} = new URL(address);
  return protocol === 'file:' || /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/.test(hostname);
}

/**
 * The folder of an address that a person typed; null where it is none.
 * @param {string} typed
 */
export function baseOf(typed) {
  try {
    const url = new URL(typed.trim());
    if (!/^https?:$/.test(url.protocol)) return null;
    url.search = url.hash = '';
    return url.href.replace(/index\.html$/, '').replace(/\/*$/, '/');
  } catch {
    return null;
  }
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
