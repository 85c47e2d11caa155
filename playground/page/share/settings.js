// @ts-check
// What of the page leaves with a link, because the run looks or behaves otherwise without it, and what of it is taken on.
// The theme, the widths and all else of the reader's stay out of it.
import {DELAY, delayOf, ownDelay} from './delay.js';

/** @typedef {Record<string, string | number | boolean>} Settings */
/** @typedef {import('../../timeline/element.js').WorkflowTimeline} WorkflowTimeline */

/**
 * What differs from how every page begins.
 * @param {{delay: number, schedule: string, look: WorkflowTimeline['look']}} now
 * @returns {Settings}
 */
export function settingsOf({delay, schedule, look}) {
  return {
    ...(delay === DELAY ? {} : {worldDelay: delay}),
    ...(schedule ? {schedule} : {}),
    ...(look.as === 'table' ? {table: true} : {}),
    ...(look.toScale ? {toScale: true} : {}),
    ...(look.clock === 'wall' ? {wallClock: true} : {}),
  };
}

/** How a timeline is to be drawn. @param {Settings} settings @returns {WorkflowTimeline['look']} */
export function lookOf({table, toScale, wallClock}) {
  return {as: table === true ? 'table' : 'bars', toScale: toScale === true, clock: wallClock === true ? 'wall' : 'run'};
}

/** Takes on the settings of what was sent, and the page's own again when something else is open. */
export class TakenOn {
  #session;
  #timeline;
  #delay = ownDelay();
  /** @type {number | undefined} an engine that was started anew has the page's own delay */ #epoch;
  /** @type {Settings | null} */ #taken = null;
  /** @type {WorkflowTimeline['look'] | null} the reader's own */ #look = null;

  /** @param {import('../run/session.js').Session} session @param {WorkflowTimeline} timeline */
  constructor(session, timeline) {
    this.#session = session;
    this.#timeline = timeline;
  }

  /** How long an answer of the outside world takes now, in ms. */
  get delay() {
    return this.#taken ? delayOf(this.#taken.worldDelay) : ownDelay();
  }

  /** @param {Settings | null} settings null are the page's own */
  take(settings) {
    if (settings !== this.#taken) this.#redraw(settings);
    this.#taken = settings;
    if (this.#session.kernel.epoch !== this.#epoch) this.#delay = ownDelay();
    this.#epoch = this.#session.kernel.epoch;
    const {delay} = this;
    if (delay === this.#delay || !this.#session.canRun) return;
    this.#delay = delay;
    void this.#session.request('settings', {world_delay: delay}).catch((error) => this.#session.failed(error));
  }

  /** @param {Settings | null} settings */
  #redraw(settings) {
    this.#look ??= {...this.#timeline.look};
    this.#timeline.look = settings ? lookOf(settings) : this.#look;
    if (!settings) this.#look = null;
  }
}
