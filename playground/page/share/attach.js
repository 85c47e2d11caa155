// @ts-check
// The ways to sharing on the page. What they lead to is loaded when it is first wanted.
import {isLink} from '../../share/recognise.js';
import {$} from '../../ui/dom.js';
import {notify} from '../../ui/notices.js';
import {offline, shared as words} from '../../words/index.js';

/** @typedef {import('./sharing.js').Sharing} Whole */
/** @typedef {import('./sharing.js').SharedPage} SharedPage */

const OURS = /\.(workflow|report\.txt)$/i;
const GUEST = /^(link|file|report)-[\da-f]{8}$/; // tenants of what was sent, as guests.js names them

export class Sharing {
  /** @type {Whole | null} */ #whole = null;
  /** @type {Promise<Whole> | null} */ #loading = null;
  #page;

  /** @param {SharedPage} page */
  constructor(page) {
    this.#page = page;
    const look = () => GUEST.test(page.workspace.tenant) && void this.#load();
    page.workspace.addEventListener('opened', look);
    look();
  }

  /** The run that the sender recorded, while the project they sent is open. */
  get recorded() {
    return this.#whole?.recorded ?? null;
  }

  /** The expression of the clock that the sender's page offered. */
  get schedule() {
    return String(this.#whole?.said?.settings.schedule ?? '');
  }

  /** Whether what is open was sent by somebody else. */
  get isGuest() {
    return Boolean(this.#whole?.said);
  }

  /** Open what the address holds behind its #. @returns {boolean} whether there is a link */
  arrive() {
    if (!isLink(location.hash)) return false;
    this.#do((whole) => whole.arrive());
    return true;
  }

  /** @param {File} file */
  openFile(file) {
    this.#do((whole) => whole.openFile(file));
  }

  pickFile() {
    this.#do((whole) => whole.pickFile());
  }

  showDialog() {
    this.#do((whole) => whole.showDialog());
  }

  showReport() {
    this.#do((whole) => whole.showReport());
  }

  /** @param {(whole: Whole) => unknown} act */
  #do(act) {
    this.#load().then(act).catch((error) => {
      delete document.documentElement.dataset.link;
      if (this.#whole) throw error;
      this.#loading = null; // tried again the next time
      notify('offline', {text: offline.notYet, tone: 'wait'});
    });
  }

  #load() {
    this.#loading ??= import('./sharing.js').then(({Sharing: Whole}) => this.#whole = new Whole(this.#page));
    return this.#loading;
  }
}

/**
 * @param {SharedPage} page
 * @returns {Sharing}
 */
export function attachSharing(page) {
  const sharing = new Sharing(page);
  $('#share-button').addEventListener('click', () => sharing.showDialog());
  attachDrop((file) => sharing.openFile(file));
  return sharing;
}

/** The item of the page's menu that opens a file. @param {Sharing} sharing @returns {import('../../ui/menu.js').Item} */
export function openItem(sharing) {
  return {label: words.open, act: () => sharing.pickFile()};
}

/** Files dropped anywhere on the page. @param {(file: File) => void} open */
function attachDrop(open) {
  const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files');
  window.addEventListener('dragover', (event) => holdsFiles(event) && event.preventDefault());
  window.addEventListener('drop', (event) => {
    const file = [...event.dataTransfer?.files ?? []].find(({name}) => OURS.test(name));
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    open(file);
  }, {capture: true});
  window.addEventListener('drop', (event) => holdsFiles(event) && event.preventDefault()); // the page stays
}
