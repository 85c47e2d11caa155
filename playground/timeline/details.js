// @ts-check
// An error as it is shown: what was said, then the tenant's frames, the engine's folded.
import {errorLink} from '../ui/docs.js';
import {h} from '../ui/dom.js';
import {timeline as words} from '../words/index.js';
import {visible} from '../ui/text.js';
import {splitTraceback} from '../ui/traceback.js';

/**
 * An error with its traceback, which starts at the tenant's frame.
 * @param {import('../ui/types.js').ErrorRecord} error
 * @returns {Node[]}
 */
export function errorOf(error) {
  const said = `${error.name}: ${error.message}`;
  const text = (error.traceback ?? '').trimEnd();
  const {shown, folded, frames} = splitTraceback(text.endsWith(said) ? text.slice(0, -said.length) : text);
  const head = h('p', {class: 'tone-fail'}, h('bdi', null, visible(said)), ' ', errorLink(error.name));
  const trace = shown ? [h('pre', {class: 'code', tabindex: 0}, visible(shown))] : [];
  const rest = folded ? [h('details', null, h('summary', null, words.traceback(frames)), h('pre', {class: 'code', tabindex: 0}, visible(folded)))] : [];
  return [head, ...trace, ...rest];
}

/**
 * An error as text, with the whole of its traceback.
 * @param {import('../ui/types.js').ErrorRecord} error
 */
export function errorText(error) {
  return (error.traceback ?? `${error.name}: ${error.message}`).trimEnd();
}
