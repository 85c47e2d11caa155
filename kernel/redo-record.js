// @ts-check
// One record of the redo log: the sizes of all files and every changed block of every file.
// Layout: Uint32 [files, blocks, size of each file …, (file, block) of each block …], then the blocks.
import {segmentOf} from './block-store.js';
import {StoreLost} from './errors.js';
import {BLOCK_BYTES, SEGMENT_BYTES} from './limits.js';

/** @typedef {import('./block-store.js').Head} Head */
/** @typedef {import('./tracked-file.js').TrackedFile} TrackedFile */

/**
 * encodeRecord copies the changed blocks of all files. Blocks beyond a file's end are left out.
 * @param {TrackedFile[]} files
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeRecord(files) {
  const blocks = files.flatMap(file => [...file.changed()].map(index => ({file, index})));
  const words = 2 + files.length + 2 * blocks.length;
  const record = new Uint8Array(words * 4 + blocks.length * BLOCK_BYTES);
  const header = new Uint32Array(record.buffer, 0, words);
  header.set([files.length, blocks.length, ...files.map(file => file.size)]);
  let at = 2 + files.length;
  let offset = words * 4;
  for (const {file, index} of blocks) {
    header[at++] = file.number;
    header[at++] = index;
    record.set(file.bytes(index * BLOCK_BYTES, BLOCK_BYTES), offset);
    offset += BLOCK_BYTES;
  }
  return record;
}

/**
 * blocksOf returns which blocks a record holds.
 * @param {Uint8Array} record
 * @returns {[file: number, index: number][]}
 */
export function blocksOf(record) {
  const {words, at, blocks} = partsOf(record);
  return Array.from({length: blocks}, (_, n) => [words[at + 2 * n], words[at + 2 * n + 1]]);
}

/**
 * leaner copies a record without the blocks that nobody needs.
 * @param {Uint8Array} record
 * @param {(file: number, index: number) => boolean} needed
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function leaner(record, needed) {
  const {words, at, offset} = partsOf(record);
  const kept = blocksOf(record).map(([file, index], n) => ({file, index, from: offset + n * BLOCK_BYTES})).filter(({file, index}) => needed(file, index));
  const start = (at + 2 * kept.length) * 4;
  const lean = new Uint8Array(start + kept.length * BLOCK_BYTES);
  new Uint32Array(lean.buffer, 0, start / 4).set([words[0], kept.length, ...words.subarray(2, at), ...kept.flatMap(({file, index}) => [file, index])]);
  kept.forEach(({from}, n) => lean.set(record.subarray(from, from + BLOCK_BYTES), start + n * BLOCK_BYTES));
  return lean;
}

/** Where what stands in a record. @param {Uint8Array} record */
function partsOf(record) {
  const words = new Uint32Array(record.buffer, record.byteOffset, record.byteLength >> 2);
  const [files, blocks] = words;
  const at = 2 + files;
  return {words, files, blocks, at, offset: (at + 2 * blocks) * 4};
}

/** The bytes of one file while they are put together from segments and records. */
export class Image {
  bytes = new Uint8Array(0);
  size = 0;
  /** @type {Set<number>} segments that the log changed since the last checkpoint */
  segments = new Set();
  /** Whether a record made the file shorter. */
  shrunk = false;

  /**
   * Takes a segment of the last checkpoint.
   * @param {number} index
   * @param {Uint8Array} segment
   */
  segment(index, segment) {
    const room = this.size - index * SEGMENT_BYTES;
    if (room > 0) this.bytes.set(segment.subarray(0, room), index * SEGMENT_BYTES);
  }

  /**
   * Sets the size. What lies beyond the smaller of both sizes reads as zeros, as in a file.
   * @param {number} size
   */
  resize(size) {
    if (size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(size, this.size ? this.bytes.length * 2 : size));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    }
    this.bytes.fill(0, Math.min(size, this.size), Math.max(size, this.size));
    this.shrunk ||= size < this.size;
    this.size = size;
  }

  /**
   * Takes one block of a record.
   * @param {number} index
   * @param {Uint8Array} block
   */
  block(index, block) {
    const at = index * BLOCK_BYTES;
    if (at < this.size) this.bytes.set(block.subarray(0, this.size - at), at);
    this.segments.add(Math.floor(at / SEGMENT_BYTES));
  }
}

/**
 * apply brings the images to the state that the record describes.
 * @param {Uint8Array} record
 * @param {Image[]} images
 */
function apply(record, images) {
  const {words, files, offset} = partsOf(record);
  while (images.length < files) images.push(new Image());
  for (let i = 0; i < files; i++) images[i].resize(words[2 + i]);
  for (const [n, [file, index]] of blocksOf(record).entries()) {
    images[file].block(index, record.subarray(offset + n * BLOCK_BYTES, offset + (n + 1) * BLOCK_BYTES));
  }
}

/**
 * restore returns the contents of every file: the segments of the last checkpoint, then the log.
 * @param {Head} head
 * @param {Pick<import('./block-store.js').Content, 'keys' | 'segments' | 'numbers' | 'records'>} content
 */
export function restore(head, {keys, segments, numbers, records}) {
  const {base} = head;
  const images = head.files.map((_, number) => {
    const image = new Image();
    image.resize(base.sizes[number] ?? 0);
    return image;
  });
  keys.forEach((key, i) => {
    const [number, index] = segmentOf(key);
    images[number].segment(index, segments[i]);
  });
  numbers.forEach((number, i) => {
    if (number !== base.seq + 1 + i) throw new StoreLost(`Record ${base.seq + 1 + i} is missing from the log.`);
    apply(records[i], images);
  });
  if (head.seq !== base.seq + numbers.length) throw new StoreLost(`The log ends before record ${head.seq}.`);
  return images;
}
