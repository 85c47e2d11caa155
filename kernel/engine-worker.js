// @ts-check
// The engine worker: the only one that may open the database. It boots Python, opens the block file, starts the
// engine and serves clients and sandboxes until it is terminated.
import {BlockFile} from './block-file.js';
import {KernelError, SandboxUnavailable, toWire} from './errors.js';
import {DistantShelf} from './kept-store.js';
import {CUT_MS, ROOM_CHECK_MS} from './limits.js';
import {hold} from './locks.js';
import {namesFor} from './names.js';
import {bootPython} from './python-boot.js';
import {Reception} from './reception.js';
import {kindOf, Refusals} from './refusals.js';
import {Room} from './room.js';
import {giveUp} from './spare.js';
import {StorageDesk} from './storage-desk.js';

/** @typedef {import('./protocol.js').ToWorker} ToWorker */
/** @typedef {import('./protocol.js').FromWorker} FromWorker */
/** @typedef {{onframe: (text: string) => void, onclosed: (reason: string) => void, opened: () => void, refused: (error: Error) => void, port: MessagePort}} Line */
/** @typedef {(name?: string | null, message?: string | null) => void} Done with the name and the message of an error */
/**
 * @typedef {object} Engine the Python half, `dynamic_workflows_browser/start.py`
 * @property {(done: Done) => void} start
 * @property {(text: string, answer: (reply?: string | null) => void) => void} request
 * @property {(point: string, done: Done) => void} crash calls `cut` when the engine comes to a crash point
 * @property {(offset?: number) => void} look looks at the clock; `offset` sets it
 * @property {Done} flushed
 * @property {() => void} turn
 * @property {(done: Done) => void} close
 * @property {(tenant?: string) => Uint8Array} image the database as a SQLite file, whole or one tenant's
 * @property {(order: string) => Uint8Array} part some runs and their code; JSON text of `runs`, and of `tenants` all of whose ended ones it holds
 * @property {(bytes: Uint8Array) => void} examine throws for a file that cannot be imported
 * @property {() => [added: number, kept: number]} counts of the instances of an import
 */

const page = /** @type {Worker} */ (/** @type {unknown} */ (self));
const DIRECTORY = '/data';

/** @type {Map<number, Line>} by ticket */
const lines = new Map();
let tickets = 0;
const refusals = new Refusals();
/** @type {Engine | null} */ let engine = null;
/** What Python has loaded, or is loading. @type {ReturnType<typeof boot> | null} */ let booting = null;
/** Longest delay setTimeout takes; the engine looks at the clock every hour anyway. */
const LATEST = 2 ** 31 - 1;

/**
 * @param {FromWorker} message
 * @param {Transferable[]} [transfer]
 */
const tell = (message, transfer = []) => page.postMessage(message, transfer);

/** @param {unknown} error @param {number} [unstored] steps that found no room */
function lost(error, unstored = 0) {
  const wire = toWire(error);
  // What was deleted under us is whole in memory: the reader may want it back.
  const image = wire.name === 'StoreErased' ? engine?.image() : undefined;
  tell({kind: 'lost', error: wire, unstored, image});
}

/** Loads Python and the engine. @param {string} base @param {import('./assets.js').Assets} assets */
async function boot(base, assets) {
  const total = {bytes: 0, total: 0};
  const {python, addLibraries} = await bootPython(new URL(base), assets, (bytes, all) => {
    Object.assign(total, {bytes, total: all});
    tell({kind: 'progress', stage: 'python', bytes, total: all});
  });
  const glue = python.pyimport('dynamic_workflows_browser');
  tell({kind: 'progress', stage: 'engine', bytes: total.total, total: total.total});
  return {python, addLibraries, glue, total};
}

/** Boots before there is anything to start. @param {string} base @param {import('./assets.js').Assets} assets */
function prepare(base, assets) {
  booting ??= boot(base, assets);
  booting.catch(() => {}); // reported when it is to start
  return booting;
}

/** @param {Extract<ToWorker, {kind: 'start'}>} order */
async function start({base, assets, database, session, settings, ended, steal, trouble, salvage, first, shelf, kept}) {
  const names = namesFor(base, database);
  const booted = prepare(base, assets);
  // A predecessor's thread may outlive its page. One that is frozen never ends: then its lock is taken, and the
  // database's epoch keeps it from storing anything when it wakes.
  await hold(names.engine, {steal});
  const {python, addLibraries, glue, total} = await booted;
  tell({kind: 'progress', stage: 'engine', bytes: total.total, total: total.total});
  let spared = false;
  let onspared = () => {};
  const files = await BlockFile.open(python.FS, DIRECTORY, names.database, {
    tight: Boolean(first), newest: glue.NEWEST, readOnly: trouble.readOnly, keeper: new DistantShelf(shelf, kept), onblocked: () => tell({kind: 'blocked'}),
    giveUp: async () => {
      const gone = await giveUp(settings.spare);
      spared ||= gone;
      if (gone) onspared();
      return gone;
    },
  });
  files.onlost = lost;
  const {epoch, storage, readOnly} = files;
  const {stored, unstored} = trouble;
  const erased = trouble.erased || (stored && storage === 'indexeddb' && files.previous === 'new');
  /** @type {import('./protocol.js').Facts} */
  const facts = {epoch, storage, readOnly, unstored, erased, salvage: salvage?.length ?? 0, crowd: null, spared};
  const desk = new StorageDesk(files, salvage, () => engine, called, () => tell({kind: 'replaced'}));
  const reception = new Reception(names, session, {
    request: (text, answer) => {
      // An engine that only reads cannot make room: the next one does, before it does anything else.
      if (readOnly && text !== trouble.tried && makesRoom(text)) tell({kind: 'free', text});
      else engine?.request(text, answer);
    },
    storage: async (verb, args) => verb === 'refused' ? refusals.counts : desk.answer(verb, args),
  }, facts, refusals);
  onspared = () => {
    facts.spared = true;
    reception.tell(JSON.stringify({event: 'spared'}));
  };
  const room = new Room(settings.budget, crowd => {
    facts.crowd = crowd;
    reception.tell(JSON.stringify({event: 'crowd', crowd}));
  });
  const bridge = bridgeTo(files, addLibraries, reception, settings, ended, room);
  const made = engine = held(glue.Engine(bridge));
  await called(made.start);
  if (first) await new Promise(answered => made.request(first, answered));
  await hold(names.session(session)); // from now on clients find us
  tell({kind: 'up', facts});
  if (!first) void files.reserve();
  if (readOnly) setInterval(async () => await files.hasRoom() && tell({kind: 'room'}), ROOM_CHECK_MS);
}

