// @ts-check
// The hidden page of an embed: it has the kernel. What the pages of one origin store is theirs alone, also where
// the browser would let them share it with the playground.
import {openKernel} from '../../kernel/client.js';
import {spareOf} from '../offline/names.js';
import {CONNECT, EVENTS, METHODS} from './bridge.js';

/** @type {import('../ui/types.js').Kernel | null} */
let kernel = null;

window.addEventListener('message', ({data, origin, source, ports: [port]}) => {
  if (source !== window.parent || source === window || data?.kind !== CONNECT || !port || kernel) return;
  const base = new URL('./', document.baseURI);
  const own = /** @type {unknown} */ (openKernel({
    base, spare: spareOf(base.href), database: `dynamic-workflows-embed:${origin}`, worldDelay: delayOf(data.worldDelay),
  }));
  kernel = /** @type {import('../ui/types.js').Kernel} */ (own);
  serve(kernel, port);
});

/** @param {import('../ui/types.js').Kernel} kernel @param {MessagePort} port */
function serve(kernel, port) {
  for (const name of EVENTS) kernel.addEventListener(name, (event) => port.postMessage({event: name, detail: /** @type {CustomEvent} */ (event).detail}));
  port.onmessage = ({data: {call, method, args}}) => {
    if (!METHODS.includes(method)) return;
    const asked = /** @type {any} */ (kernel)[method];
    Promise.resolve(asked.apply(kernel, args)).then((ok) => port.postMessage({call, ok}), (error) => port.postMessage({call, error: plain(error)}));
  };
  port.postMessage({event: 'state', detail: kernel.state});
}

/** @param {any} error */
function plain({name, message, file, line, column}) {
  return {name, message, file, line, column};
}

/** @param {unknown} asked milliseconds that an answer of the outside world takes */
function delayOf(asked) {
  return typeof asked === 'number' && Number.isInteger(asked) && asked >= 0 && asked <= 60_000 ? asked : 1500;
}
