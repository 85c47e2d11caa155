// @ts-check
// Tracebacks: the tenant's frames first, the engine's folded.

const FRAME = /^ {2}File "([^"]*)", line (\d+)/;
const OURS = /(dynamic_workflows|\/lib\/python|python\d*\.zip|_pyodide|\/pyodide|<frozen|asyncio\/)/;

/**
 * Split a traceback into what is the tenant's and what is ours.
 * @param {string} text
 * @returns {{shown: string, folded: string, frames: number}}
 */
export function splitTraceback(text) {
  /** @type {string[]} */
  const shown = [];
  /** @type {string[]} */
  const folded = [];
  let frames = 0;
  let ours = false;
  for (const line of text.trimEnd().split('\n')) {
    const frame = FRAME.exec(line);
    if (frame) {
      ours = OURS.test(frame[1]);
      if (ours) frames += 1;
    } else if (!line.startsWith(' ')) {
      ours = false;
    }
    (ours ? folded : shown).push(line);
  }
  const bare = shown.every((line) => !FRAME.test(line));
  return {shown: bare ? '' : shown.join('\n'), folded: folded.join('\n'), frames};
}

/**
 * The line of a file where an error arose: the innermost one of its first traceback.
 * @param {string} text
 * @param {string} file
 * @returns {number | null}
 */
export function lineIn(text, file) {
  let found = null;
  for (const line of text.split('\n')) {
    const frame = FRAME.exec(line);
    if (found !== null && !frame && !line.startsWith(' ')) return found;
    if (frame && (frame[1] === file || frame[1].endsWith(`/${file}`))) found = Number(frame[2]);
  }
  return found;
}
