// @ts-check
// Boots Pyodide for the engine: everything is fetched at once, and the bytes that arrived are counted.

/** @typedef {{files: Record<string, number>, first: string[]}} Manifest */

/** Counts bytes against the manifest. */
class Progress {
  bytes = 0;
  total = 0;
  #told = 0;
  #tell;

  /** @param {(bytes: number, total: number) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {number} bytes */
  add(bytes) {
    this.bytes += bytes;
    const now = performance.now();
    if (now - this.#told < 50) return;
    this.#told = now;
    this.#tell(Math.min(this.bytes, this.total || this.bytes), this.total);
  }
}

/**
 * bootPython resolves with Pyodide and with a way to add the archive of libraries later.
 * @param {URL} base address of the site's folder
 * @param {(bytes: number, total: number) => void} tell
 */
export async function bootPython(base, tell) {
  const progress = new Progress(tell);
  /** @param {string} name */
  const address = name => new URL(`runtime/${name}`, base).href;
  /** @param {string} name */
  const get = async name => {
    const response = await fetch(address(name));
    if (!response.ok) throw new Error(`${name} could not be loaded: status ${response.status}.`);
    return response;
  };
  const manifest = get('manifest.json').then(response => response.json()).then((/** @type {Manifest} */ {files, first}) => {
    progress.total = first.reduce((sum, name) => sum + (files[name] ?? 0), 0);
    return files;
  });
  // The very response of a fetch by address keeps the browser's cache of compiled code; bytes and Blobs never have it.
  const wasm = get('pyodide.asm.wasm');
  void wasm.then(response => drained(response.clone(), progress)).catch(() => {});
  const library = get('python_stdlib.zip').then(response => drained(response, progress));
  const engine = get('engine.zip').then(response => drained(response, progress));
  const libraries = get('libs.zip').then(response => response.arrayBuffer());
  libraries.catch(() => {}); // needed only when a schema is made
  const [{loadPyodide, version}, {default: createPyodideModule}] = await Promise.all([
    import(address('pyodide.mjs')),
    import(address('pyodide.asm.mjs')).finally(async () => progress.add((await manifest)['runtime/pyodide.asm.mjs'] ?? 0)),
  ]);
  const python = await shimmed({'.wasm': () => wasm, '.zip': async () => new Response(await library)}, () => loadPyodide({
    indexURL: address(''), packageBaseUrl: address(''), lockFileContents: lock(version), createPyodideModule,
  }));
  mount(python, 'engine.zip', await engine);
  await manifest; // its sizes may be the last to arrive, and the first to be told only now
  tell(progress.total, progress.total);
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
 * @param {Progress} progress
 */
async function drained(response, progress) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const parts = [];
  let length = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parts.push(read.value);
    length += read.value.length;
    progress.add(read.value.length);
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
