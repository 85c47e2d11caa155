// @ts-nocheck  its types come with packages that only a benchmark installs
// Durable steps per second of Cloudflare's local engine: `node steps.mjs INSTANCESxSTEPS …`, a JSON line for each shape.
import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';

const require = createRequire(`${process.cwd()}/`);
const {Miniflare} = await import(require.resolve('miniflare'));
const library = readFileSync(join(dirname(require.resolve('miniflare/package.json')), '../@cloudflare/dynamic-workflows/dist/index.js'), 'utf8');
const DATE = '2026-01-01';
const CREATING = 20; // requests at once

const tenant = `
import {WorkflowEntrypoint} from 'cloudflare:workers';
export class Steps extends WorkflowEntrypoint {
  async run(event, step) {
    for (let number = 0; number < event.payload.steps; number++) await step.do('step ' + number, async () => ({number}));
  }
}
export default {
  async fetch(request, env) {
    const instance = await env.WORKFLOWS.create(await request.json());
    return Response.json({id: await instance.id});
  },
};`;
const dispatcher = `
import {createDynamicWorkflowEntrypoint, DynamicWorkflowBinding, wrapWorkflowBinding} from './library.js';
export {DynamicWorkflowBinding};
const load = (env, tenantId) => env.LOADER.get(tenantId, () => ({
  compatibilityDate: '${DATE}', mainModule: 'tenant.js', modules: {'tenant.js': ${JSON.stringify(tenant)}},
  env: {WORKFLOWS: wrapWorkflowBinding({tenantId})}, globalOutbound: null,
}));
export const Dispatcher = createDynamicWorkflowEntrypoint(({env, metadata}) => load(env, metadata.tenantId).getEntrypoint('Steps'));
export default {
  async fetch(request, env) {
    const {searchParams, pathname} = new URL(request.url);
    if (pathname === '/status') return Response.json(await (await env.WORKFLOWS.get(searchParams.get('id'))).status());
    return load(env, 'bench').getEntrypoint().fetch(new Request('http://tenant/', {method: 'POST', body: await request.text()}));
  },
};`;

const folder = mkdtempSync(join(tmpdir(), 'peer-'));
const miniflare = new Miniflare({
  modules: [{type: 'ESModule', path: 'main.js', contents: dispatcher}, {type: 'ESModule', path: 'library.js', contents: library}],
  compatibilityDate: DATE,
  compatibilityFlags: ['nodejs_compat'],
  workflows: {WORKFLOWS: {name: 'steps', className: 'Dispatcher'}},
  workerLoaders: {LOADER: {}},
  workflowsPersist: folder,
});
await miniflare.ready;

/** @param {string} path @param {object} [body] */
async function ask(path, body) {
  const answer = await miniflare.dispatchFetch(`http://peer${path}`, body && {method: 'POST', body: JSON.stringify(body)});
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

let made = 0;
/** @param {number} instances @param {number} steps */
async function measure(instances, steps) {
  const began = performance.now();
  const ids = Array.from({length: instances}, () => `i${++made}`);
  const left = [...ids];
  await Promise.all(Array.from({length: CREATING}, async () => {
    for (let id = left.pop(); id; id = left.pop()) await ask('/', {id, params: {steps}});
  }));
  for (const id of ids) {
    for (let {status} = await ask(`/status?id=${id}`); status !== 'complete'; {status} = await ask(`/status?id=${id}`)) {
      if (status === 'errored') throw new Error(`${id} errored`);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
  return instances * steps * 1000 / (performance.now() - began);
}

try {
  await measure(2, 2);
  for (const shape of process.argv.slice(2)) {
    const [instances, steps] = shape.split('x').map(Number);
    console.log(JSON.stringify({shape, rate: await measure(instances, steps)}));
  }
} finally {
  await miniflare.dispose();
  rmSync(folder, {recursive: true, force: true});
}
