// @ts-check
// What the reader does to the run that is shown, from its menu, its rows and its dialogs.
import {announce} from '../../ui/announce.js';
import {moment} from '../../ui/format.js';
import {notify} from '../../ui/notices.js';
import {onDemand} from '../../ui/on-demand.js';
import {oneLine} from '../../ui/text.js';
import {buttons, jump as jumpWords, offline} from '../../words/index.js';
import {latest, startOf} from './verbs.js';

/** @typedef {import('./session.js').Session} Session */
/** @typedef {import('./verbs.js').Verb} Verb */
/** @typedef {import('../../ui/types.js').Run} Run */

const dialogs = onDemand(() => import('./run-dialogs.js'), () => notify('offline', {text: offline.notYet, tone: 'wait'}));

export class RunActions {
  /** @type {Session} */ #session;
  /** @type {(run: Run) => void} */ #remove;
  #restart;
  /** @type {Map<string, string>} where the clocks of runs are on their way to, in words, by id */ #jumps = new Map();

  /**
   * @param {Session} session
   * @param {(run: Run) => void} remove deletes a run, so that it can be undone
   * @param {(from: ReturnType<typeof startOf>) => void} restart from one step on, or from the top
   */
  constructor(session, remove, restart) {
    this.#session = session;
    this.#remove = remove;
    this.#restart = restart;
  }

  /**
   * Do what a menu says, except renaming, which happens where the name stands.
   * @param {Exclude<Verb, 'rename'>} verb
   */
  do(verb) {
    const session = this.#session;
    const run = session.shown?.run;
    if (!run) return;
    switch (verb) {
      case 'pause': return void session.ask('pause');
      case 'resume': return void session.ask('resume');
      case 'retry': return void session.ask('retry_now');
      case 'restart': return this.#restart(null);
      case 'terminate': return void session.ask('terminate');
      case 'undo': return void session.ask('terminate', {rollback: true});
      case 'jump': return dialogs(({askJump}) => askJump(run, (to) => void this.#jump(to)));
      case 'send': return this.sendEvent(run.awaits ?? '');
      case 'copyId': return void navigator.clipboard.writeText(run.id).then(() => announce(buttons.copied));
      case 'remove': return this.#remove(run);
    }
  }

  /**
   * What the button of a row does.
   * @param {{kind: string, key: string, type: string}} action
   */
  row({kind, key, type}) {
    if (kind === 'skip') void this.#session.ask('skip', {key});
    else if (kind === 'send') void this.send(type, null);
    else if (kind === 'edit') this.sendEvent(type);
    else if (kind === 'retry') void this.#session.ask('retry_now', {key});
    else if (kind === 'restart') this.restartFrom(key);
  }

  /** Ask for an event's type and payload. @param {string} type */
  sendEvent(type) {
    const waiting = this.#waits();
    dialogs(({askEvent}) => askEvent(type, {waiting, send: (chosen, payload) => void this.send(chosen, payload)}));
  }

  /** @param {string} type @param {unknown} payload */
  send(type, payload) {
    return this.#session.ask('send_event', {type, payload});
  }

  /** Run again from one step on, with the results of the steps before it. @param {string} key */
  restartFrom(key) {
    const from = startOf(key);
    if (from) this.#restart(from);
  }

  /** @param {string} name */
  rename(name) {
    void this.#session.ask('rename', {name});
  }

  /** @param {number} to epoch milliseconds of the run's own time */
  async #jump(to) {
    const id = this.#session.shown?.run.id ?? '';
    this.#jumps.set(id, jumpWords.going(moment(to, Date.now())));
    this.#session.changed();
    await this.#session.ask('jump', {to});
    this.#jumps.delete(id);
    this.#session.changed();
  }

  /** Where the shown run's clock is on its way to, in words. */
  get jumping() {
    return this.#jumps.get(this.#session.shown?.run.id ?? '') ?? '';
  }

  /** The types that something waits for, oldest waiter first. */
  #waits() {
    /** @type {Map<string, string>} */
    const open = new Map();
    for (const {kind, key, data} of latest(this.#session.shown?.rows ?? [])) {
      if (!key?.startsWith('wait:')) continue;
      if (kind === 'wait.started') open.set(key, oneLine(JSON.parse(data ?? '{}').type ?? ''));
      else open.delete(key);
    }
    return [...new Set(open.values())];
  }
}
