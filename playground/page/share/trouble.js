// @ts-check
// Why something that was sent could not be opened, in words.
import {ShareError} from '../../share/errors.js';
import {visible} from '../../ui/text.js';
import {shared as words} from '../../words/index.js';

/**
 * @param {unknown} error
 * @param {string} name 'link', or the name of a file
 */
export function troubleWords(error, name) {
  if (!(error instanceof ShareError)) throw error;
  const {reason, facts: {arrived, of, format}} = error;
  const file = visible(name);
  switch (reason) {
    case 'cut': return of === undefined ? words.cutShort(Number(arrived)) : words.cut(Number(arrived), Number(of));
    case 'newer': return words.newerFormat(visible(format));
    case 'large': return words.large;
    case 'foreign': return name === 'link' ? words.damaged : words.foreign(file);
    case 'damaged': return name === 'link' ? words.damaged : words.damagedFile(file);
    default: throw error;
  }
}
