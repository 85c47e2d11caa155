// @ts-check
// A record as the text behind the # of an address: one format character, then base64url of
// length (3 bytes: characters of the whole text), CRC-32 (4 bytes) and the deflated JSON of the format's record.
import {fromBase64url, toBase64url} from './base64url.js';
import {checked} from './check.js';
import {checksum} from './checksum.js';
import {deflate, inflate} from './deflate.js';
import {atMost, ShareError} from './errors.js';
import {pack, unpack} from './first/record.js';
import {parseJson} from './json.js';
import {clean} from './recognise.js';
import {LINK_CHARS, RECORD_BYTES} from './limits.js';
import {withoutSealed} from './sealed.js';

/** @typedef {import('./types.js').Shared} Shared */

const FIRST = '1';
const HEAD = 7; // bytes
const HEAD_CHARS = 1 + Math.ceil((HEAD * 4) / 3);

/**
 * Write a record as a link's text.
 * @param {Shared} shared
 * @returns {Promise<string>} without the #
 */
export async function encode(shared) {
  const run = shared.run && withoutSealed(shared.run).history;
  const body = await deflate(JSON.stringify(pack({...shared, run})));
  const length = 1 + Math.ceil(((HEAD + body.length) * 4) / 3);
  atMost('characters', length, LINK_CHARS);
  const bytes = new Uint8Array(HEAD + body.length);
  bytes.set([length >> 16, (length >> 8) & 255, length & 255]);
  new DataView(bytes.buffer).setUint32(3, checksum(body));
  bytes.set(body, HEAD);
  return FIRST + toBase64url(bytes);
}

/**
 * Read a link's text, with or without its #. What mail programs put into and behind it is passed over.
 * @param {string} text
 * @returns {Promise<Shared>}
 */
export async function decode(text) {
  const sent = clean(text);
  atMost('characters', sent.length, LINK_CHARS);
  if (!/^[1-9]/.test(sent)) throw new ShareError('foreign');
  if (sent[0] !== FIRST) throw new ShareError('newer', {format: sent[0]});
  if (sent.length < HEAD_CHARS) throw new ShareError('cut', {arrived: sent.length});
  const body = bodyOf(sent);
  return checked(unpack(parseJson(await inflate(body, RECORD_BYTES))));
}

/** @param {string} sent */
function bodyOf(sent) {
  const head = fromBase64url(sent.slice(1, HEAD_CHARS)) ?? broken();
  const length = (head[0] << 16) | (head[1] << 8) | head[2];
  if (sent.length < length) throw new ShareError('cut', {arrived: sent.length, of: length});
  const bytes = fromBase64url(sent.slice(1, length)) ?? broken();
  const body = bytes.subarray(HEAD);
  if (checksum(body) !== new DataView(bytes.buffer).getUint32(3)) broken();
  return body;
}

/** @returns {never} */
function broken() {
  throw new ShareError('damaged');
}
