// @ts-check
// The view of all runs has an address of its own and is loaded when it is first asked for.
import {goTo, onMove, place} from '../address.js';

/** @typedef {import('./runs-view.js').RunsView} RunsView */

/** The address of the view. */
export const ALL_RUNS = 'runs';

/**
 * Show the view wherever the address says so.
 * @param {import('../run/session.js').Session} session
 * @param {{open: (run: import('../../ui/types.js').Run) => void, deletions: import('./deletions.js').Deletions}} page
 * @param {() => void} changed told when the view has come or gone
 */
export function attachRunsView(session, page, changed) {
  /** @type {Promise<{view: RunsView, put: (view: RunsView, shown: boolean) => void}> | null} */
  let loaded = null;
  const load = async () => {
    const {RunsView, placeRuns} = await import('./runs-view.js');
    return {view: new RunsView(session, {...page, back}), put: placeRuns};
  };
  const sync = async () => {
    const shown = place().view === ALL_RUNS;
    const was = document.body.dataset.page === ALL_RUNS;
    if (shown) document.body.dataset.page = ALL_RUNS;
    else delete document.body.dataset.page;
    if (shown !== was) changed();
    if (!shown && !loaded) return;
    const {view, put} = await (loaded ??= load());
    put(view, place().view === ALL_RUNS);
  };
  onMove(() => void sync());
  void sync();
}

/** Back to where the list was opened from, or to the page without it. */
function back() {
  if (history.state?.inside) history.back();
  else goTo({});
}

/** Go to the list; Back leads to where it was opened from. */
export function openRuns() {
  goTo({view: ALL_RUNS}, {inside: true});
}
