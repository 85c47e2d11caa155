// The size of the database is told when it is much of what it may be, and again with every hundredth.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Room} from '../../kernel/room.js';

test('nothing is told below four fifths', () => {
  /** @type {any[]} */ const told = [];
  const room = new Room(1_000, crowd => told.push(crowd));
  for (const bytes of [0, 500, 799]) room.look(bytes);
  assert.deepEqual(told, []);
  assert.equal(room.crowd, null);
});

test('what is much is told once a hundredth, beyond the budget too, and that it is over', () => {
  /** @type {any[]} */ const told = [];
  const room = new Room(1_000, crowd => told.push(crowd?.bytes ?? null));
  for (const bytes of [800, 805, 810, 1_000, 1_200, 300, 200]) room.look(bytes);
  assert.deepEqual(told, [800, 810, 1_000, 1_200, null]);
  room.look(900);
  assert.deepEqual(room.crowd, {bytes: 900, budget: 1_000});
});
