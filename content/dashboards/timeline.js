// @ts-check
// The timeline of a run: rows in, what the reader does out.
import {greet} from './greet.js';

/** @typedef {{source: string, run: any, logs: any[], send_msg: (message: object) => void, on: (name: string | string[], heard: (answer: any) => void) => void}} Model */

/** @param {{model: Model, el: HTMLElement}} context */
export async function render({model}) {
  if (!customElements.get('workflow-timeline')) {
    const url = URL.createObjectURL(new Blob([model.source], {type: 'text/javascript'}));
    await import(/* @vite-ignore */ url);
    URL.revokeObjectURL(url);
  }
  const timeline = /** @type {any} */ (document.createElement('workflow-timeline'));
  const put = (/** @type {Pick<Model, 'run' | 'logs'>} */ {run: {actions = [], ...run}, logs}) => {
    timeline.data = run.rows?.length ? {...run, actions: new Set(actions)} : null;
    timeline.logs = logs;
  };
  model.on(['run', 'logs'], () => put(model));
  put(model);
  greet(model, put);
  timeline.addEventListener('workflow-action', (/** @type {CustomEvent} */ event) => model.send_msg({act: event.detail.kind, ...event.detail}));
  timeline.addEventListener('workflow-copy', (/** @type {CustomEvent} */ event) => void navigator.clipboard.writeText(event.detail.text));
  return timeline;
}
