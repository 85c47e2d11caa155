// @ts-check
// The way to a notebook: this tenant, this code, this payload and the run that is shown.
import {notify} from '../ui/notices.js';
import {notebook as words} from '../words/notebook.js';

/** @typedef {import('../ui/types.js').Order} Order */

/**
 * The item of the page's menu.
 * @param {() => Order | null} order what Run would run; null when the payload is no JSON, which has been said then
 * @param {import('./run/session.js').Session} session
 * @returns {import('../ui/menu.js').Item}
 */
export function notebookItem(order, session) {
  return {label: words.inNotebook, act: async () => {
    const wanted = order();
    if (!wanted) return;
    const shown = session.shown?.run;
    const run = shown && shown.tenant === wanted.tenant ? {workflow: shown.workflow, id: shown.id} : null;
    const {put} = await import('../notebook/handover.js');
    try {
      window.open(put(new URL('./', document.baseURI), {...wanted, run}), '_blank');
    } catch {
      notify('notebook', {text: words.noStorage, tone: 'wait'});
    }
  }};
}
