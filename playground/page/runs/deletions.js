// @ts-check
// Deleting runs so that it can be undone: for ten seconds they are out of sight and held, then they are gone. A page
// that ends before has it done by the next one.
import {notify} from '../../ui/notices.js';
import {oneLine} from '../../ui/text.js';
import {buttons, deleted as words, runs as names} from '../../words/index.js';
import {changeRuns} from './change-runs.js';

/** @typedef {import('../run/session.js').Session} Session */
/** @typedef {import('../../ui/types.js').Run} Run */

const KEY = 'dynamic-workflows.deleting';
const UNDO_MS = 10_000;

export class Deletions {
  /** @type {Session} */ #session;
  /** @type {Map<number, {uids: number[], held: number[], timer: number}>} */ #pending = new Map();
  #number = 0;

  /** @param {Session} session */
  constructor(session) {
    this.#session = session;
    const left = recall();
    if (!left.length) return;
    session.hidden = new Set(left);
    session.addEventListener('listed', () => void this.#finish(left), {once: true});
  }

  /**
   * Delete one run. @param {Run} run @param {() => void} [undone] what else comes back with it
   */
  run(run, undone) {
    return this.runs([run.uid ?? 0], {text: words.run(oneLine(names.of(run))), undone});
  }

  /**
   * Delete runs: what they do is held at once, and they go when nobody has undone it.
   * @param {number[]} uids
   * @param {{text?: string, undone?: () => void}} [more]
   */
  async runs(uids, {text = words.runs(uids.length), undone = () => {}} = {}) {
    const session = this.#session;
    const number = ++this.#number;
    for (const uid of uids) session.hidden.add(uid);
    const pending = {uids, held: /** @type {number[]} */ ([]), timer: window.setTimeout(() => void this.#over(number), UNDO_MS)};
    this.#pending.set(number, pending);
    this.#remember();
    session.changed();
    session.dispatchEvent(new Event('hidden'));
    notify(`deleted-${number}`, {text, for: UNDO_MS, actions: [{label: buttons.undo, act: () => void this.#undo(number, undone)}]});
    try {
      pending.held = (await changeRuns(session, 'pause', uids)).changed;
    } catch (error) {
      session.failed(error);
    }
    if (!this.#pending.has(number) && pending.held.length) await changeRuns(session, 'resume', pending.held).catch(() => {});
  }

  /** @param {number} number @param {() => void} undone */
  async #undo(number, undone) {
    const pending = this.#pending.get(number);
    if (!pending) return;
    window.clearTimeout(pending.timer);
    this.#pending.delete(number);
    this.#show(pending.uids);
    undone();
    if (pending.held.length) await changeRuns(this.#session, 'resume', pending.held).catch((error) => this.#session.failed(error));
  }

  /** @param {number} number */
  async #over(number) {
    const pending = this.#pending.get(number);
    if (!pending) return;
    await this.#finish(pending.uids);
    this.#pending.delete(number);
    this.#remember();
  }

  /** @param {number[]} uids */
  async #finish(uids) {
    try {
      const {leftOut} = await changeRuns(this.#session, 'delete', uids);
      for (const {uid} of leftOut) this.#session.hidden.delete(uid); // gone already
      this.#remember();
    } catch (error) {
      this.#show(uids);
      this.#session.failed(error);
    }
  }

  /** @param {number[]} uids */
  #show(uids) {
    for (const uid of uids) this.#session.hidden.delete(uid);
    this.#remember();
    this.#session.changed();
    this.#session.dispatchEvent(new Event('hidden'));
  }

  #remember() {
    try {
      const uids = [...this.#session.hidden];
      if (uids.length) localStorage.setItem(KEY, JSON.stringify(uids));
      else localStorage.removeItem(KEY);
    } catch {
      // Denied storage: a page that ends before the time is over has deleted nothing.
    }
  }
}

/** @returns {number[]} what the page before this one had not yet deleted */
function recall() {
  try {
    const uids = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(uids) ? uids.filter((uid) => Number.isInteger(uid) && uid > 0) : [];
  } catch {
    return [];
  }
}
