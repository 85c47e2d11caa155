// Writes links of today's format that have no file yet: `node tests/share/freeze.mjs`. A written one is never changed:
// links that people have sent are decoded for ever.
import {existsSync, writeFileSync} from 'node:fs';
import {decode, encode} from '../../playground/share/link.js';
import {histories, odd, order, report} from './samples.mjs';

const all = [['order', order], ['report', report], ['odd', odd], ...histories().filter(([name]) => /restarted-from|rollback\.|waits\.|stream/.test(name))];
for (const [name, shared] of /** @type {[string, typeof order][]} */ (all)) {
  const path = new URL(`first/${name.replace('.json', '')}.json`, import.meta.url);
  if (existsSync(path)) continue;
  const link = await encode(shared);
  writeFileSync(path, `${JSON.stringify({link, record: await decode(link)}, null, 1)}\n`);
}
