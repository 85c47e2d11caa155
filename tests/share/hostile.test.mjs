import assert from 'node:assert/strict';
import test from 'node:test';
import {checked} from '../../playground/share/check.js';
import {deflate} from '../../playground/share/deflate.js';
import {toBase64url} from '../../playground/share/base64url.js';
import {checksum} from '../../playground/share/checksum.js';
import {ShareError} from '../../playground/share/errors.js';
import {readFile, writeFile} from '../../playground/share/file.js';
import {pack} from '../../playground/share/first/record.js';
import {decode, encode} from '../../playground/share/link.js';
import {layOut} from '../../playground/timeline/axis.js';
import {draw} from '../../playground/timeline/draw.js';
import {readHistory} from '../../playground/timeline/model.js';
import {order, report} from './samples.mjs';

const ROUNDS = 1500;
const SEED = Number(process.env.SEED ?? 20261121);

/** A link around any text, with the right length and checksum. @param {string} text */
async function linkOf(text) {
  const body = await deflate(text);
  const head = new Uint8Array(7);
  const length = 1 + Math.ceil(((7 + body.length) * 4) / 3);
  head.set([length >> 16, (length >> 8) & 255, length & 255]);
  new DataView(head.buffer).setUint32(3, checksum(body));
  return `1${toBase64url(new Uint8Array([...head, ...body]))}`;
}

/** @param {number} seed @returns {(below: number) => number} */
function dice(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const ODD = [null, true, -1, 0, 1e308, -1e308, 1.5, '', 'x', '\u202e', [], {}, [null], {error: 'x'}, [[0, 1]], 2 ** 53, '~', '{"due":1e400}', '{"error":{"traceback":1}}', ['__proto__']];

/** Change one place of a tree. @param {any} tree @param {(below: number) => number} roll @returns {any} */
function spoil(tree, roll) {
  if (tree === null || typeof tree !== 'object' || roll(12) === 0) return ODD[roll(ODD.length)];
  const names = Object.keys(tree);
  if (!names.length) return ODD[roll(ODD.length)];
  const name = names[roll(names.length)];
  if (Array.isArray(tree)) {
    const copy = [...tree];
    if (roll(8) === 0) copy.splice(Number(name), 1);
    else copy[Number(name)] = spoil(copy[Number(name)], roll);
    return copy;
  }
  return {...tree, [name]: spoil(tree[name], roll)};
}

/** Everything that is drawn of a record before its reader does anything. @param {import('../../playground/share/types.js').Shared} shared */
function drawn({run}) {
  if (!run?.rows.length) return;
  const model = readHistory(run.rows, {now: 0});
  model.live = false;
  const axis = layOut(model, 500, {domain: 0});
  draw(model, axis, {opened: new Set()});
}

test('whatever a link holds, it is refused by name or can be drawn', async () => {
  const roll = dice(SEED);
  let opened = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const shared = round % 4 ? order : report;
    let tree = pack(shared);
    for (let changes = 1 + roll(3); changes > 0; changes -= 1) tree = spoil(tree, roll);
    try {
      const found = await decode(await linkOf(JSON.stringify(tree)));
      opened += 1;
      drawn(found);
    } catch (error) {
      assert.ok(error instanceof ShareError, `SEED=${SEED}, round ${round}: ${/** @type {Error} */ (error).stack}`);
    }
  }
  assert.ok(opened > ROUNDS / 20, `only ${opened} of ${ROUNDS} could be opened: the test tests little`);
});

test('whatever a file holds, it is refused by name or can be drawn', async () => {
  const roll = dice(SEED + 1);
  for (let round = 0; round < ROUNDS / 3; round += 1) {
    const tree = spoil(spoil(JSON.parse(writeFile(order)), roll), roll);
    await readFile(JSON.stringify(tree)).then(({shared}) => drawn(shared), (error) => {
      assert.ok(error instanceof ShareError, `SEED=${SEED}, round ${round}: ${error.stack}`);
    });
  }
});

test('characters changed on the way are always noticed', async () => {
  const link = await encode(order);
  const roll = dice(SEED + 2);
  for (let round = 0; round < 300; round += 1) {
    const at = 1 + roll(link.length - 1);
    const other = 'ABCab01-_'[roll(9)];
    if (other === link[at]) continue;
    await assert.rejects(decode(link.slice(0, at) + other + link.slice(at + 1)), ShareError, `SEED=${SEED}, character ${at}`);
  }
});

test('a link that inflates without end is left at the limit', async () => {
  const bomb = await linkOf(`"${' '.repeat(60_000_000)}"`);
  const began = performance.now();
  await assert.rejects(decode(bomb), {reason: 'large'});
  assert.ok(performance.now() - began < 20_000);
});

test('too many rows, files, levels and characters are refused', async () => {
  const [row] = /** @type {any} */ (order.run).rows;
  const many = checked({...order, run: {...order.run, rows: Array.from({length: 10_001}, () => row)}});
  assert.deepEqual([many.run, many.unread, many.files], [null, true, order.files], 'the code opens without its run');
  const files = Object.fromEntries(Array.from({length: 101}, (_, i) => [`f${i}.py`, '']));
  const large = [{...order, files: {...files, ...order.files}}, {...order, title: 'x'.repeat(121)}, {...order, note: 'x'.repeat(1001)}, {...order, files: {'order.py': 'x'.repeat(2_000_001)}}];
  for (const shared of large) assert.throws(() => checked(/** @type {any} */ (shared)), {reason: 'large'});
  await assert.rejects(decode(await linkOf('['.repeat(300))), {reason: 'large'});
  await assert.rejects(decode(`1${'A'.repeat(1_500_001)}`), {reason: 'large'});
});

test('names that could pass for others and paths that leave the project are refused', () => {
  const wrong = [
    {tenant: 'ac\u202eme'}, {name: 'a\nb'}, {version: '\u0000'}, {main: 'other.py'}, {files: {'../order.py': '', 'order.py': ''}},
    {files: {'/etc/passwd': '', 'order.py': ''}}, {files: {'order.py': '', 'a//b.py': ''}}, {files: {'order.py': 1}}, {files: []},
    {files: JSON.parse('{"__proto__": "", "order.py": ""}')}, {settings: {a: {}}}, {settings: null}, {payload: {}},
  ];
  for (const change of wrong) assert.throws(() => checked({...order, ...change}), {reason: 'damaged'}, JSON.stringify(change));
  assert.deepEqual(checked({...order, more: 1, run: null}), {...order, run: null});
});
