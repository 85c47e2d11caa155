// @ts-check
// The tail of the sandbox worker's classic script: boots Python from Blobs, wires the guest to its port.
// `PYODIDE` and `createPyodideModule` come before it in the bundle. There is no network here and none is needed.

/**
 * @typedef {object} Parts
 * @property {WebAssembly.Module | null} module
 * @property {Blob | null} wasm where modules cannot be shared
 * @property {Blob} stdlib
 * @property {Blob} guest
 */

/** @typedef {{receive: (text: string) => void, turn: () => void}} Guest */
/** @typedef {{(...args: string[]): void, callPromising: (...args: string[]) => Promise<void>}} Turn a function of Python */

const {pyodide, glue} = bundled();
const page = /** @type {Worker} */ (/** @type {unknown} */ (self));
const NOWHERE = 'https://pyodide.invalid/';
const GUEST = '/lib/guest.zip';
const FILES = '/session/metadata'; // where the platform's Python workers have their files
// Longest delay setTimeout takes; longer sleeps are the host's business anyway.
const LATEST = 2 ** 31 - 1;
// Whether this browser lets WebAssembly stand still and go on later (JavaScript Promise Integration).
const SUSPENDS = 'Suspending' in WebAssembly && 'promising' in WebAssembly;
// Defence in depth: the frame's policy already denies what these could reach.
const REMOVED = ['Worker', 'SharedWorker', 'BroadcastChannel', 'WebSocket', 'EventSource', 'XMLHttpRequest', 'importScripts'];

/** @returns {{pyodide: any, glue: (settings: unknown) => unknown}} */
function bundled() {
  // @ts-ignore names of the script that this one is appended to
  return {pyodide: PYODIDE, glue: createPyodideModule};
}

/**
 * Boots Pyodide without fetching anything.
 * @param {Parts} parts
 */
async function boot({module, wasm, stdlib}) {
  const library = await stdlib.arrayBuffer();
  const code = module ?? await WebAssembly.compile(await /** @type {Blob} */ (wasm).arrayBuffer());
  const {fetch: original, WebAssembly: {instantiateStreaming}} = self;
  // Pyodide has no option for a ready module and takes its library by address only.
  self.fetch = async address => {
    if (String(address).endsWith('.wasm')) return new Response();
    if (String(address).endsWith('.zip')) return new Response(library);
    throw new TypeError(`A sandbox has no network: ${address}`);
  };
  WebAssembly.instantiateStreaming = async (_, imports) => ({module: code, instance: await WebAssembly.instantiate(code, imports)});
  const info = {abi_version: '2026_0', arch: 'wasm32', platform: 'emscripten', python: '3.14.0', version: pyodide.version};
  try {
    return await pyodide.loadPyodide({
      indexURL: NOWHERE, packageBaseUrl: NOWHERE, stdLibURL: `${NOWHERE}python_stdlib.zip`,
      lockFileContents: JSON.stringify({info, packages: {}}), createPyodideModule: glue, stdout() {}, stderr() {},
    });
  } finally {
    self.fetch = original;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

/**
 * Makes the guest, after one made-up run has taken the paths that a first run takes; `wire.post` is set when the port arrives.
 * @param {any} python
 * @param {Blob} archive
 * @param {{post: (text: string) => void}} wire
 * @returns {Promise<Guest>}
 */
async function guestOf(python, archive, wire) {
  python.FS.writeFile(GUEST, new Uint8Array(await archive.arrayBuffer()));
  const make = python.runPython(`
import os, sys, js, pyodide.ffi, pyodide.webloop
sys.path.insert(0, "${GUEST}")
pyodide.ffi.JsException = Exception  # errors of bindings keep their own class here; code from elsewhere catches this one
from dynamic_workflows.guest import blocking
from dynamic_workflows.guest.warmup import warmup
from dynamic_workflows.guest.worker import Guest
warmup()
can_suspend, suspend = pyodide.ffi.can_run_sync, pyodide.ffi.run_sync

class Pause:
    def __init__(self):
        self.ended = js.Promise.withResolvers()
    def wait(self):
        suspend(self.ended.promise)
    def wake(self):
        self.ended.resolve()

class Switch:
    possible, pause = staticmethod(lambda: can_suspend()), Pause

for module in (pyodide.ffi, pyodide.webloop):  # in the latter for time.sleep()
    module.run_sync, module.can_run_sync = blocking.run_sync, blocking.can_run_sync

def make(post, arm, elapsed, switch):
    os.makedirs("${FILES}", exist_ok=True)
    os.chdir("${FILES}")
    guest = Guest(
        post=post, arm=arm, elapsed=lambda: int(elapsed()), folder=lambda names: "${FILES}", switch=Switch() if switch else None
    )
    return guest.receive, guest.turn
make`);
  /** @type {[Turn, Turn]} */
  const [receive, turn] = make(
    (/** @type {string} */ text) => wire.post(text),
    alarm(() => guarded(turn)),
    () => performance.now(),
    SUSPENDS,
  );
  // Python is gone or the guest is broken: the relay says so and ends this worker
  const broken = () => wire.post(/** @type {any} */ (null));
  /** @param {Turn} call @param {string[]} args */
  const guarded = (call, ...args) => {
    try {
      if (SUSPENDS) call.callPromising(...args).catch(broken); // its stack may stand still for a while (run_sync)
      else call(...args);
    } catch {
      broken();
    }
  };
  return {receive: text => guarded(receive, text), turn: () => guarded(turn)};
}

/**
 * Returns the guest's alarm clock. A later request never cancels an earlier one.
 * @param {() => void} turn
 */
function alarm(turn) {
  const soon = new MessageChannel();
  soon.port1.onmessage = turn;
  return (/** @type {number} */ delay) => {
    if (delay <= 0) soon.port2.postMessage(null);
    else setTimeout(turn, Math.min(delay, LATEST));
  };
}

page.onmessageerror = () => page.postMessage({kind: 'unreadable'});
page.onmessage = async event => {
  /** @type {Parts} */
  const parts = event.data;
  /** @type {{post: (text: string) => void}} */
  const wire = {post() {}};
  try {
    const guest = await guestOf(await boot(parts), parts.guest, wire);
    for (const name of REMOVED) delete /** @type {any} */ (self)[name];
    page.onmessage = ({data: {port}}) => {
      page.onmessage = null;
      wire.post = text => port.postMessage(text);
      port.onmessage = (/** @type {MessageEvent<string>} */ {data}) => guest.receive(data);
    };
    page.postMessage({kind: 'ready'});
  } catch (error) {
    page.postMessage({kind: 'failed', message: String(error)});
  }
};
