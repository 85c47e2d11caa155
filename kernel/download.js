// @ts-check
// Counts what arrives of several files in the bytes that the server sends, compressed or not.

/** @typedef {import('./assets.js').Asset} Asset */

const EVERY_MS = 50; // between two reports

export class Download {
  /** @type {Map<string, {asset: Asset, served: number | null, share: number}>} */ #parts;
  #compressed = false;
  #known = false;
  #told = 0;
  #tell;

  /**
   * @param {Record<string, Asset>} parts
   * @param {(bytes: number, total: number) => void} tell
   */
  constructor(parts, tell) {
    this.#parts = new Map(Object.entries(parts).map(([name, asset]) => [name, {asset, served: null, share: 0}]));
    this.#tell = tell;
  }

  /**
   * Takes a response's own word for its size.
   * @param {string} name
   * @param {Response} response
   */
  began(name, response) {
    const part = this.#part(name);
    this.#compressed = Boolean(response.headers.get('content-encoding'));
    this.#known = true;
    part.served = Number(response.headers.get('content-length')) || null;
  }

  /**
   * Counts bytes as they are after decompression.
   * @param {string} name
   * @param {number} bytes
   */
  arrived(name, bytes) {
    const part = this.#part(name);
    part.share = Math.min(1, part.share + bytes / part.asset.bytes);
    const now = performance.now();
    if (now - this.#told < EVERY_MS) return;
    this.#told = now;
    this.#report();
  }

  /**
   * A file is here that the browser loaded by itself.
   * @param {string} name
   * @param {number} served bytes that the server sent; 0 if the browser does not say
   */
  whole(name, served) {
    const part = this.#part(name);
    part.served = served || null;
    part.share = 1;
  }

  /** Everything is here. */
  finish() {
    for (const part of this.#parts.values()) part.share = 1;
    this.#report();
  }

  #report() {
    if (!this.#known) return;
    let [bytes, total] = [0, 0];
    for (const {asset, served, share} of this.#parts.values()) {
      const size = served ?? (this.#compressed ? asset.gz : asset.bytes);
      bytes += share * size;
      total += size;
    }
    this.#tell(Math.round(bytes), total);
  }

  /** @param {string} name */
  #part(name) {
    const part = this.#parts.get(name);
    if (!part) throw new Error(`${name} is not counted.`);
    return part;
  }
}
