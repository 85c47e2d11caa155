// The page in a language that is longer: the same scripts, every word of playground/words with brackets and 40 % more letters,
// in one file on standard output. Placeholders stay what they are.
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const root = fileURLToPath(new URL('../../', import.meta.url));
const LONGER = `
function longer(text) {
  const more = Math.ceil(text.length * 0.4);
  return text.trim() ? '[' + text + ' ' + 'éàüñ îøčž '.repeat(Math.ceil(more / 10)).slice(0, more).trim() + ']' : text;
}
function longerWords(value) {
  if (typeof value === 'string') return longer(value);
  if (typeof value === 'function') return (...given) => longerWords(value(...given));
  if (Array.isArray(value)) return value.map(longerWords);
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, longerWords(inner)]));
  return value;
}
`;

/** @type {import('esbuild').Plugin} */
const words = {name: 'longer', setup: ({onLoad}) => onLoad({filter: /playground\/words\/\w+\.js$/}, async ({path}) => {
  const source = await readFile(path, 'utf8');
  const names = [...source.matchAll(/^export const (\w+) =/gm)].map((found) => found[1]);
  const own = source.replace(/^export const /gm, 'const ');
  return {contents: `${own}${LONGER}${names.map((name) => `const longer_${name} = longerWords(${name}); export {longer_${name} as ${name}};`).join('\n')}`, loader: 'js'};
})};

const {outputFiles} = await build({
  entryPoints: [`${root}playground/page/main.js`], absWorkingDir: root, bundle: true, write: false, format: 'esm', target: 'es2022', charset: 'utf8', plugins: [words],
});
process.stdout.write(outputFiles[0].text);
