// @ts-check
// What goes from the playground to a notebook, and what a notebook's output may say.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {addressIn, siteOf} from '../../playground/notebook/addresses.js';
import {literal, notebookOf} from '../../playground/notebook/notebook-of.js';

const ORDER = {tenant: 'acme', files: {'order.py': 'x = 1\n'}, main: 'order.py', payload: {item: 'lamp', gift: true, note: null}, run: null};

/** @param {object} change */
const sources = change => notebookOf({...ORDER, ...change}).cells.map(cell => cell.source);

test('one file is a cell of the magic, with the payload as Python', () => {
  const [title, connect, cell, result] = sources({});
  assert.match(title, /^# order\.py of acme\n/);
  assert.match(connect, /platform = await connect\(\)/);
  assert.equal(cell, '%%workflow tenant=acme file=order.py payload={"item": "lamp", "gift": True, "note": None}\nx = 1\n');
  assert.equal(result, 'await _.result()');
});

test('the run that was shown is there too', () => {
  const cells = sources({run: {workflow: 'order', id: 'order-1'}});
  assert.equal(cells[2], 'run = await platform.get("acme", "order", "order-1")\nrun');
});

test('several files are a call', () => {
  const cells = sources({files: {'order.py': 'import words\n', 'words.py': "X = '''a'''\n"}, payload: null});
  assert.equal(cells[2], 'files = {"order.py": "import words\\n", "words.py": "X = \'\'\'a\'\'\'\\n"}\n'
    + 'run = await platform.run("acme", files, None, main="order.py")\nrun');
});

test('a name that would break the line of the magic never stands on it', () => {
  for (const main of ['a b.py', 'order.py\nimport os', 'x.py payload=__import__("os")']) {
    const [, , cell] = sources({files: {[main]: 'x = 1\n'}, main});
    assert.ok(cell.startsWith('files = {"'), cell);
    assert.equal(cell.split('\n').length, 3);
  }
});

test('a literal is one line of Python', () => {
  assert.equal(literal([1, -2.5, 'a\n"b"\u2028', false, {}]), '[1, -2.5, "a\\n\\"b\\"\u2028", False, {}]');
});

test('the site is found from its notebooks, below any path', () => {
  assert.equal(siteOf('https://a.example/docs/jupyter/lab/index.html?path=x#y').href, 'https://a.example/docs/');
  assert.equal(siteOf('https://a.example/jupyter/notebooks/').href, 'https://a.example/');
});

test('an output says which run it is, and nothing else of it is used', () => {
  assert.deepEqual(addressIn({tenant: 'acme', workflow: 'order', id: 7, onclick: 'x'}), {tenant: 'acme', workflow: 'order', run: '7'});
  assert.deepEqual(addressIn(null), {tenant: '', workflow: '', run: ''});
});
