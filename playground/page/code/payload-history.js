// @ts-check
// The last payloads that a tenant ran with, to choose from again.
import {$, h} from '../../ui/dom.js';
import {attachMenu} from '../../ui/menu.js';
import {oneLine} from '../../ui/text.js';
import {payload as words} from '../../words/index.js';

const KEPT = 20; // of one tenant

/** @typedef {import('./workspace.js').Workspace} Workspace */
/** @typedef {import('./database.js').PageDatabase} PageDatabase */

/**
 * Offer earlier payloads beside the payload; `note` keeps what a run has started with.
 * @param {PageDatabase} database
 * @param {Workspace} workspace
 */
export function attachPayloadHistory(database, workspace) {
  const button = $('#payload-history');
  /** @type {string[]} newest first */ let texts = [];
  const show = async () => {
    const {tenant} = workspace;
    const kept = await database.get('payloads', tenant);
    if (tenant !== workspace.tenant) return;
    texts = kept?.texts ?? [];
    button.hidden = texts.length === 0;
  };
  attachMenu(button, () => [{caption: words.earlier, items: texts.map((text) => ({
    label: [h('bdi', {class: 'one-line'}, oneLine(text))], checked: text === workspace.payload.value, act: () => workspace.setPayload(text),
  }))}], {end: true});
  workspace.addEventListener('opened', () => void show());
  return {
    /** @param {string} tenant @param {string} text */
    async note(tenant, text) {
      const kept = /** @type {string[]} */ ((await database.get('payloads', tenant))?.texts ?? []);
      await database.write('payloads', (payloads) => payloads.put({tenant, texts: [text, ...kept.filter((one) => one !== text)].slice(0, KEPT)}));
      await show();
    },
  };
}
