// @ts-check
// Workflow files and reports, dropped anywhere on the page or picked.
import {h} from '../../ui/dom.js';

const OURS = /\.(workflow|report\.txt)$/i;

/** @param {(file: File) => void} open */
export function attachDrop(open) {
  const ours = (/** @type {DragEvent} */ event) => [...event.dataTransfer?.files ?? []].find((file) => OURS.test(file.name));
  window.addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  window.addEventListener('drop', (event) => {
    const file = ours(event);
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    open(file);
  }, {capture: true});
  window.addEventListener('drop', (event) => event.dataTransfer?.types.includes('Files') && event.preventDefault()); // the page stays
}

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
