// @ts-check
// The strip of a workflow that the clock starts: its expression, the next run, and the way to see that one now.
import {$, bdi, h, replace} from '../../ui/dom.js';
import {announce} from '../../ui/announce.js';
import {iso, moment} from '../../ui/format.js';
import {icon} from '../../ui/icons.js';
import {schedules as words} from '../../words/index.js';

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {import('../code/workspace.js').Workspace} Workspace */
/** @typedef {import('../../ui/types.js').Run} Run */
/** @typedef {{tenant: string, workflow: string, version: string, main: string, crons: string[], next: number}} Schedule */

/**
 * @typedef {object} Acts
 * @property {(verb: string, args: Record<string, unknown>) => Promise<any>} request asks the kernel
 * @property {() => Record<string, unknown> | null} order what a run started now would be; null where it cannot start
 * @property {() => string} sent the expression that came with a link
 * @property {(run: Run) => void} open shows a run
 * @property {(error: Error) => void} failed shows why something could not be done
 */

const LATE_MS = 500; // after a firing, until it is asked what comes next
const LONGEST_MS = 3_600_000; // between two looks at the clock

export class ScheduleStrip {
  #session;
  #workspace;
  #acts;
  /** @type {Schedule[]} of the open tenant */ #known = [];
  #asked = '';
  #wish = '';
  #timer = 0;
  #home = h('div', {class: 'schedule', id: 'schedule', role: 'group', 'aria-label': words.title, hidden: true});

  /** @param {Session} session @param {Workspace} workspace @param {Acts} acts */
  constructor(session, workspace, acts) {
    this.#session = session;
    this.#workspace = workspace;
    this.#acts = acts;
    $('#toolbar').after(this.#home);
    workspace.addEventListener('opened', () => void this.#read());
    session.addEventListener('change', () => {
      if (session.canRun && this.#asked !== this.#place()) void this.#read();
    });
    this.#draw();
  }

  /** The engine and the tenant whose schedules were asked for. */
  #place() {
    return `${this.#session.kernel.epoch} ${this.#workspace.tenant}`;
  }

  async #read() {
    this.#draw();
    if (!this.#session.canRun) return;
    const place = this.#asked = this.#place();
    const known = /** @type {Schedule[]} */ (await this.#acts.request('schedules', {tenant: this.#workspace.tenant}).catch(() => []));
    if (place !== this.#place()) return;
    this.#known = known;
    this.#draw();
  }

  /** The expression that starts the open project, or is offered to. */
  get expression() {
    return this.#current?.crons.join(', ') ?? this.#wish;
  }

  /** The schedule of the open project, if there is one. */
  get #current() {
    const {tenant, main} = this.#workspace;
    return this.#known.find((one) => one.tenant === tenant && one.main === main) ?? null;
  }

  #draw() {
    window.clearTimeout(this.#timer);
    const wish = this.#workspace.example?.schedule ?? this.#acts.sent();
    const current = this.#current;
    this.#home.hidden = !current && !wish;
    if (current) this.#showCurrent(current);
    else if (wish && (this.#wish !== wish || !this.#home.querySelector('input'))) this.#offer(wish);
    this.#wish = current ? '' : wish;
  }

  /** @param {string} wish */
  #offer(wish) {
    const field = h('input', {id: 'cron', class: 'cron', value: wish, spellcheck: 'false', autocomplete: 'off', 'aria-label': words.label, title: words.label,
      onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && void this.#start(field.value)});
    const start = h('button', {type: 'button', class: 'button', 'data-act': 'schedule', onclick: () => void this.#start(field.value)}, words.start);
    replace(this.#home, icon('clock'), field, h('span', {class: 'quiet'}, 'UTC'), start);
  }

  /** @param {Schedule} schedule */
  #showCurrent({crons, next, workflow, tenant}) {
    const now = Date.now();
    const skip = () => void this.#ask('skip_to_firing', {tenant, workflow}, (run) => this.#acts.open(run));
    const stop = () => void this.#ask('unschedule', {tenant, workflow}, () => announce(words.stopped));
    replace(this.#home, icon('clock'),
      h('span', {class: 'when', title: iso(next)}, words.next(moment(next, now))),
      h('span', {class: 'quiet code'}, bdi(crons.join(', '))),
      h('span', {class: 'spacer'}),
      h('button', {type: 'button', class: 'button small', 'data-act': 'skip-to-firing', onclick: skip}, words.skip(next - now)),
      h('button', {type: 'button', class: 'button small', 'data-act': 'unschedule', onclick: stop}, words.stop));
    this.#timer = window.setTimeout(() => void this.#read(), Math.min(Math.max(next - now, 0) + LATE_MS, LONGEST_MS));
  }

  /** @param {string} cron */
  async #start(cron) {
    const order = this.#acts.order();
    if (!order) return;
    if (!this.#session.canRun) this.#acts.failed(new Error(words.waiting));
    else await this.#ask('schedule', {...order, schedules: cron}, () => announce(words.started));
  }

  /** @param {string} verb @param {Record<string, unknown>} args @param {(answer: any) => void} then */
  async #ask(verb, args, then) {
    try {
      then(await this.#acts.request(verb, args));
    } catch (error) {
      this.#acts.failed(/** @type {Error} */ (error));
    }
    await this.#read();
  }
}
