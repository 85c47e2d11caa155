// @ts-check
// Compiles zips of Python sources to zips of bytecode with the Python that will import them: Pyodide, run under Node.
// usage: node playground/build/bytecode.mjs INPUT.zip OUTPUT.zip [INPUT.zip OUTPUT.zip …]
import {readFileSync, writeFileSync} from 'node:fs';
import {loadPyodide} from 'pyodide';

const python = await loadPyodide();
python.runPython(readFileSync(new URL('./compile_zip.py', import.meta.url), 'utf8'));
const compileZip = python.globals.get('compile_zip');
const paths = process.argv.slice(2);
for (let i = 0; i < paths.length; i += 2) {
  const compiled = compileZip(new Uint8Array(readFileSync(paths[i])));
  writeFileSync(paths[i + 1], compiled.toJs());
  compiled.destroy();
}
