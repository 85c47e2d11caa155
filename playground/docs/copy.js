// @ts-check
// A button at each block of code that copies it; of a console, the commands without what they answered.
import {h, say} from '../ui/dom.js';
import {docs as words} from '../words/docs.js';

const SHOWN = 2000; // ms that the button says what it did
const PROMPT = '$ ';

/**
 * Give each block of code its button. Examples that run have their own way to be copied.
 * @param {ParentNode} page
 */
export function addCopyButtons(page) {
  if (!navigator.clipboard) return; // there is none over plain http
  for (const block of page.querySelectorAll('pre.code')) {
    if (block.closest('dynamic-workflow')) continue;
    const frame = h('div', {class: 'code-frame'});
    block.replaceWith(frame);
    frame.append(block, buttonFor(/** @type {HTMLElement} */ (block)));
  }
}

/** @param {HTMLElement} block */
function buttonFor(block) {
  let timer = 0;
  const label = h('span', {'aria-live': 'polite'}, words.copy);
  return h('button', {type: 'button', class: 'copy', onclick: async () => {
    await navigator.clipboard.writeText(textOf(block));
    say(label, words.copied);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => say(label, words.copy), SHOWN);
  }}, label);
}

/**
 * textOf returns what is worth copying of a block.
 * @param {HTMLElement} block
 */
export function textOf(block) {
  const text = block.textContent ?? '';
  if (block.dataset.language !== 'console') return text;
  const commands = [];
  let goesOn = false;
  for (const line of text.split('\n')) {
    if (goesOn || line.startsWith(PROMPT)) commands.push(goesOn ? line : line.slice(PROMPT.length));
    goesOn = (goesOn || line.startsWith(PROMPT)) && line.endsWith('\\');
  }
  return commands.join('\n');
}
