// @ts-check
// Draws an SVG from standard input as a square PNG: node playground/build/icon.mjs SIZE OUTPUT.png
import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {initWasm, Resvg} from '@resvg/resvg-wasm';

const [size, target] = process.argv.slice(2);
await initWasm(readFileSync(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')));
writeFileSync(target, new Resvg(readFileSync(0, 'utf8'), {fitTo: {mode: 'width', value: Number(size)}}).render().asPng());
