import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import test from 'node:test';
import {decode} from '../../playground/share/link.js';

const FOLDER = new URL('first/', import.meta.url);
const names = readdirSync(FOLDER);

test('there are links of the first format', () => assert.ok(names.length >= 6));

for (const name of names) {
  test(`the link ${name} of the first format opens as it did when it was made`, async () => {
    const {link, record} = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
    assert.deepEqual(JSON.parse(JSON.stringify(await decode(link))), record);
  });
}
