// @ts-check
// How much of the memory that a page may give to its database is taken: it is told before there is none left.
import {CROWDED} from './limits.js';

/** @typedef {{bytes: number, budget: number}} Crowd what the database takes, and what it may take */

/** Watches the size of the database. */
export class Room {
  /** What is taken once it is much; null as long as it is not. @type {Crowd | null} */
  crowd = null;
  #percent = 0;

  /** @param {number} budget bytes @param {(crowd: Crowd | null) => void} tell told of every change of a hundredth */
  constructor(budget, tell) {
    this.budget = budget;
    this.tell = tell;
  }

  /** @param {number} bytes that are taken now */
  look(bytes) {
    const share = bytes / this.budget;
    const percent = share < CROWDED ? 0 : Math.floor(share * 100);
    if (percent === this.#percent) return;
    this.#percent = percent;
    this.crowd = percent ? {bytes, budget: this.budget} : null;
    this.tell(this.crowd);
  }
}
