// @ts-check
// Rules of file names, the order of the tree, and where problems stand in a text.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isPath} from '../../playground/page/code/files.js';
import {span} from '../../playground/page/code/problems/problems.js';
import {readDraft, sameContent} from '../../playground/page/code/project.js';
import {marksOf} from '../../playground/page/code/run-code.js';
import {rowsOf} from '../../playground/page/code/tree.js';

test('a path is what the engine takes', () => {
  for (const path of ['a.py', 'lib/prices.py', 'über/naïve.txt', '.env', 'a-b_c.d', 'x'.repeat(200)]) assert.ok(isPath(path), path);
  for (const path of ['', '/a', 'a/', 'a//b', '..', 'a/../b', '.', 'a b', 'a\\b', 'a:b', 'x'.repeat(201)]) assert.ok(!isPath(path), path);
});

test('folders come before files, each in the order of names', () => {
  const rows = rowsOf(['flow.py', 'lib/b.py', 'a.md', 'lib/deep/c.py', 'lib/a.py']);
  assert.deepEqual(rows.map(({path, level, folder}) => `${'  '.repeat(level)}${path}${folder ? '/' : ''}`), [
    'lib/', '  lib/deep/', '    lib/deep/c.py', '  lib/a.py', '  lib/b.py', 'a.md', 'flow.py',
  ]);
});

test('a place counts characters, a text of JavaScript counts units', () => {
  const text = 'x = 1\n"ü"; y = "🦀"; z()\n';
  const {from, to} = span(text, {line: 2, column: 15, end_line: 2, end_column: 18});
  assert.equal(text.slice(from, to), 'z()');
  assert.deepEqual(span(text, {line: 9, column: 9, end_line: 9, end_column: 12}), {from: text.length, to: text.length});
});

test('what the first release kept is read with the files of its example', () => {
  const example = {name: 'order', title: 'Order', line: '', tenant: 'acme', workflow: 'Order', main: 'order.py', files: {'order.py': 'old\n', 'lib.py': 'x\n'}, payload: 1, story: '', recorded: null};
  const draft = readDraft({tenant: 'acme', name: 'order', text: 'mine', payload: '2', at: 5}, example);
  assert.deepEqual(draft && {files: draft.files, payload: draft.payload, at: draft.at, open: draft.open}, {files: {'order.py': 'mine', 'lib.py': 'x'}, payload: '2', at: 5, open: 'order.py'});
  assert.equal(readDraft({tenant: 'x', name: 'gone', text: 'mine', payload: '2', at: 5}, null)?.files['main.py'], 'mine');
  assert.equal(readDraft({tenant: 'x', name: 'broken', files: {}, open: 'a.py'}, null), null);
  assert.ok(draft && sameContent(draft, {...draft, title: 'other'}) && !sameContent(draft, {...draft, payload: '3'}));
});

test('marks of a run point into the file where the step, or the error, stands', () => {
  const code = {'flow.py': 'import lib\n', 'lib.py': 'async def ship(step):\n    @step.do("ship")\n    async def one():\n        return 1 / 0\n'};
  const run = /** @type {any} */ ({main: 'flow.py', status: 'running', error: null});
  const model = /** @type {any} */ ({steps: [{kind: 'do', name: 'ship', end: null}]});
  assert.deepEqual(marksOf(run, code, {model, live: true}), [{file: 'lib.py', line: 2, kind: 'current'}]);
  const traceback = 'Traceback (most recent call last):\n  File "flow.py", line 9, in run\n    await ship()\n  File "lib.py", line 4, in one\n    return 1 / 0\nZeroDivisionError: division by zero\n';
  const failed = {...run, status: 'errored', error: {name: 'ZeroDivisionError', message: '', traceback}};
  assert.deepEqual(marksOf(failed, code, {model, live: false}), [{file: 'lib.py', line: 4, kind: 'error'}]);
});
