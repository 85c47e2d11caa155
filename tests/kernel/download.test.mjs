// @ts-check
// What arrives is counted in the bytes that the server sends.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Download} from '../../kernel/download.js';

const PARTS = {'a.zip': {path: 'a.zip', bytes: 1000, gz: 400}, 'b.mjs': {path: 'b.mjs', bytes: 600, gz: 100}};

/** @param {Record<string, string>} headers */
const response = headers => new Response(null, {headers});

function counted() {
  /** @type {[number, number][]} */
  const told = [];
  return {told, download: new Download(PARTS, (bytes, total) => told.push([bytes, total]))};
}

test('a server that compresses is counted in compressed bytes, its own word before the list', () => {
  const {told, download} = counted();
  download.began('a.zip', response({'content-encoding': 'gzip', 'content-length': '380'}));
  download.arrived('a.zip', 500);
  assert.deepEqual(told, [[190, 480]]); // half of 380; 100 of the other, by the list
  download.whole('b.mjs', 90);
  download.arrived('a.zip', 500);
  download.finish();
  assert.deepEqual(told.at(-1), [470, 470]);
});

test('a server that does not compress is counted in plain bytes', () => {
  const {told, download} = counted();
  download.began('a.zip', response({'content-length': '1000'}));
  download.arrived('a.zip', 250);
  assert.deepEqual(told, [[250, 1600]]);
  download.whole('b.mjs', 0); // the browser does not say
  download.finish();
  assert.deepEqual(told.at(-1), [1600, 1600]);
});

test('nothing is told before a server has spoken, and never more than everything', () => {
  const {told, download} = counted();
  download.whole('b.mjs', 600);
  assert.deepEqual(told, []);
  download.began('a.zip', response({}));
  download.arrived('a.zip', 5000);
  assert.deepEqual(told, [[1600, 1600]]);
});

test('a file that is not counted is a mistake', () => {
  assert.throws(() => counted().download.arrived('c.zip', 1), /c\.zip is not counted/);
});
