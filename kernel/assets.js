// @ts-check
// Where the kernel's files are: each address changes with its content, so that two builds never mix.
import {KernelError} from './errors.js';

/** @typedef {{path: string, bytes: number, gz: number}} Asset path from the site's folder; its size, also compressed */
/** @typedef {Record<string, Asset>} Assets by the name a file has in the sources */

/**
 * Finds the files of the build that is served now. A front end that knows its own build's gives them itself.
 * @param {URL} base address of the site's folder
 * @returns {Promise<Assets>}
 */
export async function findAssets(base) {
  const response = await fetch(new URL('runtime/manifest.json', base), {cache: 'no-cache'});
  if (!response.ok) throw new KernelError(`The list of files could not be loaded: status ${response.status}.`, 'AssetMissing');
  return (await response.json()).assets;
}

/** An address that never changes its content need not be asked about again. @type {RequestInit} */
export const KEPT = {cache: 'force-cache'};

/**
 * @param {URL} base
 * @param {Assets} assets
 * @param {string} name
 */
export function addressOf(base, assets, name) {
  const asset = assets[name];
  if (!asset) throw new KernelError(`This build has no ${name}.`, 'AssetMissing');
  return new URL(asset.path, base).href;
}
