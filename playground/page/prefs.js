// @ts-check
// What the page remembers of the reader's wishes. Lost storage means defaults, never an error.

const KEY = 'dynamic-workflows.prefs';

/**
 * @typedef {object} Prefs
 * @property {'light' | 'dark' | ''} theme
 * @property {number} split
 * @property {boolean} ran something was run in this browser
 * @property {boolean} offered the second tenant was offered
 * @property {boolean} singleKeys
 * @property {boolean} askedToKeep the browser was asked to keep what is stored
 * @property {'open' | 'folded' | ''} story how the stories of examples are shown; where nothing was said, by the room there is
 * @property {string} publicAddress of this page, for links made on a local one
 * @property {Record<string, string>} examples the example last open, by tenant
 */

/** @type {Prefs} */
const DEFAULTS = {theme: '', split: 52, ran: false, offered: false, singleKeys: true, askedToKeep: false, story: '', publicAddress: '', examples: {}};

/** @returns {Prefs} */
export function readPrefs() {
  try {
    return {...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? '{}')};
  } catch {
    return {...DEFAULTS};
  }
}

/** @param {Partial<Prefs>} change */
export function writePrefs(change) {
  try {
    localStorage.setItem(KEY, JSON.stringify({...readPrefs(), ...change}));
  } catch {
    // Denied storage: the wish lasts as long as the page.
  }
}
