// @ts-check
// The limits of the relay, on a clock that the test moves.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {BYTES_BURST, BYTES_PER_SECOND, FRAME_BYTES, FRAMES_PER_SECOND} from '../../kernel/limits.js';
import {Relay} from '../../kernel/relay.js';

/** A port that records. */
class Port {
  /** @type {unknown[]} */ sent = [];
  closed = false;
  /** @type {((event: {data: unknown}) => void) | null} */ onmessage = null;
  onmessageerror = null;

  /** @param {unknown} data */
  postMessage(data) {
    this.sent.push(data);
  }

  close() {
    this.closed = true;
  }
}

function relay() {
  const engine = new Port();
  const sandbox = new Port();
  const state = {now: 0, killed: 0};
  const port = (/** @type {Port} */ port) => /** @type {MessagePort} */ (/** @type {unknown} */ (port));
  new Relay(port(engine), port(sandbox), () => state.killed++, () => state.now);
  return {engine, sandbox, state, say: (/** @type {unknown} */ data) => sandbox.onmessage?.({data})};
}

test('texts pass both ways unchanged', () => {
  const {engine, sandbox, say} = relay();
  say('to the engine');
  engine.onmessage?.({data: 'to the sandbox'});
  assert.deepEqual(engine.sent, ['to the engine']);
  assert.deepEqual(sandbox.sent, ['to the sandbox']);
});

test('a steady stream below the limits never ends', () => {
  const {engine, state, say} = relay();
  for (let i = 0; i < 10 * FRAMES_PER_SECOND; i++) {
    state.now += 1000 / FRAMES_PER_SECOND;
    say('x'.repeat(BYTES_PER_SECOND / FRAMES_PER_SECOND));
  }
  assert.equal(engine.sent.length, 10 * FRAMES_PER_SECOND);
  assert.equal(state.killed, 0);
});

test('a burst of bytes passes once, and again only after it was paid back', () => {
  const {engine, state, say} = relay();
  const half = 'x'.repeat(BYTES_BURST / 2);
  say(half);
  say(half);
  state.now += 1000 * BYTES_BURST / 2 / BYTES_PER_SECOND;
  say(half);
  assert.equal(engine.sent.length, 3);
  say(half);
  assert.deepEqual(engine.sent[3], {closed: `abuse: more than ${BYTES_PER_SECOND} bytes a second`});
});

for (const [what, data, reason] of /** @type {[string, unknown, string][]} */ ([
  ['an object', {closed: 'killed'}, 'abuse: a message that is not text'],
  ['nothing', undefined, 'abuse: a message that is not text'],
  ['null, the last word of the runtime', null, 'crashed'],
  ['a frame that is too long', 'x'.repeat(FRAME_BYTES + 1), `abuse: a frame of more than ${FRAME_BYTES} bytes`],
])) {
  test(`${what} ends the sandbox, and nothing passes after it`, () => {
    const {engine, sandbox, state, say} = relay();
    say(data);
    say('late');
    assert.deepEqual(engine.sent, [{closed: reason}]);
    assert.equal(state.killed, 1);
    assert.ok(engine.closed && sandbox.closed);
  });
}
