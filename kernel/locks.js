// @ts-check
// Web Locks as leadership, discovery and death notice: a lock is gone the moment its holder's tab, worker or process is.
// They exist in secure contexts only, and not where site data is blocked; there every page leads itself and the
// database's epoch keeps order.

const locks = /** @type {LockManager | undefined} */ (navigator.locks);

let refused = false;

/** Whether tabs can find each other here. Where the browser blocks site data that shows with the first lock. */
export const available = () => locks !== undefined && !refused;

/**
 * @typedef {object} Holding
 * @property {AbortSignal} [signal] gives up waiting
 * @property {boolean} [steal] takes the lock from its holder
 * @property {() => void} [onstolen] told when somebody took it from us
 */

/**
 * hold waits for a lock and keeps it; resolves with the function that lets go.
 * @param {string} name
 * @param {Holding} [holding]
 * @returns {Promise<() => void>}
 */
export function hold(name, {signal, steal = false, onstolen = () => {}} = {}) {
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve, reject) => {
    let granted = false;
    const keep = () => new Promise(release => {
      granted = true;
      resolve(() => release(undefined));
    });
    // A lock is stolen without waiting, so there is nothing that a signal could end.
    locks.request(name, steal ? {steal} : signal ? {signal} : {}, keep)
      .catch(error => {
        if (granted) onstolen();
        else if (denied(error)) resolve(() => {});
        else reject(error);
      });
  });
}

/**
 * gone resolves when the holder of a lock has ended. Without locks it never does.
 * @param {string} name
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export async function gone(name, signal) {
  if (!locks) return new Promise(() => {});
  try {
    await locks.request(name, {mode: 'shared', ...(signal ? {signal} : {})}, () => {});
  } catch (error) {
    if (denied(error)) return new Promise(() => {});
    throw error;
  }
}

/**
 * held returns the names of held locks that begin with a prefix. Only exclusive ones count: a shared one is another
 * client's death watch that is being granted.
 * @param {string} prefix
 */
export async function held(prefix) {
  const {held: all = []} = await locks?.query().catch(() => ({held: []})) ?? {};
  return all.filter(lock => lock.mode === 'exclusive' && lock.name?.startsWith(prefix)).map(lock => String(lock.name));
}

/** Whether the browser blocks site data here, and locks with it. @param {unknown} error */
function denied(error) {
  const found = error instanceof DOMException && error.name === 'SecurityError';
  refused ||= found;
  return found;
}
