// @ts-check
// Copy report: what it contains is shown first.
import {announce} from '../../ui/announce.js';
import {show} from '../../ui/dialog.js';
import {h} from '../../ui/dom.js';
import {copy} from '../../ui/notices.js';
import {buttons, report as words, share} from '../../words/index.js';
import {saveFile} from './files.js';
import {recordOf, runToShare} from './record.js';
import {reportOf} from './report.js';

/** @param {import('./sharing.js').Sharing} sharing */
export async function showReport(sharing) {
  const {content, session} = sharing.page;
  const run = runToShare(sharing);
  const facts = {version: content.version, python: content.pyodide ?? '', kernel: session.kernel, browser: navigator.userAgent, now: Date.now()};
  const text = await reportOf(facts, recordOf(sharing, run, {title: '', note: ''}), run?.name ?? '');
  const name = `${(run?.name ?? 'page').replace(/[^\p{L}\p{N}]+/gu, '-')}.report.txt`;
  const save = h('button', {type: 'button', class: 'button', onclick: () => saveFile(name, text)}, words.save);
  const dialog = show(words.title, [h('p', null, words.contains), h('pre', {class: 'code report', tabindex: 0, dir: 'ltr'}, text)], buttons.copy, () => {
    void copy(button, text).then(() => announce(share.copied));
    return false;
  });
  dialog.classList.add('share');
  const button = /** @type {HTMLElement} */ (dialog.querySelector('.button.filled'));
  button.before(save);
}
