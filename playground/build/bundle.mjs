// @ts-check
// Bundles one target with esbuild: JSON options on standard input, the metafile as JSON on standard output.
import {readFileSync} from 'node:fs';
import {build} from 'esbuild';

const defaults = {bundle: true, target: 'es2022', charset: 'utf8', legalComments: 'none', metafile: true, logLevel: 'error'};
try {
  const {metafile} = await build({...defaults, ...JSON.parse(readFileSync(0, 'utf8'))});
  process.stdout.write(JSON.stringify(metafile));
} catch {
  process.exitCode = 1; // esbuild has printed the errors
}
