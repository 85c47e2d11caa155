// @ts-check
// Bundles one target with esbuild: JSON options on standard input, the metafile as JSON on standard output.
import {readFileSync} from 'node:fs';
import {build} from 'esbuild';

const options = JSON.parse(readFileSync(0, 'utf8'));
const {metafile} = await build({bundle: true, target: 'es2022', charset: 'utf8', legalComments: 'none', metafile: true, logLevel: 'warning', ...options});
process.stdout.write(JSON.stringify(metafile));
