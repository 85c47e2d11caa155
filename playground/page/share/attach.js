// @ts-check
// Puts the ways to sharing on the page: the header's button, files dropped on the page.
import {$} from '../../ui/dom.js';
import {shared as words} from '../../words/index.js';
import {attachDrop, pickFile} from './files.js';
import {Sharing} from './sharing.js';

/**
 * @param {import('./sharing.js').SharedPage} page
 * @returns {Sharing}
 */
export function attachSharing(page) {
  const sharing = new Sharing(page);
  $('#share-button').addEventListener('click', () => void sharing.showDialog());
  attachDrop((file) => void sharing.openFile(file));
  return sharing;
}

/** The item of the page's menu that opens a file. @param {Sharing} sharing @returns {import('../../ui/menu.js').Item} */
export function openItem(sharing) {
  return {label: words.open, act: () => pickFile((file) => void sharing.openFile(file))};
}
