// @ts-check
// JSON from strangers: how deep it goes is known before it is parsed.
import {atMost, ShareError} from './errors.js';
import {DEPTH} from './limits.js';

/**
 * @param {string} text
 * @returns {unknown}
 */
export function parseJson(text) {
  atMost('depth', depth(text), DEPTH);
  try {
    return JSON.parse(text);
  } catch {
    throw new ShareError('damaged');
  }
}

/**
 * The value of a text that JSON would write the same way again.
 * @param {string} text
 * @returns {{value: any} | null}
 */
export function canonical(text) {
  try {
    const value = JSON.parse(text);
    return JSON.stringify(value) === text ? {value} : null;
  } catch {
    return null;
  }
}

/** How many lists and objects are open at most. @param {string} text */
function depth(text) {
  let open = 0;
  let most = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i];
    if (quoted) {
      if (character === '\\') i += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '[' || character === '{') most = Math.max(most, open += 1);
    else if (character === ']' || character === '}') open -= 1;
  }
  return most;
}
