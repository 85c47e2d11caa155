// @ts-check
// Whom the code of strangers runs as: a tenant for each thing that was sent, with nothing of the reader's in it.

const KEY = 'dynamic-workflows.guest.';
const LONGEST = 200_000; // characters of a link that are remembered for a reload

/** @typedef {import('./sharing.js').Kind} Kind */

/**
 * The tenant of something that was sent: a fresh one, or that of before where this tab has opened the same.
 * @param {Kind} kind
 * @param {string} text of its link
 */
export function sandboxTenant(kind, text) {
  const known = text ? tenants().find((tenant) => recall(tenant)?.[1] === text) : undefined;
  return known ?? `${kind}-${Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * Remember, as long as the tab lives, what was sent to a tenant.
 * @param {string} tenant
 * @param {Kind} kind
 * @param {string} text
 */
export function remember(tenant, kind, text) {
  if (!text || text.length > LONGEST) return;
  try {
    sessionStorage.setItem(KEY + tenant, `${kind} ${text}`);
  } catch {
    // Full or denied: after a reload the page no longer knows what the sender said.
  }
}

/** @param {string} tenant @returns {[Kind, string] | null} */
export function recall(tenant) {
  try {
    const [kind, text] = (sessionStorage.getItem(KEY + tenant) ?? '').split(' ');
    return text ? [/** @type {Kind} */ (kind), text] : null;
  } catch {
    return null;
  }
}

function tenants() {
  try {
    return Object.keys(sessionStorage).filter((key) => key.startsWith(KEY)).map((key) => key.slice(KEY.length));
  } catch {
    return [];
  }
}
