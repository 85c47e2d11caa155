// @ts-check
// What the inspector needs beyond the history: the shown run's log, read while somebody looks.
import {announce} from '../../ui/announce.js';
import {buttons} from '../../words/index.js';
import {isLive} from '../run/state.js';

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../../ui/types.js').LogRow} LogRow */
/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {import('../../timeline/element.js').WorkflowTimeline} WorkflowTimeline */

const EVERY = 1000; // ms between two readings of the log of a run that lives

/** Reads the log of the run that is inspected, and what is new of it as long as it is. */
class LogReader {
  #open = false;
  #timer = 0;
  #reading = false;
  #run = '';
  #seen = '';
  /** @type {LogRow[]} */ #rows = [];

  /** @param {Kernel} kernel @param {Session} session @param {WorkflowTimeline} timeline */
  constructor(kernel, session, timeline) {
    this.kernel = kernel;
    this.session = session;
    this.timeline = timeline;
  }

  /** @param {boolean} open whether the inspector is */
  look(open) {
    this.#open = open;
    if (open) void this.#read();
    else window.clearTimeout(this.#timer);
  }

  async #read() {
    window.clearTimeout(this.#timer);
    const run = this.session.shown?.run;
    if (!this.#open || this.#reading || !run || !this.session.canRun) return;
    const {tenant, workflow, id} = run;
    if (this.#run !== `${tenant}/${id}`) [this.#run, this.#rows] = [`${tenant}/${id}`, []];
    this.#reading = true;
    try {
      const after = this.#rows.at(-1)?.pos ?? 0;
      const fresh = /** @type {LogRow[]} */ (await this.kernel.request('logs', {tenant, workflow, id, after}));
      if (fresh.length) this.#rows = [...this.#rows, ...fresh];
      if (this.timeline.data?.id === id && (fresh.length || !this.timeline.logs)) this.timeline.logs = this.#rows;
    } catch {
      // The run was deleted or the engine is away: what is shown stays.
    } finally {
      this.#reading = false;
    }
    if (isLive(run)) this.#timer = window.setTimeout(() => void this.#read(), EVERY);
  }

  /** Another run is shown, or the one that is shown has ended: its log is read once more. */
  changed() {
    const run = this.session.shown?.run;
    const state = run ? `${run.tenant}/${run.id} ${run.ended}` : '';
    if (state === this.#seen) return;
    this.#seen = state;
    if (this.#open) void this.#read();
  }
}

/**
 * Give the timeline its log, and say what it says.
 * @param {{kernel: Kernel, session: Session, timeline: WorkflowTimeline}} page
 */
export function attachInspect({kernel, session, timeline}) {
  const logs = new LogReader(kernel, session, timeline);
  timeline.addEventListener('workflow-open', (event) => logs.look(/** @type {CustomEvent} */ (event).detail.key !== null));
  session.addEventListener('change', () => logs.changed());
  timeline.addEventListener('workflow-say', (event) => announce(/** @type {CustomEvent} */ (event).detail.text));
  timeline.addEventListener('workflow-copy', (event) => {
    event.preventDefault();
    const {text} = /** @type {CustomEvent} */ (event).detail;
    void navigator.clipboard.writeText(text).then(() => announce(buttons.copied));
  });
}
