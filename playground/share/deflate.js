// @ts-check
// Text to deflate and back, by the browser's own streams. Inflating stops at a limit, whatever was promised.
import {atMost, ShareError} from './errors.js';

/**
 * @param {string} text
 * @returns {Promise<Uint8Array>}
 */
export async function deflate(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @param {number} most bytes that may come out
 * @returns {Promise<string>}
 */
export async function inflate(bytes, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});
  const parts = [];
  let size = 0;
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) break;
      size += value.byteLength;
      atMost('bytes', size, most);
      parts.push(decoder.decode(value, {stream: true}));
    }
    return parts.join('') + decoder.decode();
  } catch (error) {
    void reader.cancel().catch(() => {});
    throw error instanceof ShareError ? error : new ShareError('damaged');
  }
}
