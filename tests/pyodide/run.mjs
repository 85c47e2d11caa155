// @ts-check
// Runs pytest inside Pyodide under Node: the same engine tests that CPython runs.
// usage: node tests/pyodide/run.mjs FOLDER_OF_WHEELS [pytest arguments]
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {Worker, isMainThread, parentPort, workerData} from 'node:worker_threads';
import {loadPyodide} from 'pyodide';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SECONDS_PER_TEST = 120; // pytest-timeout's 60 s of CPython, doubled: the same code runs at about half the speed here

if (isMainThread) watch();
else await inside();

/** Starts the interpreter in a thread of its own and ends it when one test takes too long. */
function watch() {
  const worker = new Worker(new URL(import.meta.url), {workerData: process.argv.slice(2)});
  let test = 'the start of Pyodide';
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      process.stderr.write(`\nNo end after ${SECONDS_PER_TEST} s inside Pyodide: ${test}\n`);
      process.exit(1);
    }, SECONDS_PER_TEST * 1000);
  };
  arm();
  worker.on('message', message => {
    if (message.test !== undefined) test = message.test;
    else process.exitCode = message.code;
    arm();
  });
  worker.on('error', error => {
    process.stderr.write(`${error.stack ?? error}\n`);
    process.exitCode = 1;
  });
  worker.on('exit', () => clearTimeout(timer));
}

/** Loads Pyodide, mounts the checkout and hands over to pytest. */
async function inside() {
  const [wheels, ...args] = workerData;
  const python = await loadPyodide({
    stdout: line => process.stdout.write(`${line}\n`),
    stderr: line => process.stderr.write(`${line}\n`),
    env: {HOME: '/home/pyodide', PYTHONDONTWRITEBYTECODE: '1', COLUMNS: '120'},
  });
  python.FS.mkdirTree('/wheels');
  for (const name of readdirSync(wheels, {encoding: 'utf8', recursive: true}).filter(name => name.endsWith('.whl'))) {
    python.unpackArchive(new Uint8Array(readFileSync(`${wheels}/${name}`)), 'wheel', {extractDir: '/wheels'});
  }
  python.FS.mkdirTree('/checkout');
  python.FS.mount(python.FS.filesystems.NODEFS, {root: ROOT}, '/checkout');
  python.runPython(`
import os, sys
os.chdir("/checkout")
sys.path[:0] = ["/checkout", "/wheels"]
from tests.pyodide.inside import run
`);
  const run = python.globals.get('run');
  const code = run(python.toPy(['-p', 'no:cacheprovider', '--capture=sys', ...args]), (/** @type {string} */ test) => parentPort?.postMessage({test}));
  parentPort?.postMessage({code});
}
