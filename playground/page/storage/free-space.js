// @ts-check
// What takes room, by tenant and by run, and the choice of ended runs that go. They can be put back for ten seconds.
import {show} from '../../ui/dialog.js';
import {bdi, fill, h, say} from '../../ui/dom.js';
import {age, size} from '../../ui/format.js';
import {icon} from '../../ui/icons.js';
import {dismiss, notify} from '../../ui/notices.js';
import {buttons, runs as names, space as words} from '../../words/index.js';
import {stateOf} from '../run/state.js';

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../../ui/types.js').Run & {bytes: number}} Ended */
/** @typedef {{tenant: string, runs: number, bytes: number, ended: number, ended_bytes: number}} Share of one tenant */
/** @typedef {{bytes: number, tenants: Share[], ended: Ended[]}} Usage */

const SHOWN = 5; // runs of one tenant that can be chosen one by one, the largest first
const UNDO_MS = 10_000;

/** The runs that go: all ended ones of some tenants, and some by name. */
class Choice {
  /** @type {Map<string, Share>} by tenant */ tenants = new Map();
  /** @type {Set<Ended>} */ runs = new Set();

  /** Those that are not covered by their tenant. */
  get single() {
    return [...this.runs].filter(({tenant}) => !this.tenants.has(tenant));
  }

  get count() {
    return [...this.tenants.values()].reduce((sum, {ended}) => sum + ended, this.single.length);
  }

  get bytes() {
    return [...this.tenants.values()].reduce((sum, share) => sum + share.ended_bytes, this.single.reduce((sum, run) => sum + run.bytes, 0));
  }
}

export class FreeSpace {
  /** @type {Kernel} */ #kernel;
  /** @type {{export: () => void, putBack: (bytes: Uint8Array) => Promise<void>, refused: (error: unknown) => void}} */ #acts;

  /**
   * @param {Kernel} kernel
   * @param {{export: () => void, putBack: (bytes: Uint8Array) => Promise<void>, refused: (error: unknown) => void}} acts
   */
  constructor(kernel, acts) {
    this.#kernel = kernel;
    this.#acts = acts;
  }

  /** Show what takes room and let the reader choose what goes. */
  async show() {
    try {
      this.#choose(await this.#kernel.request('usage', {}));
    } catch (error) {
      this.#acts.refused(error);
    }
  }

  /** @param {Usage} usage */
  #choose(usage) {
    const choice = new Choice();
    const ended = usage.tenants.reduce((sum, share) => sum + share.ended, 0);
    const update = () => {
      const button = /** @type {HTMLButtonElement | null} */ (dialog.querySelector('.row .filled'));
      if (!button) return;
      button.disabled = choice.count === 0;
      say(button, choice.count ? words.remove(choice.count) : words.none);
    };
    const runs = usage.tenants.reduce((sum, share) => sum + share.runs, 0);
    const dialog = show(words.title, [
      h('p', null, ended ? words.sum(runs, ended, usage.tenants.reduce((sum, share) => sum + share.ended_bytes, 0)) : words.nothing),
      this.#kernel.state.readOnly ? h('p', {class: 'tone-fail'}, words.full) : ended ? null : h('p', null, words.terminate),
      h('ul', {class: 'shares'}, usage.tenants.map((share) => shareOf(share, usage.ended, choice, update))),
      ended ? h('p', {class: 'muted'}, words.advice) : null,
      h('div', {class: 'acts'}, h('button', {type: 'button', class: 'button', onclick: this.#acts.export}, buttons.exportAll)),
    ], ended ? words.none : '', () => {
      void this.#remove(choice);
      return true;
    });
    dialog.classList.add('storage', 'space');
    update();
  }

  /** @param {Choice} choice */
  async #remove(choice) {
    const {single, bytes} = choice;
    const tenants = [...choice.tenants.keys()];
    const runs = single.map(({tenant, workflow, id}) => ({tenant, workflow, id}));
    try {
      const copy = await this.#kernel.storage('copy', {runs, tenants});
      let deleted = runs.length ? await this.#delete({runs}) : 0;
      for (const tenant of tenants) deleted += await this.#delete({tenant});
      this.#offerUndo(deleted, bytes, copy);
    } catch (error) {
      const full = /** @type {Error} */ (error).name === 'StorageFullError';
      this.#acts.refused(full ? new Error(words.refused) : error);
    }
  }

  /** @param {{runs: object[]} | {tenant: string}} what @returns {Promise<number>} how many went */
  async #delete(what) {
    let gone = 0;
    for (let left = 1; left;) {
      const answer = await this.#kernel.request('delete_ended', {...what, shrink: !this.#kernel.state.readOnly});
      gone += answer.deleted;
      left = answer.deleted ? answer.left : 0;
    }
    return gone;
  }

  /** @param {number} count @param {number} bytes @param {Uint8Array} copy of what went */
  #offerUndo(count, bytes, copy) {
    notify('removed', {text: words.removed(count, bytes), for: UNDO_MS, actions: [{label: buttons.undo, act: () => {
      dismiss('removed');
      void this.#acts.putBack(copy);
    }}]});
  }
}

/** @param {Share} share @param {Ended[]} ended @param {Choice} choice @param {() => void} update */
function shareOf(share, ended, choice, update) {
  const {tenant} = share;
  if (!share.ended) return h('li', {class: 'live'}, h('span', null, fill(words.live(share.runs), {tenant})), h('span', {class: 'bytes'}, size(share.bytes)));
  const mine = ended.filter((run) => run.tenant === tenant).slice(0, SHOWN);
  const boxes = mine.map((run) => runOf(run, choice, update));
  const all = box(() => {
    if (all.checked) choice.tenants.set(tenant, share);
    else choice.tenants.delete(tenant);
    for (const {input} of boxes) Object.assign(input, {checked: all.checked || choice.runs.has(input.run), disabled: all.checked});
    update();
  });
  return h('li', null,
    h('label', {class: 'all'}, all, h('span', null, fill(words.all(share.ended), {tenant})), h('span', {class: 'bytes'}, size(share.ended_bytes))),
    share.ended > 1 ? h('ul', null, boxes.map(({item}) => item),
      share.ended > mine.length ? h('li', {class: 'muted'}, words.more(share.ended - mine.length)) : null) : null);
}

/** @param {Ended} run @param {Choice} choice @param {() => void} update */
function runOf(run, choice, update) {
  const input = Object.assign(box(() => {
    if (input.checked) choice.runs.add(run);
    else choice.runs.delete(run);
    update();
  }), {run});
  const state = stateOf(run);
  const when = words.ended(state.word, age(Date.now() - (run.ended ?? run.created)));
  const item = h('li', null, h('label', null, input,
    h('span', {class: `tone-${state.name}`}, icon(state.name)),
    h('span', null, bdi(names.of(run)), h('span', {class: 'muted'}, ` ${when}`)), h('span', {class: 'bytes'}, size(run.bytes))));
  return {input, item};
}

/** @param {() => void} change */
function box(change) {
  return h('input', {type: 'checkbox', onchange: change});
}