/**
 * Holds the engine's methods for good: looking one up makes a proxy each time.
 * @param {any} made
 * @returns {Engine}
 */
function held({start, request, crash, look, flushed, turn, close, image, part, examine, counts}) {
  return {start, request, crash, look, flushed, turn, close, image, part, examine, counts};
}

/**
 * Resolves when a method of the engine has said that it is done.
 * @param {(done: Done) => void} method
 */
function called(method) {
  return new Promise((resolve, reject) => {
    method((name, message) => name ? reject(new KernelError(message ?? name, name)) : resolve(undefined));
  });
}

/** Whether a request makes room. @param {string} text */
function makesRoom(text) {
  try {
    const {verb, args} = JSON.parse(text);
    return verb === 'delete' || verb === 'delete_ended' || (verb === 'change' && args?.act === 'delete');
  } catch {
    return false;
  }
}

/** Ends this worker where it stands. The page terminates it; until then nothing else may run here. */
function cut() {
  tell({kind: 'cut'});
  for (const end = performance.now() + CUT_MS; performance.now() < end;);
  self.close();
}

const soon = new MessageChannel();
soon.port1.onmessage = () => engine?.turn();

/** Enters the engine in so many milliseconds. @param {number} delay */
function alarm(delay) {
  if (delay <= 0) soon.port2.postMessage(null);
  else setTimeout(() => engine?.turn(), Math.min(delay, LATEST));
}

/**
 * What the Python glue may ask for; see `dynamic_workflows_browser/bridge.py`.
 * @param {BlockFile} files
 * @param {() => Promise<void>} addLibraries
 * @param {Reception} reception
 * @param {import('./protocol.js').Settings} settings
 * @param {import('./farewell.js').Ended | null} ended what the page knows of the engine before this one
 * @param {Room} room
 */
function bridgeTo(files, addLibraries, reception, settings, ended, room) {
  return {
    epoch: files.epoch,
    read_only: files.readOnly,
    previous: ended?.clean && files.previous === 'unclean' ? 'clean' : files.previous,
    last_seen: ended ? Math.max(ended.at, files.lastSeen ?? 0) : files.lastSeen ?? undefined,
    world_delay: settings.worldDelay,
    clock_offset: settings.clockOffset,
    budget: settings.budget,
    cut,
    file: (/** @type {string} */ name) => files.file(name),
    alarm,
    report: (/** @type {string} */ text) => console.error(text),
    flush: () => void files.flush().then(() => {
      room.look(files.size);
      engine?.flushed();
    }, error => engine?.flushed(error.name, error.message)),
    beat: () => files.beat(),
    replace: (/** @type {string} */ name, /** @type {Uint8Array} */ bytes) => files.replace(name, bytes),
    close_files: () => files.close(),
    add_libraries: addLibraries,
    open_sandbox: openSandbox,
    event: (/** @type {string} */ text) => reception.event(text),
    lost: (/** @type {string} */ name, /** @type {string} */ message, /** @type {number} */ unstored) =>
      lost(new KernelError(message, name), unstored),
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
  port.onmessage = ({data}) => {
    if (typeof data === 'string') lines.get(ticket)?.onframe(data);
    else if (typeof data?.closed === 'string') closed(ticket, data.closed);
    else refusals.count('engine');
  };
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
  if (engine) await called(engine.close);
  tell({kind: 'closed'});
}

page.onmessage = event => {
  const order = /** @type {ToWorker} */ (event.data);
  if (!kindOf(order)) return refusals.count('engine');
  switch (order.kind) {
    case 'prepare': return void prepare(order.base, order.assets);
    case 'start': return void start(order).catch(lost);
    case 'opened': return lines.get(order.ticket)?.opened();
    case 'refused': return hangUp(order.ticket)?.refused(new SandboxUnavailable(order.message));
    case 'closed': return closed(order.ticket, order.reason);
    case 'look': return engine?.look();
    case 'close': return void close().catch(lost);
    default: return refusals.count('engine');
  }
};
