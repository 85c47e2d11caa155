// @ts-check
// As much of a browser as the page's half of the sandboxes needs under Node: iframes whose documents the test plays,
// messages between windows, and time that passes only when the test says so.

/** @typedef {{source: unknown, data: unknown}} Message */

/** The document of one iframe. It answers pings, as the real one does, unless it is silent. */
export class Document {
  /** What the page ordered. @type {any[]} */ orders = [];
  silent = false;
  removed = false;
  /** @type {Record<string, number>} */ refused = {};
  #browser;

  /** @param {Browser} browser */
  constructor(browser) {
    this.#browser = browser;
    this.window = {postMessage: (/** @type {any} */ order) => this.#take(order)};
  }

  /** Says something to the page. @param {unknown} report */
  report(report) {
    this.#browser.post(report, this.window);
  }

  /** Starts as the real one does, or says why it cannot. @param {string} [problem] */
  async boot(problem) {
    this.report({kind: 'hello'});
    this.report(problem ? {kind: 'failed', message: problem} : {kind: 'ready'});
    await this.#browser.pass(0);
  }

  /** @param {any} order */
  #take(order) {
    this.orders.push(order);
    if (order.kind === 'ping' && !this.silent) this.report({kind: 'pong', number: order.number, refused: this.refused});
  }
}

/** The page's window, and its clock. */
export class Browser {
  /** Of the iframes that are in the page. @type {Document[]} */ documents = [];
  /** @type {Set<(message: Message) => void>} */ #listeners = new Set();
  #now = 1_000;
  #mock;

  /** @param {import('node:test').MockTracker} mock */
  constructor(mock) {
    this.#mock = mock;
    mock.timers.enable({apis: ['setTimeout']});
    mock.method(performance, 'now', () => this.#now);
    Object.assign(globalThis, {
      self: globalThis,
      document: {createElement: () => this.#iframe(), body: {append: (/** @type {any} */ one) => this.documents.push(one.document)}},
      addEventListener: (/** @type {string} */ _, /** @type {any} */ listener) => this.#listeners.add(listener),
      removeEventListener: (/** @type {string} */ _, /** @type {any} */ listener) => this.#listeners.delete(listener),
    });
  }

  /** Posts a message to the page's window. @param {unknown} data @param {unknown} source */
  post(data, source) {
    for (const listener of [...this.#listeners]) listener({data, source});
  }

  /** Lets time pass, and everything happen that follows from it. @param {number} milliseconds */
  async pass(milliseconds) {
    for (let left = milliseconds; ; left -= 100) {
      const step = Math.min(100, left);
      this.#now += step;
      this.#mock.timers.tick(step);
      for (let n = 0; n < 20; n++) await null;
      if (left <= 100) break;
    }
    this.#mock.timers.tick(0);
    for (let n = 0; n < 20; n++) await null;
  }

  /** Lets time pass in which this machine slept: no timer fires on the way. @param {number} milliseconds */
  sleep(milliseconds) {
    this.#now += milliseconds;
  }

  /** Boots every document that comes until none is missing. */
  async bootAll() {
    for (let before = -1; before !== this.documents.length;) {
      before = this.documents.length;
      for (const one of this.documents) if (!one.orders.length) await one.boot();
      await this.pass(400);
    }
  }

  /** Puts everything back. */
  close() {
    this.#mock.timers.reset();
    this.#mock.restoreAll();
  }

  #iframe() {
    const document = new Document(this);
    const listed = () => this.documents;
    return {
      document, contentWindow: document.window, setAttribute() {},
      remove() {
        document.removed = true;
        if (listed().includes(document)) listed().splice(listed().indexOf(document), 1);
      },
    };
  }
}
