// @ts-check
// Which runs are selected, by mouse and by keyboard: one, a range from the last one, all.

export class Selection {
  /** @type {Set<number>} */ #uids = new Set();
  /** Where a range begins. */ #anchor = 0;

  get size() {
    return this.#uids.size;
  }

  get uids() {
    return [...this.#uids];
  }

  /** @param {number} uid */
  has(uid) {
    return this.#uids.has(uid);
  }

  clear() {
    this.#uids.clear();
  }

  /** @param {readonly number[]} uids */
  all(uids) {
    this.#uids = new Set(uids);
  }

  /** @param {readonly number[]} order @param {number} place */
  toggle(order, place) {
    const uid = order[place];
    if (!this.#uids.delete(uid)) this.#uids.add(uid);
    this.#anchor = place;
  }

  /** Select everything from where the last one was to here. @param {readonly number[]} order @param {number} place */
  reach(order, place) {
    const [from, to] = this.#anchor < place ? [this.#anchor, place] : [place, this.#anchor];
    for (const uid of order.slice(from, to + 1)) this.#uids.add(uid);
  }

  /** A range begins here. @param {number} place */
  anchor(place) {
    this.#anchor = place;
  }

  /** What is not in the list is not selected. @param {(uid: number) => boolean} there */
  keep(there) {
    for (const uid of this.#uids) if (!there(uid)) this.#uids.delete(uid);
  }
}
