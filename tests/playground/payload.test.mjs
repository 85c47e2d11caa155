import assert from 'node:assert/strict';
import test from 'node:test';
import {parsePayload, PayloadError} from '../../playground/page/code/payload.js';

/** @type {[string, string][]} */
const WRONG = [
  ['{"item": "lamp"\n "euros": 40}', 'Payload, line 2, column 2: expected a comma.'],
  ['{\n  "a": 1 "b": 2}', 'Payload, line 2, column 10: expected a comma.'],
  ['{"a" 1}', 'Payload, line 1, column 6: expected a colon.'],
  ['{a: 1}', 'Payload, line 1, column 2: expected a key in double quotes.'],
  ['{"a": }', 'Payload, line 1, column 7: expected a value.'],
  ['[1, 2', 'Payload, line 1, column 6: expected a comma.'],
  ['{"a": 1,}', 'Payload, line 1, column 8: a comma is not allowed before the end.'],
  ['{"a": "b}', 'Payload, line 1, column 7: the text is not closed.'],
  ["{'a': 1}", 'Payload, line 1, column 2: expected a key in double quotes.'],
  ["['a']", 'Payload, line 1, column 2: texts need double quotes.'],
  ['"\\x"', 'Payload, line 1, column 2: unknown escape in a text.'],
  ['"a\nb"', 'Payload, line 1, column 3: a text may not hold a line end or control character.'],
  ['01', 'Payload, line 1, column 1: this is not a number in JSON.'],
  ['+1', 'Payload, line 1, column 1: this is not a number in JSON.'],
  ['1.', 'Payload, line 1, column 1: this is not a number in JSON.'],
  ['None', 'Payload, line 1, column 1: expected true, false, null, a number or a text in double quotes.'],
  ['{} {}', 'Payload, line 1, column 4: expected the end.'],
  ['"🐢" 1', 'Payload, line 1, column 5: expected the end.'],
];

for (const [text, message] of WRONG) {
  test(`${JSON.stringify(text)} is refused with its place`, () => {
    assert.throws(() => JSON.parse(text));
    assert.throws(() => parsePayload(text), (/** @type {unknown} */ error) => error instanceof PayloadError && error.message === message || assert.equal(String(error), message) === undefined);
  });
}

test('what JSON allows is read as JSON reads it', () => {
  for (const text of ['{"item": "lamp", "euros": 40}', ' [1, -2.5e3, true, null, "\\u0041\\n"] ', '""', '{}', '[]', '0', '[[[{"a": []}]]]']) {
    assert.deepEqual(parsePayload(text), JSON.parse(text));
  }
});

test('an empty payload is null', () => {
  assert.equal(parsePayload(' \n'), null);
});

test('whatever is refused by JSON is refused here, and nothing else', () => {
  const parts = ['{', '}', '[', ']', ',', ':', '"a"', '1', '-', 'true', 'nul', ' ', '\n', '"', '\\', '0', '.5', 'e1'];
  let seed = 7;
  const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({length: 1 + Math.floor(next() * 7)}, () => parts[Math.floor(next() * parts.length)]).join('');
    if (!text.trim()) continue;
    let allowed = true;
    try {
      JSON.parse(text);
    } catch {
      allowed = false;
    }
    if (allowed) assert.deepEqual(parsePayload(text), JSON.parse(text));
    else assert.throws(() => parsePayload(text), PayloadError, JSON.stringify(text));
  }
});

test('nesting has an end', () => {
  assert.throws(() => parsePayload('['.repeat(100_000)), /nested too deep/);
});
