// @ts-check
// What a notebook's page asks of service workers, so that it opens without a network after the first visit.

const SETTLED_MS = 5_000; // after the page has loaded: keeping must not compete with the kernel's start
const CLAIM_MS = 5_000; // how long the start of JupyterLite waits for its own service worker

/**
 * Let the worker of the notebooks' folder control this page before JupyterLite starts: it takes whichever it finds for
 * its own, and that may be the site's.
 * @param {URL} site
 */
export async function claimed(site) {
  const container = navigator.serviceWorker;
  if (!container) return;
  const script = new URL('jupyter/service-worker.js', site).href;
  const controls = () => container.controller?.scriptURL === script;
  const changed = new Promise(resolve => container.addEventListener('controllerchange', () => controls() && resolve(null)));
  const late = new Promise(resolve => setTimeout(resolve, CLAIM_MS));
  try {
    // Of another version than this, JupyterLite ends every service worker of the origin, the site's too.
    localStorage.setItem(`${script}-version`, String(settings().appVersion));
    await container.register(script);
    if (!controls()) await Promise.race([changed, late]);
  } catch {
    // Refused: JupyterLite goes on without files in the kernel.
  }
}

/** What JupyterLite was built with. */
function settings() {
  return JSON.parse(document.getElementById('jupyter-config-data')?.textContent ?? '{}');
}

/**
 * Keep this page, its kernel's packages and the site itself. Where service workers are refused nothing happens.
 * @param {URL} site
 * @returns {Promise<boolean>} whether everything is kept
 */
export async function keepOffline(site) {
  const container = navigator.serviceWorker;
  if (!container) return false;
  try {
    await new Promise(resolve => setTimeout(resolve, SETTLED_MS));
    await container.register(new URL('offline.js', site), {scope: site.href, updateViaCache: 'none'}); // the engine's worker is the site's
    const {controller} = container;
    if (!controller) return false;
    const {port1, port2} = new MessageChannel();
    const kept = new Promise(resolve => {
      port1.onmessage = resolve;
    });
    controller.postMessage({kind: 'keep', urls: [...loaded(), ...await packages(site)]}, [port2]);
    await kept;
    return true;
  } catch {
    return false; // refused: everything works, with the network
  }
}

/** What this page has loaded so far. */
function loaded() {
  return [location.href, ...performance.getEntriesByType('resource').map(({name}) => name)];
}

/** What the kernel's Python consists of. @param {URL} site */
async function packages(site) {
  const lock = new URL('wheels/pyodide-lock.json', site);
  const listed = await (await fetch(lock)).json();
  const files = /** @type {{file_name: string}[]} */ (Object.values(listed.packages));
  const {assets} = await (await fetch(new URL('runtime/manifest.json', site))).json();
  const python = /** @type {{path: string}[]} */ (Object.values(assets));
  return [lock.href, ...files.map(({file_name: name}) => new URL(name, lock).href), ...python.map(({path}) => new URL(path, site).href)];
}
