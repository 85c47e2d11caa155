// @ts-check
// The plugin: this page is a candidate for hosting the engine, and shows runs by their mime type.
import {openKernel} from '../../kernel/client.js';
import {docsAreAt} from '../ui/docs.js';
import {addressIn, siteOf} from './addresses.js';
import {openHandedOver} from './handed-over.js';
import {spareOf} from '../offline/names.js';
import {keepOffline} from './offline.js';
import {Runs} from './runs.js';
import {defineRun} from './run-card.js';

/** @typedef {import('./jupyter.d.ts').Application} Application */
/** @typedef {import('./jupyter.d.ts').RenderMimeRegistry} RenderMimeRegistry */
/** @typedef {import('./jupyter.d.ts').MimeModel} MimeModel */
/** @typedef {new (options?: {node?: HTMLElement}) => import('./jupyter.d.ts').Widget} WidgetClass */

const MIME = 'application/vnd.dynamic-workflows.run+json';
const RANK = 40; // before text/html, which is the fallback of the same output

/**
 * pluginOf returns the plugin. It asks for nothing that an application may lack.
 * @param {unknown} registry the token of the registry of renderers, where there is one
 * @param {WidgetClass | undefined} widget
 */
export function pluginOf(registry, widget) {
  return {
    id: 'dynamic-workflows:host',
    description: 'Hosts the workflow engine and shows runs.',
    autoStart: true,
    requires: [],
    optional: registry ? [registry] : [],
    /** @param {Application} app @param {RenderMimeRegistry | null} [renderers] */
    activate(app, renderers) {
      const base = siteOf(location.href);
      docsAreAt(base);
      const kernel = openKernel({base, worldDelay: worldDelay(), spare: spareOf(base.href)});
      const kept = keepOffline(base);
      window.dynamicWorkflows = {kernel, app, kept}; // for the console, as in the playground
      defineRun(new Runs(kernel), base);
      if (renderers && widget) renderers.addFactory(factoryOf(widget));
      void openHandedOver(app);
    },
  };
}

/** @param {WidgetClass} widget */
function factoryOf(widget) {
  class RunRenderer extends widget {
    /** @param {MimeModel} model */
    async renderModel(model) {
      const run = addressIn(model.data[MIME]);
      const element = document.createElement('workflow-run');
      for (const [name, value] of Object.entries(run)) element.setAttribute(name, value);
      this.node.replaceChildren(element);
    }
  }
  // Safe also in a notebook that nobody trusts yet: an element made of text, which names a run and may do nothing else.
  return {safe: true, mimeTypes: [MIME], defaultRank: RANK, createRenderer: () => new RunRenderer()};
}

/** How long an answer of the outside world takes, as on the page; tests shorten it. */
function worldDelay() {
  const asked = Number(new URLSearchParams(location.search).get('world-delay') ?? 1500);
  return Number.isInteger(asked) && asked >= 0 && asked <= 60_000 ? asked : 1500;
}
