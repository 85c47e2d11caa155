// @ts-check
// The page inside another page's <iframe>: `?embed=1&view=run|code|both&theme=auto|light|dark`. Less around it, nothing
// of the reader's in it, and no Python before Run.
import {$} from '../ui/dom.js';
import {embed as words} from '../words/index.js';

/** @typedef {import('../ui/types.js').Kernel} Kernel */

/** Whether this page was opened to be part of another; index.html reads the address before the first paint. */
export const embedded = document.documentElement.dataset.embed !== undefined;

/**
 * A kernel that starts when it is first asked for anything.
 * @param {() => Kernel} open
 * @returns {Kernel & {wake(): void}}
 */
export function sleeping(open) {
  const events = new EventTarget();
  /** @type {Kernel | null} */ let kernel = null;
  const wake = () => {
    if (kernel) return kernel;
    delete document.documentElement.dataset.asleep;
    kernel = open();
    for (const name of ['state', 'rows', 'started', 'deleted', 'leaving', 'left']) {
      kernel.addEventListener(name, (event) => events.dispatchEvent(new CustomEvent(name, {detail: /** @type {CustomEvent} */ (event).detail})));
    }
    return kernel;
  };
  document.documentElement.dataset.asleep = '';
  /** @type {Record<string, unknown>} */
  const asleep = {state: {stage: 'python'}, salvage: null};
  return /** @type {any} */ (new Proxy(events, {
    get(_, name) {
      if (name === 'wake') return wake;
      const own = Reflect.get(events, name);
      if (typeof own === 'function') return own.bind(events);
      if (!kernel && name in asleep) return asleep[/** @type {string} */ (name)];
      if (!kernel) return (/** @type {unknown[]} */ ...given) => Reflect.get(wake(), name)(...given);
      const value = Reflect.get(kernel, name);
      return typeof value === 'function' ? value.bind(kernel) : value;
    },
  }));
}

/** The header says where the whole of it is; a run is shown also where only the code was. @param {EventTarget} session */
export function attachEmbedded(session) {
  session.addEventListener('started', () => {
    if (document.documentElement.dataset.embed === 'code') document.documentElement.dataset.embed = 'both';
  });
  const link = Object.assign(document.createElement('a'), {className: 'embed-open', target: '_blank', rel: 'noopener', textContent: words.open});
  const point = () => {
    const url = new URL(location.href);
    for (const name of ['embed', 'view', 'theme']) url.searchParams.delete(name);
    link.href = url.href;
  };
  for (const name of ['pointerdown', 'focus']) link.addEventListener(name, point);
  point();
  $('.header').append(link);
}
