// @ts-check
// Makes the search index of the docs: pages as JSON on standard input, the index as JSON on standard output.
import {readFileSync} from 'node:fs';
import MiniSearch from 'minisearch';

const options = {fields: ['title', 'section', 'text'], storeFields: ['title', 'section', 'address'], idField: 'address'};
const index = new MiniSearch(options);
index.addAll(JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify({options, index}));
