// @ts-check
// A file of Emscripten's memory file system that remembers which of its blocks changed.
// `stream_ops`, `node_ops`, `contents` and `usedBytes` are Emscripten's own business: Pyodide is pinned, and
// tests/kernel/test_block_file.py fails when one of them stops meaning what it means here.
import {BLOCK_BYTES, SEGMENT_BYTES} from './limits.js';

/**
 * @typedef {object} FileNode
 * @property {Uint8Array} contents
 * @property {number} usedBytes
 * @property {Record<string, (...args: any[]) => any>} stream_ops
 * @property {Record<string, (...args: any[]) => any>} node_ops
 */

/**
 * @typedef {object} FileSystem
 * @property {(path: string, data: Uint8Array, options?: {canOwn?: boolean}) => void} writeFile
 * @property {(path: string) => {node: FileNode}} lookupPath
 * @property {(path: string) => void} mkdirTree
 */

/** One database file: its number in the store, its path here, and what changed since the last flush. */
export class TrackedFile {
  /** @type {Set<number>} blocks changed since the last flush */
  #dirty = new Set();
  /** @type {FileNode} */
  #node;
  /** Segments changed since the last checkpoint. @type {Set<number>} */
  segments;
  /** Whether the file became shorter since the last checkpoint. @type {boolean} */
  shrunk;

  /**
   * @param {FileSystem} FS
   * @param {string} path
   * @param {number} number
   * @param {string} name
   * @param {import('./redo-record.js').Image} image taken over, not copied
   */
  constructor(FS, path, number, name, image) {
    FS.writeFile(path, image.bytes.subarray(0, image.size), {canOwn: true});
    this.path = path;
    this.number = number;
    this.name = name;
    this.segments = image.segments;
    this.shrunk = image.shrunk;
    this.#node = FS.lookupPath(path).node;
    this.#watch(this.#node);
  }

  /** The file's length in bytes. */
  get size() {
    return this.#node.usedBytes;
  }

  /** How many blocks changed since the last flush. */
  get dirty() {
    return this.#dirty.size;
  }

  /** The changed blocks that still exist. */
  * changed() {
    const end = this.size;
    for (const index of this.#dirty) if (index * BLOCK_BYTES < end) yield index;
  }

  /**
   * A view of up to `length` bytes; valid until the next write.
   * @param {number} start
   * @param {number} length
   */
  bytes(start, length) {
    return this.#node.contents.subarray(start, Math.min(start + length, this.size));
  }

  /** Forgets the changed blocks: a record holds them now. */
  taken() {
    for (const index of this.#dirty) this.segments.add(Math.floor(index * BLOCK_BYTES / SEGMENT_BYTES));
    this.#dirty.clear();
  }

  /** @param {FileNode} node */
  #watch(node) {
    const {stream_ops: streams, node_ops: nodes} = node;
    node.stream_ops = {
      ...streams,
      write: (stream, buffer, offset, length, position, canOwn) => {
        const written = streams.write(stream, buffer, offset, length, position, canOwn);
        this.#mark(position, position + written);
        return written;
      },
    };
    node.node_ops = {
      ...nodes,
      setattr: (target, attributes) => {
        const before = target.usedBytes;
        const result = nodes.setattr(target, attributes);
        // Marked up to the old end: what grows back later must not show the old bytes after a reload.
        if (target.usedBytes < before) {
          this.#mark(target.usedBytes, before);
          this.shrunk = true;
        } else this.#mark(before, target.usedBytes);
        return result;
      },
    };
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  #mark(start, end) {
    for (let index = Math.floor(start / BLOCK_BYTES); index * BLOCK_BYTES < end; index++) this.#dirty.add(index);
  }
}
