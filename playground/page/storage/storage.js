// @ts-check
// What is stored in this browser: how much, how safe, and how it leaves, comes back and goes.
import {h} from '../../ui/dom.js';
import {dismiss, notify} from '../../ui/notices.js';
import {notices as words} from '../../words/index.js';

/** @typedef {import('../../ui/types.js').Kernel} Kernel */
/** @typedef {import('../code/drafts.js').Drafts} Drafts */

const TYPE = 'application/vnd.sqlite3';
const MINE = 'dynamic-workflows'; // what an export is called
const LATER_MS = 60_000; // until the browser has taken a file

export class Storage {
  /** @type {Kernel} */ #kernel;
  /** @type {Drafts} */ #drafts;
  /** @type {() => string} */ #tenant;

  /**
   * @param {Kernel} kernel
   * @param {Drafts} drafts
   * @param {() => string} tenant whose code is open
   */
  constructor(kernel, drafts, tenant) {
    this.#kernel = kernel;
    this.#drafts = drafts;
    this.#tenant = tenant;
    kernel.addEventListener('leaving', () => {
      drafts.stop();
      const dialogs = this.#dialogs(); // now: once everything is erased there may be nowhere to load them from
      kernel.addEventListener('left', () => void dialogs.then(({over}) => over(words.erasedElsewhere)));
    });
    kernel.addEventListener('replaced', () => notify('replaced', {text: words.replacedHere}));
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
    await this.#salvaged((bytes) => this.#take(bytes, false));
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

  /** The dialogs are not needed for the first screen. */
  #dialogs() {
    return import('./storage-dialog.js');
  }

  /** Show what takes room, and let the reader choose what goes. */
  async free() {
    const {FreeSpace} = await this.#dialogs();
    const acts = {export: () => void this.export(), putBack: (/** @type {Uint8Array} */ bytes) => this.#take(bytes, false), refused};
    await new FreeSpace(this.#kernel, acts).show();
  }

  /** Show what is stored, and what can be done with it. */
  async show() {
    const {StorageDialog} = await this.#dialogs();
    new StorageDialog(this.#kernel, this.#drafts, this, refused).show(this.#tenant());
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
}

/** @param {unknown} error */
function refused(error) {
  dismiss('import');
  const {name, message} = /** @type {Error} */ (error);
  const text = name === 'StoreTooNew' ? words.newerFile : message;
  notify('import', {text, tone: 'fail'});
}
