// @ts-check
// A small editor: the browser's own text field, which keeps indentation and grows with its text.
import {h} from '../ui/dom.js';
import {embed as words} from '../words/index.js';

const LEAST = 4; // lines
const MOST = 32;

/**
 * @param {string} text
 * @param {() => void} changed
 */
export function editor(text, changed) {
  const numbers = h('div', {class: 'numbers', 'aria-hidden': 'true'});
  const field = h('textarea', {
    class: 'code', 'aria-label': words.code, spellcheck: 'false', autocomplete: 'off', autocapitalize: 'off', autocorrect: 'off', wrap: 'off',
  });
  const fit = () => {
    const lines = field.value.split('\n').length;
    field.rows = Math.max(LEAST, Math.min(MOST, lines));
    numbers.textContent = Array.from({length: lines}, (_, i) => i + 1).join('\n');
  };
  field.addEventListener('input', () => {
    fit();
    changed();
  });
  field.addEventListener('scroll', () => {
    numbers.style.transform = `translateY(${-field.scrollTop}px)`;
  });
  field.addEventListener('keydown', indent);
  const put = (/** @type {string} */ value) => {
    field.value = value;
    fit();
  };
  put(text);
  return {element: h('div', {class: 'editor'}, h('div', {class: 'gutter'}, numbers), field), field, put};
}

/** A new line begins where the last one did, one level deeper behind a colon. @param {KeyboardEvent} event */
function indent(event) {
  const field = /** @type {HTMLTextAreaElement} */ (event.target);
  if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || event.isComposing) return;
  const line = field.value.slice(0, field.selectionStart).split('\n').at(-1) ?? '';
  const [spaces] = /^ */.exec(line) ?? [''];
  if (!spaces && !line.endsWith(':')) return;
  event.preventDefault();
  document.execCommand('insertText', false, `\n${spaces}${line.trimEnd().endsWith(':') ? '    ' : ''}`); // keeps the browser's undo
}
