// @ts-check
// Files that the reader picks, and files for the reader.
import {h} from '../../ui/dom.js';

/** Ask for a file. @param {(file: File) => void} open */
export function pickFile(open) {
  const input = h('input', {type: 'file', accept: '.workflow,.txt', hidden: true, onchange: () => {
    const file = input.files?.[0];
    input.remove();
    if (file) open(file);
  }});
  input.addEventListener('cancel', () => input.remove());
  document.body.append(input);
  input.click();
}

/** Hand a text to the reader as a file. @param {string} name @param {string} text */
export function saveFile(name, text) {
  const url = URL.createObjectURL(new Blob([text], {type: 'text/plain'}));
  const link = h('a', {href: url, download: name, hidden: true});
  document.body.append(link);
  link.click();
  link.remove();
  window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
