// @ts-check
// Runs Python in the site's Pyodide, with the site's packages, under Node: `node standins.mjs DIST CODE` prints what it returns.
import {readFileSync} from 'node:fs';
import {loadPyodide} from 'pyodide';

const [dist, code] = process.argv.slice(2);
Object.assign(globalThis, {XMLHttpRequest: class {}, location: {
  href: 'http://site.example/docs/jupyter/extensions/kernel/worker.js', pathname: '/docs/jupyter/extensions/kernel/worker.js',
}}); // a worker's
const python = await loadPyodide({lockFileURL: `${dist}/wheels/pyodide-lock.json`, packageBaseUrl: `${dist}/wheels/`});
await python.loadPackage(['bokeh', 'micropip', 'dynamic-workflows-dashboards'], {messageCallback: () => {}});
console.log(await python.runPythonAsync(readFileSync(code, 'utf8')));
process.exit(0);
