import assert from 'node:assert/strict';
import test from 'node:test';
import {baseOf, embedOf, isLocal, linkOf, markdownOf} from '../../playground/page/share/formats.js';
import {order} from './samples.mjs';

const BASE = 'https://example.org/flows/';

test('an address that opens only here is told from a public one', () => {
  for (const local of ['http://localhost:8000/', 'http://127.0.0.1/x/', 'http://[::1]:80/', 'http://my.localhost/', 'file:///index.html']) assert.ok(isLocal(local), local);
  for (const open of [BASE, 'https://localhost.example.org/', 'http://10.0.0.1/', 'https://127.example.org/']) assert.ok(!isLocal(open), open);
});

test('what people type as the public address becomes the folder of the page', () => {
  for (const typed of [BASE, ' https://example.org/flows ', 'https://example.org/flows/index.html?example=order#1abc']) assert.equal(baseOf(typed), BASE, typed);
  for (const typed of ['', 'example.org', 'javascript:alert(1)', 'file:///x']) assert.equal(baseOf(typed), null, typed);
});

test('a title cannot end the Markdown it stands in', () => {
  assert.equal(markdownOf('a](x) *b*\n<c>', linkOf(BASE, '1A')), '[a\\](x) \\*b\\* \\<c\\>](https://example.org/flows/#1A)');
});

test('code cannot end the markup it stands in', () => {
  const files = {'order.py': 'x = "</code></pre><script>&amp;"\n'};
  const text = embedOf(BASE, linkOf(BASE, '1A'), {...order, files});
  assert.match(text, /<code>x = &quot;&lt;\/code&gt;&lt;\/pre&gt;&lt;script&gt;&amp;amp;&quot;<\/code>/);
  assert.match(text, /^<script async src="https:\/\/example\.org\/flows\/embed\.js"><\/script>\n<dynamic-workflow href="https:\/\/example\.org\/flows\/#1A">/);
});
