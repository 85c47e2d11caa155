// @ts-check
// What is stored in this browser: how much, how safe, and how it leaves, comes back and goes.
import {show} from '../../ui/dialog.js';
import {h, replace} from '../../ui/dom.js';
import {size} from '../../ui/format.js';
import {buttons, notices, storage as words} from '../../words/index.js';
import {dismiss, notify} from '../../ui/notices.js';
import {FreeSpace} from './free-space.js';
import {visible} from '../../ui/text.js';

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../code/drafts.js').Drafts} Drafts */

const TYPE = 'application/vnd.sqlite3';
const MINE = 'dynamic-workflows'; // how the names of all that the page itself stores begin
const LATER_MS = 60_000; // until the browser has taken a file

export class Storage {
  /** @type {Kernel} */ #kernel;
  /** @type {Drafts} */ #drafts;
  /** @type {() => string} */ #tenant;
  /** @type {FreeSpace} */ #space;

  /**
   * @param {Kernel} kernel
   * @param {Drafts} drafts
   * @param {() => string} tenant whose code is open
   */
  constructor(kernel, drafts, tenant) {
    this.#kernel = kernel;
    this.#drafts = drafts;
    this.#tenant = tenant;
    this.#space = new FreeSpace(kernel, {export: () => void this.export(), putBack: (bytes) => this.#take(bytes, false), refused});
    kernel.addEventListener('leaving', () => drafts.stop());
    kernel.addEventListener('left', () => over(words.erasedElsewhere));
    kernel.addEventListener('replaced', () => notify('replaced', {text: notices.replacedHere}));
  }

  /** Save the whole database as a file, or one tenant's part. @param {string} [tenant] */
  async export(tenant) {
    try {
      this.#save(await this.#kernel.storage('copy', {tenant}), tenant ?? MINE);
    } catch (error) {
      refused(error);
    }
  }

  /** Save what was in memory when the database was deleted. */
  async exportSalvage() {
    await this.#salvaged((bytes) => this.#save(bytes, MINE));
  }

  /** Put back what was in memory when the database was deleted. */
  async putBack() {
    await this.#salvaged((bytes) => this.#take(bytes));
  }

  /** @param {(bytes: Uint8Array) => void | Promise<void>} use */
  async #salvaged(use) {
    try {
      const bytes = await this.#kernel.storage('salvage');
      if (bytes) await use(bytes);
    } catch (error) {
      refused(error);
    }
  }

  /** Show what takes room, and let the reader choose what goes. */
  free() {
    void this.#space.show();
  }

  /** Open the database again after the disk was full. */
  retry() {
    this.#kernel.reopen();
  }

  /** Let the reader choose a file and take its runs in. */
  import() {
    const field = h('input', {type: 'file', accept: '.sqlite,.sqlite3,.db'});
    field.addEventListener('change', async () => {
      const file = field.files?.[0];
      if (file) await this.#take(new Uint8Array(await file.arrayBuffer()));
    });
    field.click();
  }

  /** @param {Uint8Array} bytes @param {boolean} [said] whether the reader is told how many runs came */
  async #take(bytes, said = true) {
    try {
      const {added, kept} = await this.#kernel.storage('merge', {bytes});
      if (said) notify('import', {text: words.imported(added, kept)});
    } catch (error) {
      refused(error);
    }
  }

  /** @param {Uint8Array} bytes @param {string} name */
  #save(bytes, name) {
    const address = URL.createObjectURL(new Blob([/** @type {BlobPart} */ (bytes)], {type: TYPE}));
    h('a', {href: address, download: `${name}-${new Date().toISOString().slice(0, 10)}.sqlite`}).click();
    setTimeout(() => URL.revokeObjectURL(address), LATER_MS);
  }

  /** Ask the browser, once, to keep what is stored. */
  async askToKeep() {
    return this.#kernel.askToKeep();
  }

  /** Show what is stored, and what can be done with it. */
  show() {
    const facts = h('dl', {class: 'facts'});
    const durability = h('fieldset', {class: 'durability'});
    const tenant = this.#tenant();
    const act = (/** @type {string} */ label, /** @type {() => void} */ what) => h('button', {type: 'button', class: 'button', onclick: what}, label);
    const dialog = show(words.title, [
      facts, durability,
      h('div', {class: 'acts'},
        act(buttons.exportAll, () => void this.export()),
        act(buttons.exportTenant(visible(tenant)), () => void this.export(tenant)),
        act(buttons.freeSpace, () => {
          dialog.close();
          this.free();
        }),
        act(buttons.import, () => {
          dialog.close();
          this.import();
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
      await this.askToKeep();
      again();
    }}, buttons.askAgain);
    const used = usage === null || quota === null ? words.unknown : words.used(size(usage), size(quota));
    const browser = this.#kernel.state.readOnly ? words.full(size(usage ?? 0)) : used;
    const kept = memory ? [words.inMemory] : persisted ? [words.kept] : [words.notKept, ' ', ask];
    replace(facts, ...fact(words.browser, browser), ...fact(words.keeping, ...kept));
    const found = await this.#kernel.storage('facts');
    replace(facts, ...fact(words.runs, size(found.bytes)), ...fact(words.browser, browser), ...fact(words.keeping, ...kept));
    if (memory) return replace(durability);
    const choice = (/** @type {'strict' | 'relaxed'} */ name) => h('label', null,
      h('input', {type: 'radio', name: 'durability', value: name, checked: found.durability === name, disabled: found.readOnly, onchange: async () => {
        await this.#kernel.storage('durability', {wanted: name}).catch(refused);
        again();
      }}), h('span', null, words[name]));
    const said = found.durability === null ? h('p', {class: 'muted'}, words.durabilityUnknown) : null;
    replace(durability, h('legend', null, words.durability), choice('strict'), choice('relaxed'), said);
  }

  async #askToErase() {
    const known = await Promise.all([this.#kernel.request('find_runs', {limit: 0}), this.#kernel.request('tenants', {})]).catch(() => [{counts: {}}, []]);
    const [{counts}, tenants] = /** @type {[{counts: Record<string, number>}, unknown[]]} */ (known);
    const runs = Object.values(counts).reduce((sum, n) => sum + n, 0);
    const dialog = show(words.eraseTitle, [
      h('p', null, words.eraseList),
      h('ul', {class: 'goes'}, h('li', null, words.eraseRuns(runs, tenants.length)), h('li', null, words.eraseCode), h('li', null, words.eraseRest)),
      h('p', null, words.eraseAdvice),
      h('div', {class: 'acts'}, h('button', {type: 'button', class: 'button', onclick: () => void this.export()}, buttons.exportAll)),
    ], buttons.eraseNow, () => {
      void this.#erase();
      return true;
    });
    dialog.classList.add('storage');
  }

  async #erase() {
    this.#drafts.stop();
    try {
      await this.#kernel.erase(() => this.#drafts.erase().then(erasePage));
      over(words.erased);
    } catch (error) {
      refused(error);
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
function over(text) {
  const dialog = h('dialog', {'aria-labelledby': 'over'}, h('h2', {id: 'over'}, text), h('p', null, words.nothingLeft),
    h('div', {class: 'row'}, h('button', {type: 'button', class: 'button filled', onclick: () => location.replace(location.pathname)}, buttons.startAnew)));
  dialog.addEventListener('cancel', (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {unknown} error */
function refused(error) {
  dismiss('import');
  const {name, message} = /** @type {Error} */ (error);
  const text = name === 'StoreTooNew' ? words.newerFile : message;
  notify('import', {text, tone: 'fail'});
}
