// @ts-check
// Reads the payload as strict JSON and says where it is not.
import {payload as words} from '../../words/index.js';

const DEEPEST = 200;

/** The payload is not JSON. */
export class PayloadError extends Error {
  /** @param {string} text @param {number} at @param {string} what */
  constructor(text, at, what) {
    const before = text.slice(0, at).split('\n');
    const line = before.length;
    const column = Array.from(before[line - 1]).length + 1;
    super(words.at(line, column, what));
    this.name = 'PayloadError';
    this.line = line;
    this.column = column;
    this.offset = at;
  }
}

/**
 * Parse a payload; an empty one is null.
 * @param {string} text
 * @returns {unknown}
 */
export function parsePayload(text) {
  if (!text.trim()) return null;
  new Checker(text).check();
  return JSON.parse(text);
}

/** Walks the grammar only to find where it is broken. */
class Checker {
  #at = 0;

  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }

  check() {
    this.#value(0);
    this.#space();
    if (this.#at < this.text.length) this.#fail(words.end);
  }

  /** @param {number} depth */
  #value(depth) {
    this.#space();
    const character = this.text[this.#at];
    if (depth > DEEPEST) this.#fail(words.deep);
    if (character === '{') this.#list(depth, '}', () => this.#pair(depth));
    else if (character === '[') this.#list(depth, ']', () => this.#value(depth + 1));
    else if (character === '"') this.#string();
    else if (character === "'") this.#fail(words.single);
    else if (character !== undefined && /[-+.\d]/.test(character)) this.#number();
    else if (character !== undefined && /\w/.test(character)) this.#word();
    else this.#fail(words.value);
  }

  /** @param {number} depth @param {string} close @param {() => void} item */
  #list(depth, close, item) {
    this.#at += 1;
    this.#space();
    if (this.text[this.#at] === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      item();
      this.#space();
      const character = this.text[this.#at];
      if (character === close) {
        this.#at += 1;
        return;
      }
      if (character !== ',') this.#fail(words.comma);
      const comma = this.#at;
      this.#at += 1;
      this.#space();
      if (this.text[this.#at] === close) this.#fail(words.noTrailing, comma);
    }
  }

  /** @param {number} depth */
  #pair(depth) {
    this.#space();
    if (this.text[this.#at] !== '"') this.#fail(words.key);
    this.#string();
    this.#space();
    if (this.text[this.#at] !== ':') this.#fail(words.colon);
    this.#at += 1;
    this.#value(depth + 1);
  }

  #string() {
    const start = this.#at;
    for (this.#at += 1; ; this.#at += 1) {
      const character = this.text[this.#at];
      if (character === undefined) this.#fail(words.quote, start);
      if (character === '"') break;
      if (character < ' ') this.#fail(words.control);
      if (character === '\\') {
        const escape = /^\\(["\\/bfnrt]|u[\da-fA-F]{4})/.exec(this.text.slice(this.#at, this.#at + 6));
        if (!escape) this.#fail(words.escape);
        this.#at += /** @type {RegExpExecArray} */ (escape)[0].length - 1;
      }
    }
    this.#at += 1;
  }

  #number() {
    const match = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?(?![\w.+-])/.exec(this.text.slice(this.#at));
    if (!match) this.#fail(words.number);
    this.#at += /** @type {RegExpExecArray} */ (match)[0].length;
  }

  #word() {
    const match = /^(true|false|null)(?!\w)/.exec(this.text.slice(this.#at));
    if (!match) this.#fail(words.word);
    this.#at += /** @type {RegExpExecArray} */ (match)[0].length;
  }

  #space() {
    while (/[ \t\r\n]/.test(this.text[this.#at] ?? '')) this.#at += 1;
  }

  /** @param {string} what @param {number} [at] @returns {never} */
  #fail(what, at = this.#at) {
    throw new PayloadError(this.text, at, what);
  }
}
