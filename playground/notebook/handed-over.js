// @ts-check
// Code that the playground hands over becomes a notebook of its own, which opens.
import {take} from './handover.js';
import {notebookOf} from './notebook-of.js';

/** @typedef {import('./jupyter.d.ts').Application} Application */

const OPEN = 'docmanager:open';
const TRIES = 100; // notebooks of one name

/**
 * Open what was handed over to this page, if anything was. A notebook that is there already keeps what is in it.
 * @param {Application} app
 */
export async function openHandedOver(app) {
  const order = take();
  if (!order || !app.commands.hasCommand(OPEN)) return;
  await app.restored;
  const content = notebookOf(order);
  const path = await freePath(app.serviceManager.contents, `${order.tenant}-${order.main.replace(/\.py$/, '').replaceAll('/', '-')}`, content);
  await app.serviceManager.contents.save(path, {type: 'notebook', format: 'json', content});
  await app.commands.execute(OPEN, {path});
}

/**
 * @param {import('./jupyter.d.ts').Contents} contents
 * @param {string} name
 * @param {object} content
 */
async function freePath(contents, name, content) {
  for (let n = 1; n < TRIES; n++) {
    const path = n === 1 ? `${name}.ipynb` : `${name}-${n}.ipynb`;
    const there = await contents.get(path, {content: true, type: 'notebook'}).catch(() => null);
    if (!there || JSON.stringify(there.content) === JSON.stringify(content)) return path;
  }
  return `${name}-${Date.now()}.ipynb`;
}
