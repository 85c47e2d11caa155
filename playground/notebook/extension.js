// @ts-check
// What JupyterLab's loader takes for a federated extension, written by hand: it calls `init` with the application's shared
// modules, then `get('./extension')` for a factory of a module with plugins. Tokens and Lumino's classes must be the
// application's own objects, so they are taken from there and never bundled.
import {siteOf} from './addresses.js';
import {claimed} from './offline.js';
import {pluginOf} from './plugin.js';

/** @typedef {import('./jupyter.d.ts').ShareScope} ShareScope */

const NAME = 'dynamic-workflows';

/** @type {ShareScope} */
let scope = {};

/**
 * Take an export of one of the application's modules; an application without that module has none.
 * @param {string} module
 * @param {string} name
 */
async function shared(module, name) {
  const versions = Object.values(scope[module] ?? {});
  return versions.length ? (await versions[0].get())()[name] : undefined;
}

window._JUPYTERLAB ??= {};
window._JUPYTERLAB[NAME] = {
  init(given) {
    scope = given;
  },
  async get(module) {
    if (module !== './extension') throw new Error(`${NAME} has no module ${module}.`);
    await claimed(siteOf(location.href));
    const registry = await shared('@jupyterlab/rendermime', 'IRenderMimeRegistry');
    const widget = await shared('@lumino/widgets', 'Widget');
    const plugins = [pluginOf(registry, /** @type {any} */ (widget))];
    return () => ({__esModule: true, default: plugins}); // a plain object: the loader writes on it
  },
};
