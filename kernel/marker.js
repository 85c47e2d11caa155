// @ts-check
// A word beside the database that something is stored in it. A browser that finds its database damaged deletes it and
// makes a new one without telling anybody; with this word an empty database is not taken for a first visit.

/** Keeps the word in localStorage. Where that is denied nothing is remembered, and nothing is claimed. */
export class Marker {
  /** @param {string} name key in localStorage */
  constructor(name) {
    this.name = name;
  }

  /** Whether something was stored. */
  get set() {
    try {
      return localStorage.getItem(this.name) !== null;
    } catch {
      return false;
    }
  }

  /** Notes that something is stored now. */
  put() {
    try {
      localStorage.setItem(this.name, '1');
    } catch {
      // full, or denied
    }
  }
}
