// @ts-check
// Errors and names survive their way between workers, tabs and sites.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Fenced, fromWire, KernelError, StoreLost, toWire} from '../../kernel/errors.js';
import {namesFor, sessionId} from '../../kernel/names.js';

test('name, message and position survive JSON', () => {
  const error = Object.assign(new KernelError("expected ':'", 'CodeError'), {file: 'order.py', line: 7, column: 3});
  const back = fromWire(JSON.parse(JSON.stringify(toWire(error))));
  assert.ok(back instanceof KernelError);
  assert.deepEqual({...toWire(back)}, {name: 'CodeError', message: "expected ':'", file: 'order.py', line: 7, column: 3});
});

test('anything thrown has a name and a message', () => {
  assert.deepEqual(toWire('text'), {name: 'Error', message: 'text'});
  assert.deepEqual(toWire(new RangeError('far')), {name: 'RangeError', message: 'far'});
});

test('a fenced store is a lost store of its own name', () => {
  assert.ok(new Fenced() instanceof StoreLost);
  assert.equal(new Fenced().name, 'Fenced');
});

test('two sites of one origin, and two databases of one site, share no name', () => {
  const all = [['https://a.io/x/', 'd'], ['https://a.io/y/', 'd'], ['https://a.io/x/', 'e']].flatMap(([base, database]) => {
    const {session, client, sessions, ...fixed} = namesFor(base, database);
    return [...Object.values(fixed), sessions, session('1'), client('1')];
  });
  assert.equal(new Set(all).size, all.length);
});

test('of two sessions the younger has the greater name', context => {
  context.mock.timers.enable({apis: ['Date'], now: 999});
  const older = sessionId();
  context.mock.timers.tick(1);
  assert.ok(older < sessionId());
});
