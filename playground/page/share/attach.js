// @ts-check
// Puts the ways to sharing on the page: the header's button, the one after a run, files dropped on the page.
import {$, h, replace} from '../../ui/dom.js';
import {icon} from '../../ui/icons.js';
import {shared as words} from '../../words/index.js';
import {isLive} from '../run/state.js';
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
  attachAfter(sharing);
  return sharing;
}

/** The item of the page's menu that opens a file. @param {Sharing} sharing @returns {import('../../ui/menu.js').Item} */
export function openItem(sharing) {
  return {label: words.open, act: () => pickFile((file) => void sharing.openFile(file))};
}

/** When a run has ended: share it, and where it failed, take a report. @param {Sharing} sharing */
function attachAfter(sharing) {
  const home = $('#after');
  const share = h('button', {type: 'button', class: 'button', onclick: () => void sharing.showDialog()}, icon('share'), h('span', null, words.run));
  const report = h('button', {type: 'button', class: 'button', onclick: () => void sharing.showReport()}, words.copyReport);
  const {session} = sharing.page;
  session.addEventListener('change', () => {
    const run = session.shown?.run;
    home.hidden = !run || isLive(run) || !session.shown?.rows.length;
    replace(home, share, run?.status === 'errored' ? report : null);
  });
}
