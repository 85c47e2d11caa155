// @ts-check
// Bundles one target with esbuild: JSON options on standard input, the metafile as JSON on standard output.
// With `firstTogether`, everything that the entry imports at once is one chunk, whatever else is loaded on demand.
import {readFile} from 'node:fs/promises';
import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {build} from 'esbuild';

/** @typedef {import('esbuild').BuildOptions} BuildOptions */

/** @type {BuildOptions} */
const defaults = {bundle: true, target: 'es2022', charset: 'utf8', legalComments: 'none', metafile: true, logLevel: 'error'};

/**
 * esbuild makes a chunk of the modules that the same entries reach, so code used by three parts that are loaded on
 * demand and by two of them would be two chunks. When each of those parts imports the entry, all reach all of it.
 * @param {string} entry
 * @param {Set<string>} parts the modules that are loaded on demand
 * @returns {import('esbuild').Plugin}
 */
function together(entry, parts) {
  return {name: 'together', setup: ({onLoad}) => onLoad({filter: /\.js$/}, async ({path}) => parts.has(path)
    ? {contents: `${await readFile(path, 'utf8')}\nimport ${JSON.stringify(entry)};\n`, loader: 'js'} : undefined)};
}

/** @param {BuildOptions & {absWorkingDir: string, entryPoints: string[]}} options */
async function withOneFirstChunk(options) {
  const {metafile} = await build({...options, metafile: true, write: false});
  const entry = resolve(options.absWorkingDir, options.entryPoints[0]);
  const entries = Object.values(metafile.outputs).flatMap(({entryPoint}) => entryPoint ? [resolve(options.absWorkingDir, entryPoint)] : []);
  const parts = new Set(entries.filter((path) => path !== entry));
  return build({...options, metafile: true, plugins: [together(entry, parts)]});
}

try {
  const {firstTogether, ...options} = {...defaults, ...JSON.parse(readFileSync(0, 'utf8'))};
  const {metafile} = await (firstTogether ? withOneFirstChunk(options) : build(options));
  process.stdout.write(JSON.stringify(metafile));
} catch {
  process.exitCode = 1; // esbuild has printed the errors
}
