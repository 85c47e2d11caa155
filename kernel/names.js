// @ts-check
// Every lock, channel and database name in one place. All three are per origin, and one origin may hold many sites
// (user.github.io), so each name carries the site's path, the database and the protocol version.

/** Version of what pages and engine workers say to each other; pages of different versions ignore one another. */
export const PROTOCOL = 1;

/** @typedef {ReturnType<typeof namesFor>} Names */

/**
 * namesFor returns the names of one database of one site.
 * @param {URL | string} base address of the site's folder
 * @param {string} database
 */
export function namesFor(base, database) {
  const scope = `${database}:${new URL(base).pathname}:${PROTOCOL}`;
  return {
    database: scope,
    /** Lock: the page that hosts the engine worker and the sandbox frames. */
    leader: `${scope}#leader`,
    /** Lock: the one worker that may open the database. Held by the worker itself: a dying worker may outlive its page. */
    engine: `${scope}#engine`,
    /** Lock: the page that is the next to lead and has Python ready. */
    standby: `${scope}#standby`,
    /** Lock: the page that erases everything, for as long as that takes. */
    erase: `${scope}#erase`,
    /** Prefix of session locks; clients find the engine by it. */
    sessions: `${scope}#session/`,
    /** Key in localStorage: when the page that led went away. */
    farewell: `${scope}#farewell`,
    /** Key in localStorage: something is stored in the database. */
    marker: `${scope}#stored`,
    /** Channel: announcements and the states of the leader. */
    lobby: `${scope}#lobby`,
    /**
     * Lock and channel of one life of the engine.
     * @param {string} id
     */
    session: id => `${scope}#session/${id}`,
    /**
     * Lock and channel of one client.
     * @param {string} id
     */
    client: id => `${scope}#client/${id}`,
  };
}

/**
 * sessionId returns the name of one life of the engine. The greatest is the youngest: a frozen predecessor that was
 * replaced still holds its own.
 */
export function sessionId() {
  return `${Date.now().toString(36).padStart(9, '0')}-${freshId()}`;
}

/** freshId returns 128 random bits; crypto.randomUUID is missing outside secure contexts. */
export function freshId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}
