// @ts-check
// What arrives by a link or a file, and the dialogs, which are loaded on demand.
import {isLink} from '../../share/recognise.js';
import {dismiss, notify} from '../../ui/notices.js';
import {shared as words} from '../../words/index.js';
import {showBanner} from './banner.js';
import {pickFile} from './files.js';
import {recall, remember, sandboxTenant} from './guests.js';
import {TakenOn} from './settings.js';

/** @typedef {import('../../share/types.js').Shared} Shared */
/** @typedef {import('../../ui/types.js').History} History */
/** @typedef {'link' | 'file' | 'report'} Kind */
/** @typedef {{shared: Shared, kind: Kind, tenant: string}} Guest what a stranger sent, and whom its code runs as here */

/**
 * @typedef {object} SharedPage what sharing needs of the page
 * @property {import('../code/workspace.js').Workspace} workspace
 * @property {import('../run/session.js').Session} session
 * @property {import('../../ui/types.js').Content} content
 * @property {import('../../timeline/element.js').WorkflowTimeline} timeline
 * @property {() => string} schedule the expression of the clock that starts what is open, or nothing
 * @property {() => void} update draw the run anew
 * @property {(to: Record<string, string>) => void} goTo
 * @property {() => History | null} shown what is drawn on the right, live or recorded
 */

export class Sharing {
  /** @type {Guest | null} */ #guest = null;
  #opening = 0;
  #settings;

  /** @param {SharedPage} page */
  constructor(page) {
    this.page = page;
    this.#settings = new TakenOn(page.session, page.timeline);
    const {workspace, session} = page;
    workspace.addEventListener('opened', () => void this.recall());
    workspace.addEventListener('edited', () => this.#leaveLink());
    session.addEventListener('started', () => this.#isGuest() && workspace.keep());
    session.addEventListener('change', () => this.#update());
    void this.recall();
  }

  /** The run that the sender recorded, while the project they sent is open. */
  get recorded() {
    return this.#isGuest() ? this.#guest?.shared.run ?? null : null;
  }

  /** The expression of the clock that starts what is open: what was sent says it too. */
  get schedule() {
    return this.page.schedule() || String(this.said?.settings.schedule ?? '');
  }

  /** How long an answer of the outside world takes, in ms. */
  get delay() {
    return this.#settings.delay;
  }

  /** The title and note of what was sent, to pass them on. */
  get said() {
    return this.#isGuest() && this.#guest ? this.#guest.shared : null;
  }

  /**
   * Open what the address holds behind its #.
   * @returns {boolean} whether there is a link
   */
  arrive() {
    const {hash} = location;
    if (!isLink(hash)) return false;
    void this.#read('link', hash, async () => ({kind: 'link', shared: await (await codec()).decode(hash)}), hash);
    return true;
  }

  /** Open a file that was dropped or picked. @param {File} file */
  async openFile(file) {
    await this.#read(file.name, '', async () => (await import('../../share/file.js')).readFile(await file.text()));
  }

  /** Put the project back that was sent to a tenant of before, with its banner, after a reload. */
  async recall() {
    const {workspace, update} = this.page;
    this.#update();
    const [kind, text] = recall(workspace.tenant) ?? [];
    if (!kind || !text || workspace.origin === 'own' || this.#isGuest()) return;
    const {tenant} = workspace;
    const shared = await (await codec()).decode(text).catch(() => null);
    if (!shared || workspace.tenant !== tenant) return;
    this.#guest = {shared, kind, tenant};
    this.#update();
    update();
  }

  pickFile() {
    pickFile((file) => void this.openFile(file));
  }

  async showDialog() {
    (await import('./dialog.js')).showShare(this);
  }

  async showReport() {
    await (await import('./report-dialog.js')).showReport(this);
  }

  /** Make what was sent the reader's own. */
  async keepCopy() {
    const {workspace, goTo, session} = this.page;
    const tenant = await workspace.keepCopy(ownTenant(workspace.name));
    session.select(null);
    goTo({tenant});
    notify('kept', {text: words.kept(tenant), for: 10_000});
  }

  /**
   * Read something and put it in place; what cannot be read changes nothing.
   * @param {string} name
   * @param {string} text of a link
   * @param {() => Promise<{kind: 'link' | 'file' | 'report', shared: Shared}>} read
   * @param {string} [hash] that the address has to have still
   */
  async #read(name, text, read, hash) {
    const turn = ++this.#opening;
    dismiss('shared-trouble');
    try {
      const {kind, shared} = await read();
      if (turn !== this.#opening || (hash !== undefined && location.hash !== hash)) return;
      await this.#open(kind, shared, text || await (await codec()).encode(shared).catch(() => ''));
    } catch (error) {
      if (turn !== this.#opening) return;
      const {troubleWords} = await import('./trouble.js');
      notify('shared-trouble', {text: troubleWords(error, name), tone: 'wait'});
    } finally {
      delete document.documentElement.dataset.link;
    }
  }

  /** @param {Kind} kind @param {Shared} shared @param {string} text */
  async #open(kind, shared, text) {
    const {workspace, session, goTo, update} = this.page;
    const tenant = sandboxTenant(kind, text);
    const name = shared.name || 'shared';
    this.#guest = {shared, kind, tenant};
    if (workspace.tenant !== tenant || workspace.name !== name) {
      const {files, main, payload, title} = shared;
      await workspace.open({tenant, name, title: title || name, files, main, payload}, {origin: kind === 'link' ? 'link' : 'file'});
    }
    remember(tenant, kind, text);
    session.select(null);
    if (kind !== 'link') {
      goTo({tenant});
      workspace.keep();
    }
    this.#update();
    update();
  }

  #isGuest() {
    const {workspace} = this.page;
    return workspace.tenant === this.#guest?.tenant && workspace.origin !== 'own';
  }

  /** Edits are found again by the tenant's address; the link goes on to say what it said. */
  #leaveLink() {
    const {workspace} = this.page;
    if (!this.#isGuest() || !isLink(location.hash)) return;
    const url = new URL(location.href);
    url.hash = '';
    url.searchParams.delete('example');
    url.searchParams.set('tenant', workspace.tenant);
    history.replaceState(null, '', url);
  }

  #update() {
    const {workspace, session, content} = this.page;
    const ran = session.runs.some((run) => run.tenant === workspace.tenant);
    this.#settings.take(this.said?.settings ?? null);
    showBanner(this.#isGuest() ? this.#guest : null, {ran, version: content.version, keep: () => void this.keepCopy()});
  }
}

function codec() {
  return import('../../share/link.js');
}

/** A tenant's name from a project's. @param {string} name */
function ownTenant(name) {
  return `my-${name.replace(/[^a-zA-Z0-9_-]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 48) || 'copy'}`;
}
