// @ts-check
// When the gallery is shown: its code and its table are fetched the first time.
import {goTo, place} from '../address.js';
import {notify} from '../../ui/notices.js';
import {offline} from '../../words/index.js';

const NAME = 'examples'; // in the address: ?view=examples

export class GalleryView {
  #address;
  #open;
  #wanted = false;

  /**
   * @param {string} address of the gallery's table
   * @param {(name: string) => void} open opens an example by its name
   */
  constructor(address, open) {
    this.#address = address;
    this.#open = open;
  }

  /** Go to the gallery. */
  show() {
    goTo({...place(), view: NAME});
    void this.update();
  }

  /** Show it or not, as the address says. */
  async update() {
    this.#wanted = place().view === NAME;
    if (!this.#wanted && !('gallery' in document.body.dataset)) return;
    try {
      const {closeGallery, showGallery} = await import('./gallery.js');
      if (!this.#wanted) closeGallery();
      else await showGallery(this.#address, {open: this.#open, leave: () => this.#leave(), wanted: () => this.#wanted});
    } catch {
      notify('offline', {text: offline.notYet, tone: 'wait'});
    }
  }

  #leave() {
    goTo({...place(), view: null});
    void this.update();
  }
}
