// @ts-check
// The dialogs about storage: what is stored and how safe, and the end of everything.
import {show} from '../../ui/dialog.js';
import {keepAgain, keptOffline} from '../../offline/page.js';
import {h, replace} from '../../ui/dom.js';
import {size} from '../../ui/format.js';
import {visible} from '../../ui/text.js';
import {buttons, storage as words} from '../../words/index.js';

export {FreeSpace} from './free-space.js';

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../code/drafts.js').Drafts} Drafts */
/** @typedef {import('./storage.js').Storage} Storage */

const MINE = 'dynamic-workflows'; // how the names of all that the page itself stores begin

export class StorageDialog {
  /** @type {Kernel} */ #kernel;
  /** @type {Drafts} */ #drafts;
  /** @type {Storage} */ #storage;
  /** @type {(error: unknown) => void} */ #refused;

  /** @param {Kernel} kernel @param {Drafts} drafts @param {Storage} storage @param {(error: unknown) => void} refused says why something failed */
  constructor(kernel, drafts, storage, refused) {
    this.#kernel = kernel;
    this.#drafts = drafts;
    this.#storage = storage;
    this.#refused = refused;
  }

  /** Show it. @param {string} tenant whose code is open */
  show(tenant) {
    const facts = h('dl', {class: 'facts'});
    const durability = h('fieldset', {class: 'durability'});
    const act = (/** @type {string} */ label, /** @type {() => void} */ what) => h('button', {type: 'button', class: 'button', onclick: what}, label);
    const dialog = show(words.title, [
      facts, durability,
      h('div', {class: 'acts'},
        act(buttons.exportAll, () => void this.#storage.export()),
        act(buttons.exportTenant(visible(tenant)), () => void this.#storage.export(tenant)),
        act(buttons.freeSpace, () => {
          dialog.close();
          void this.#storage.free();
        }),
        act(buttons.import, () => {
          dialog.close();
          this.#storage.import();
        }),
        act(buttons.erase, () => {
          dialog.close();
          void this.#askToErase();
        })),
    ]);
    dialog.classList.add('storage');
    void this.#fill(facts, durability);
  }

  /** @param {HTMLElement} facts @param {HTMLElement} durability */
  async #fill(facts, durability) {
    const again = () => void this.#fill(facts, durability);
    const {usage, quota, persisted} = await this.#kernel.quota();
    const memory = this.#kernel.state.storage === 'memory';
    const fact = (/** @type {string} */ name, /** @type {(Node | string)[]} */ ...what) => [h('dt', null, name), h('dd', null, ...what)];
    const ask = h('button', {type: 'button', class: 'button small', onclick: async () => {
      await this.#storage.askToKeep();
      again();
    }}, buttons.askAgain);
    const used = usage === null || quota === null ? words.unknown : words.used(size(usage), size(quota));
    const browser = this.#kernel.state.readOnly ? words.full(size(usage ?? 0)) : used;
    const kept = memory ? [words.inMemory] : persisted ? [words.kept] : [words.notKept, ' ', ask];
    replace(facts, ...fact(words.browser, browser), ...fact(words.keeping, ...kept));
    const found = await this.#kernel.storage('facts');
    const offline = await this.#offline(again);
    replace(facts, ...fact(words.runs, size(found.bytes)), ...fact(words.browser, browser), ...fact(words.keeping, ...kept), ...fact(words.offline, ...offline));
    if (memory) return replace(durability);
    const choice = (/** @type {'strict' | 'relaxed'} */ name) => h('label', null,
      h('input', {type: 'radio', name: 'durability', value: name, checked: found.durability === name, disabled: found.readOnly, onchange: async () => {
        await this.#kernel.storage('durability', {wanted: name}).catch(this.#refused);
        again();
      }}), h('span', null, words[name]));
    const said = found.durability === null ? h('p', {class: 'muted'}, words.durabilityUnknown) : null;
    replace(durability, h('legend', null, words.durability), choice('strict'), choice('relaxed'), said);
  }

  /** Whether the page opens without a network. @param {() => void} again @returns {Promise<(Node | string)[]>} */
  async #offline(again) {
    const kept = await keptOffline();
    if (kept !== 'given up') return [kept === 'kept' ? words.opens : words.noWorker];
    const button = h('button', {type: 'button', class: 'button small', onclick: async () => {
      Object.assign(button, {disabled: true});
      if (await keepAgain() === 'given up') this.#refused(new Error(words.refilled));
      again();
    }}, buttons.keepAgain);
    return [words.opensNot, ' ', button];
  }

  async #askToErase() {
    const known = await Promise.all([this.#kernel.request('find_runs', {limit: 0}), this.#kernel.request('tenants', {})]).catch(() => [{counts: {}}, []]);
    const [{counts}, tenants] = /** @type {[{counts: Record<string, number>}, unknown[]]} */ (known);
    const runs = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const dialog = show(words.eraseTitle, [
      h('p', null, words.eraseList),
      h('ul', {class: 'goes'}, h('li', null, words.eraseRuns(runs, tenants.length)), h('li', null, words.eraseCode), h('li', null, words.eraseRest)),
      h('p', null, words.eraseAdvice),
      h('div', {class: 'acts'}, h('button', {type: 'button', class: 'button', onclick: () => void this.#storage.export()}, buttons.exportAll)),
    ], buttons.eraseNow, () => {
      void this.#erase();
      return true;
    });
    dialog.classList.add('storage');
  }

  async #erase() {
    this.#drafts.stop();
    try {
      const denied = this.#kernel.state.storage === 'memory'; // then nothing was stored, and asking is an error
      await this.#kernel.erase(() => this.#drafts.erase().then(erasePage).catch((error) => {
        if (!denied) throw error;
      }));
      over(words.erased);
    } catch (error) {
      this.#refused(error);
    }
  }
}

/** Delete what the page stores beside its databases. */
async function erasePage() {
  for (const store of [localStorage, sessionStorage]) {
    for (const key of Object.keys(store)) if (key.startsWith(MINE)) store.removeItem(key);
  }
  const caches = await self.caches?.keys() ?? [];
  await Promise.all(caches.filter((name) => name.startsWith(MINE)).map((name) => self.caches.delete(name)));
  const workers = await navigator.serviceWorker?.getRegistrations() ?? [];
  const here = new URL('./', document.baseURI).href;
  await Promise.all(workers.filter(({scope}) => scope === here).map((worker) => worker.unregister()));
}

/** Nothing more is stored until the reader starts anew. @param {string} text */
export function over(text) {
  const dialog = h('dialog', {'aria-labelledby': 'over'}, h('h2', {id: 'over'}, text), h('p', null, words.nothingLeft),
    h('div', {class: 'row'}, h('button', {type: 'button', class: 'button filled', onclick: () => location.replace(location.pathname)}, buttons.startAnew)));
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
}
