// @ts-check
// The trusted script of an opaque-origin frame: compiles Python once, runs one sandbox worker, kills it on order.
// Tenant code never runs in this document: a worker cannot navigate, a document can.
import {kindOf, Refusals} from './refusals.js';
import {Relay} from './relay.js';

/**
 * @typedef {object} Assets what the page hands over; Blobs cross processes by reference
 * @property {Blob} wasm
 * @property {Blob} stdlib
 * @property {Blob} guest
 * @property {Blob} worker
 */

/**
 * @typedef {{kind: 'boot', assets: Assets} | {kind: 'connect', port: MessagePort} | {kind: 'kill'} | {kind: 'ping', number: number}} Order
 * @typedef {{kind: 'hello'} | {kind: 'ready'} | {kind: 'failed', message: string} | {kind: 'pong', number: number, refused: Record<string, number>}} Report
 */

/** @type {Worker | null} */ let worker = null;
/** @type {Relay | null} */ let relay = null;
const refusals = new Refusals();
const ORDERS = ['boot', 'connect', 'kill', 'ping'];

/** @param {Report} report */
const report = report => parent.postMessage(report, '*'); // '*' because the page's origin is unknown to an opaque one

/** @param {unknown} error */
const fail = error => report({kind: 'failed', message: String(error)});

function kill() {
  worker?.terminate();
  worker = null;
}

/** @param {Assets} assets */
async function boot({wasm, stdlib, guest, worker: script}) {
  // One compilation per frame, shared with its worker: functions compiled for one worker are ready for the next.
  const module = await WebAssembly.compileStreaming(new Response(wasm, {headers: {'Content-Type': 'application/wasm'}}));
  const started = worker = new Worker(URL.createObjectURL(script));
  /** @param {WebAssembly.Module | null} module */
  const start = module => started.postMessage({module, wasm: module ? null : wasm, stdlib, guest});
  started.onerror = event => fail(event.message || 'The sandbox worker did not start.');
  started.onmessageerror = () => fail('The sandbox worker sent what cannot be read.');
  started.onmessage = ({data}) => {
    if (data.kind === 'unreadable') return start(null); // no module sharing here: the worker compiles for itself
    // From now on nothing of the worker reaches the page except through its port.
    started.onmessage = started.onmessageerror = () => refusals.count('worker');
    started.onerror = event => event.preventDefault();
    report(data.kind === 'ready' ? {kind: 'ready'} : {kind: 'failed', message: String(data.message)});
  };
  try {
    start(module);
  } catch {
    start(null);
  }
}

/** @param {MessagePort} port */
function connect(port) {
  if (!worker || relay) return;
  const {port1, port2} = new MessageChannel();
  worker.postMessage({port: port2}, [port2]);
  relay = new Relay(port, port1, kill);
}

addEventListener('message', event => {
  if (event.source !== parent || !ORDERS.includes(kindOf(event.data))) return refusals.count('frame');
  const order = /** @type {Order} */ (event.data);
  switch (order.kind) {
    case 'boot': return void boot(order.assets).catch(fail);
    case 'connect': return connect(order.port);
    case 'kill': return kill();
    case 'ping': return report({kind: 'pong', number: order.number, refused: refusals.counts});
    default: throw new Error(`unknown order ${JSON.stringify(order)}`);
  }
});
addEventListener('messageerror', () => fail('The frame got what cannot be read.'));
report({kind: 'hello'});
