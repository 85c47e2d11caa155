import assert from 'node:assert/strict';
import test from 'node:test';
import {readFile, writeFile} from '../../playground/share/file.js';
import {decode, encode} from '../../playground/share/link.js';
import {isLink} from '../../playground/share/recognise.js';
import {withoutSealed} from '../../playground/share/sealed.js';
import {histories, odd, order, report, travelled} from './samples.mjs';

/** Without the fields of a run that say nothing. @param {any} shared */
function plain(shared) {
  return JSON.parse(JSON.stringify(shared));
}

test('what goes into a link comes out of it', async () => {
  for (const shared of [order, report, odd, {...order, run: null}]) {
    assert.deepEqual(plain(await decode(`#${await encode(shared)}`)), plain(travelled(shared)));
  }
});

test('the history of every kind of run comes out of a link as it was', async () => {
  for (const [name, shared] of histories()) {
    assert.deepEqual(plain(await decode(await encode(shared))).run.rows, plain(travelled(shared).run?.rows), name);
  }
});

test('code with its run of fifty steps takes at most 2,000 characters', async () => {
  assert.equal(report.run?.rows.filter((row) => row.kind === 'step.completed').length, 50);
  const link = await encode(report);
  assert.ok(link.length <= 2000, `${link.length} characters`);
  assert.match(link, /^1[\w-]+$/);
});

test('a sensitive output leaves in no link and no file', async () => {
  const run = /** @type {any} */ (structuredClone(order.run));
  const [started, completed] = ['step.started', 'step.completed'].map((kind) => run.rows.find((/** @type {any} */ row) => row.kind === kind));
  started.data = started.data.replace('{"config":{', '{"config":{"sensitive":"output",');
  completed.data = '"s3cret"';
  const shared = {...order, run};
  const back = await decode(await encode(shared));
  assert.equal(back.run?.rows[3].data, null);
  assert.equal(withoutSealed(run).sealed, 1);
  for (const text of [writeFile(shared), JSON.stringify(back)]) assert.doesNotMatch(text, /s3cret/);
});

test('a link is read through what mail programs and people put around it', async () => {
  const link = await encode(order);
  const wrapped = link.replace(/.{70}/g, '$&\r\n');
  for (const text of [`#${link}`, `${link}).`, wrapped, link.replace(/.{200}/g, '$&%20')]) assert.equal((await decode(text)).title, 'A lamp', text.slice(-9));
  assert.ok(isLink(`#${link}`));
  for (const hash of ['', '#', '#editor', '#run-pane', '#2']) assert.ok(!isLink(hash), hash);
});

test('a cut, a damaged, a newer and a foreign link say which they are, with the numbers', async () => {
  const link = await encode(order);
  const cut = {name: 'ShareError', reason: 'cut', facts: {arrived: 700, of: link.length}};
  await assert.rejects(decode(link.slice(0, 700)), cut);
  await assert.rejects(decode(link.slice(0, 8)), {reason: 'cut', facts: {arrived: 8}});
  const other = link[600] === 'A' ? 'B' : 'A';
  await assert.rejects(decode(link.slice(0, 600) + other + link.slice(601)), {reason: 'damaged'});
  await assert.rejects(decode(`7${link.slice(1)}`), {reason: 'newer', facts: {format: '7'}});
  await assert.rejects(decode('hello'), {reason: 'foreign'});
});

test('a file holds the same, and people can read it', async () => {
  for (const shared of [order, report, odd]) {
    const text = writeFile(shared);
    assert.deepEqual(plain(await readFile(text)), {kind: 'file', shared: plain(shared)});
    assert.deepEqual((await readFile(`\ufeff${text}`)).shared.files, shared.files);
  }
  assert.match(writeFile(order), /"title": "A lamp"/);
  await assert.rejects(readFile(writeFile(order).replace('"formatVersion": 1', '"formatVersion": 2')), {reason: 'newer', facts: {format: '2'}});
  for (const text of ['', '{}', '[]', 'print("hello")\n', '{"format": "other"}']) await assert.rejects(readFile(text), {reason: 'foreign'}, text);
  await assert.rejects(readFile('{"format": "dynamic-workflows", "formatVersion": 1}'), {reason: 'damaged'});
});
