// @ts-check
// The engine worker: the only one that may open the database. It boots Python, opens the block file, starts the
// engine and serves clients and sandboxes until it is terminated.
import {BlockFile} from './block-file.js';
import {KernelError, SandboxUnavailable, toWire} from './errors.js';
import {hold} from './locks.js';
import {namesFor} from './names.js';
import {unknown} from './protocol.js';
import {bootPython} from './python-boot.js';
import {Reception} from './reception.js';

/** @typedef {import('./protocol.js').ToWorker} ToWorker */
/** @typedef {import('./protocol.js').FromWorker} FromWorker */
/** @typedef {{onframe: (text: string) => void, onclosed: (reason: string) => void, opened: () => void, refused: (error: Error) => void, port: MessagePort}} Line */
/** @typedef {{request: (text: string) => Promise<string | undefined>, close: () => Promise<void>}} Engine */

const page = /** @type {Worker} */ (/** @type {unknown} */ (self));
const DIRECTORY = '/data';

/** @type {Map<number, Line>} by ticket */
const lines = new Map();
let tickets = 0;
/** @type {Engine | null} */ let engine = null;

/**
 * @param {FromWorker} message
 * @param {Transferable[]} [transfer]
 */
const tell = (message, transfer = []) => page.postMessage(message, transfer);

/** @param {unknown} error */
function lost(error) {
  const {type, message} = /** @type {{type?: string, message?: string}} */ (error);
  // An exception of Python: its class is what counts, and the last line of the traceback is its message.
  const wire = type && message ? {name: type, message: message.trim().split('\n').at(-1) ?? message} : toWire(error);
  if (type) console.error(message);
  tell({kind: 'lost', error: wire});
}

/** @param {Extract<ToWorker, {kind: 'start'}>} order */
async function start({base, database, session, settings, ended, steal}) {
  const names = namesFor(base, database);
  const total = {bytes: 0, total: 0};
  const booting = bootPython(new URL(base), (bytes, all) => {
    Object.assign(total, {bytes, total: all});
    tell({kind: 'progress', stage: 'python', bytes, total: all});
  });
  booting.catch(() => {}); // reported below
  // A predecessor's thread may outlive its page. One that is frozen never ends: then its lock is taken, and the
  // database's epoch keeps it from storing anything when it wakes.
  await hold(names.engine, {steal});
  const {python, addLibraries} = await booting;
  tell({kind: 'progress', stage: 'engine', bytes: total.total, total: total.total});
  const files = await BlockFile.open(python.FS, DIRECTORY, names.database);
  const {epoch, storage} = files;
  const reception = new Reception(names, session, {request: async text => engine?.request(text)}, {epoch, storage});
  const glue = python.pyimport('dynamic_workflows_browser');
  engine = /** @type {Engine} */ (await glue.start(bridgeTo(files, addLibraries, reception, settings, ended)));
  await hold(names.session(session)); // from now on clients find us
  tell({kind: 'up', epoch, storage});
}

/**
 * What the Python glue may ask for; see `dynamic_workflows_browser/bridge.py`.
 * @param {BlockFile} files
 * @param {() => Promise<void>} addLibraries
 * @param {Reception} reception
 * @param {import('./protocol.js').Settings} settings
 * @param {import('./farewell.js').Ended | null} ended what the page knows of the engine before this one
 */
function bridgeTo(files, addLibraries, reception, settings, ended) {
  return {
    epoch: files.epoch,
    previous: ended?.clean && files.previous === 'unclean' ? 'clean' : files.previous,
    last_seen: ended ? Math.max(ended.at, files.lastSeen ?? 0) : files.lastSeen ?? undefined,
    world_delay: settings.worldDelay,
    file: (/** @type {string} */ name) => files.file(name),
    flush: () => files.flush(),
    beat: () => files.beat(),
    close_files: () => files.close(),
    add_libraries: addLibraries,
    open_sandbox: openSandbox,
    event: (/** @type {string} */ text) => reception.event(text),
    lost: (/** @type {string} */ name, /** @type {string} */ message) => lost(new KernelError(message, name)),
  };
}

/**
 * Asks the page for a sandbox and resolves when one is joined to our port.
 * @param {string} loader
 * @param {(text: string) => void} onframe
 * @param {(reason: string) => void} onclosed
 */
function openSandbox(loader, onframe, onclosed) {
  const ticket = ++tickets;
  const {port1: port, port2} = new MessageChannel();
  // The relay passes texts on; an object is the relay's own last word.
  port.onmessage = ({data}) => typeof data === 'string' ? lines.get(ticket)?.onframe(data) : closed(ticket, data.closed);
  const sandbox = {
    post: (/** @type {string} */ text) => port.postMessage(text),
    destroy: () => {
      if (hangUp(ticket)) tell({kind: 'destroy', ticket});
    },
  };
  return new Promise((resolve, refused) => {
    lines.set(ticket, {onframe, onclosed, opened: () => resolve(sandbox), refused, port});
    tell({kind: 'open', ticket, loader, port: port2}, [port2]);
  });
}

/** @param {number} ticket */
function hangUp(ticket) {
  const line = lines.get(ticket);
  lines.delete(ticket);
  line?.port.close();
  return line;
}

/**
 * @param {number} ticket
 * @param {string} reason
 */
function closed(ticket, reason) {
  hangUp(ticket)?.onclosed(reason);
  tell({kind: 'destroy', ticket}); // the frame has nothing left to do
}

async function close() {
  await engine?.close();
  tell({kind: 'closed'});
}

page.onmessage = event => {
  const order = /** @type {ToWorker} */ (event.data);
  switch (order.kind) {
    case 'start': return void start(order).catch(lost);
    case 'opened': return lines.get(order.ticket)?.opened();
    case 'refused': return hangUp(order.ticket)?.refused(new SandboxUnavailable(order.message));
    case 'closed': return closed(order.ticket, order.reason);
    case 'close': return void close().catch(lost);
    default: return unknown(order);
  }
};
