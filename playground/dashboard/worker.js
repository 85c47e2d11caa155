// @ts-check
// Panel's Python, in a worker of its own: the page stays quick whatever a dashboard computes. It attaches to the engine of
// this site as a notebook does.

/** @typedef {import('./protocol.js').ToWorker} ToWorker */
/** @typedef {import('./protocol.js').ToPage} ToPage */
/** @typedef {import('./protocol.js').Open} Open */

const PACKAGES = ['micropip', 'dynamic-workflows-dashboards'];

/** @type {any} the module dynamic_workflows_panel.served */
let served;

/** @param {ToPage} message */
function tell(message) {
  self.postMessage(message);
}

/** @param {unknown} patch @param {Map<string, ArrayBuffer>} buffers */
function told(patch, buffers) {
  tell({kind: 'patch', patch, buffers});
}

/** @param {string} message */
function failed(message) {
  tell({kind: 'failed', message, loaded: true});
}

self.onmessage = (/** @type {MessageEvent<ToWorker>} */ {data}) => {
  if (data.kind === 'open') void open(data);
  else if (data.kind === 'shown') served.shown(told);
  else served.changed(data.patch);
};

/** @param {Open} wanted */
async function open({pyodide, lock, address}) {
  try {
    tell({kind: 'stage', stage: 'python'});
    const {loadPyodide} = await import(pyodide);
    const python = await loadPyodide({lockFileURL: lock, packageBaseUrl: new URL('./', lock).href});
    tell({kind: 'stage', stage: 'packages'});
    /** @type {string[]} */
    const missing = [];
    await python.loadPackage(PACKAGES, {messageCallback: () => {}, errorCallback: (/** @type {string} */ text) => void missing.push(text)});
    if (missing.length) throw new Error(missing.join('\n')); // it goes on without what did not arrive
    tell({kind: 'stage', stage: 'dashboards'});
    served = python.pyimport('dynamic_workflows_panel.served');
    tell({kind: 'document', text: await served.opened(address, failed)});
  } catch (error) {
    tell({kind: 'failed', message: String(/** @type {Error} */ (error).message ?? error), loaded: served !== undefined});
  }
}
