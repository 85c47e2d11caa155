// @ts-check
// Text that came from a user, made safe to show beside our own.

// C0 and C1 controls, bidi controls, invisible marks, separators and lone surrogates.
const UNSAFE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Show control and bidi characters as escapes, so that no text can reorder or hide another.
 * @param {unknown} value
 * @returns {string}
 */
export function visible(value) {
  return String(value).replace(UNSAFE, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/**
 * Same on one line: line ends become escapes too.
 * @param {unknown} value
 */
export function oneLine(value) {
  return visible(value).replace(/\n/g, '\\n');
}

/**
 * Shorten to `room` characters with the ellipsis in the middle.
 * @param {string} text
 * @param {number} room
 */
export function middle(text, room) {
  const points = Array.from(text);
  if (points.length <= room) return text;
  const keep = Math.max(2, room - 1);
  const head = Math.ceil(keep / 2);
  return `${points.slice(0, head).join('')}…${points.slice(points.length - (keep - head)).join('')}`;
}

/**
 * The line of a text's first character that is not seen or that reorders others, or 0.
 * @param {string} text
 */
export function hiddenIn(text) {
  const at = text.replace(/[\t\r]/g, ' ').search(UNSAFE);
  return at < 0 ? 0 : text.slice(0, at).split('\n').length;
}
