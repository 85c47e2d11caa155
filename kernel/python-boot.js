// @ts-check
// Boots Pyodide for the engine: everything is fetched at once, and the bytes that arrived are counted.

import {addressOf, KEPT} from './assets.js';
import {Download} from './download.js';

/** @typedef {import('./assets.js').Assets} Assets */

/** What has to be here before the engine answers. */
const FIRST = ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip', 'engine.zip'];

/**
 * bootPython resolves with Pyodide and with a way to add the archive of libraries later.
 * @param {URL} base address of the site's folder
 * @param {Assets} assets
 * @param {(bytes: number, total: number) => void} tell bytes as the server sends them
 */
export async function bootPython(base, assets, tell) {
  const download = new Download(Object.fromEntries(FIRST.map(name => [name, assets[name]])), tell);
  /** @param {string} name */
  const address = name => addressOf(base, assets, name);
  /** @param {string} name */
  const get = async name => {
    const response = await fetch(address(name), KEPT);
    if (!response.ok) throw new Error(`${name} could not be loaded: status ${response.status}.`);
    if (FIRST.includes(name)) download.began(name, response);
    return response;
  };
  /** @param {string} name */
  const load = async name => {
    const module = await import(address(name));
    const [entry] = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByName(address(name)));
    download.whole(name, entry?.encodedBodySize ?? 0);
    return module;
  };
  // The very response of a fetch by address keeps the browser's cache of compiled code; bytes and Blobs never have it.
  const wasm = get('pyodide.asm.wasm');
  void wasm.then(response => drained(response.clone(), n => download.arrived('pyodide.asm.wasm', n))).catch(() => {});
  const [library, engine] = ['python_stdlib.zip', 'engine.zip'].map(name => get(name).then(response => drained(response, n => download.arrived(name, n))));
  for (const one of [library, engine]) one.catch(() => {}); // told by whoever waits for them
  const libraries = get('libs.zip').then(response => response.arrayBuffer());
  libraries.catch(() => {}); // needed only when a schema is made
  const [{loadPyodide, version}, {default: createPyodideModule}] = await Promise.all([load('pyodide.mjs'), load('pyodide.asm.mjs')]);
  const folder = address('pyodide.mjs').replace(/[^/]*$/, '');
  const python = await shimmed({'.wasm': () => wasm, '.zip': async () => new Response(await library)}, () => loadPyodide({
    indexURL: folder, packageBaseUrl: folder, lockFileContents: lock(version), createPyodideModule,
  }));
  mount(python, 'engine.zip', await engine);
  download.finish();
  return {python, addLibraries: async () => mount(python, 'libs.zip', new Uint8Array(await libraries))};
}

/**
 * Runs a boot whose fetches are answered from what is on its way already.
 * @template T
 * @param {Record<string, () => Promise<Response>>} answers by the end of the address
 * @param {() => Promise<T>} boot
 */
async function shimmed(answers, boot) {
  const original = self.fetch;
  self.fetch = (address, options) => {
    const found = Object.keys(answers).find(end => String(address).endsWith(end));
    return found ? answers[found]() : original(address, options);
  };
  try {
    return await boot();
  } finally {
    self.fetch = original;
  }
}

/**
 * @param {Response} response
 * @param {(bytes: number) => void} arrived
 */
async function drained(response, arrived) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const parts = [];
  let length = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parts.push(read.value);
    length += read.value.length;
    arrived(read.value.length);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * @param {any} python
 * @param {string} name
 * @param {Uint8Array} archive
 */
function mount(python, name, archive) {
  python.FS.writeFile(`/lib/${name}`, archive, {canOwn: true});
  python.runPython(`import importlib, sys; sys.path.append("/lib/${name}"); importlib.invalidate_caches()`);
}

/** Nothing is loaded as a package, so the lock file is an empty one of the right version. @param {string} version */
function lock(version) {
  const info = {abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten', python: '3.14.0', version};
  return JSON.stringify({info, packages: {}});
}
